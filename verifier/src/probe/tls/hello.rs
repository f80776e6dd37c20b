//! The first message of a handshake, made by hand, in versions that no TLS
//! library speaks any more, and the server's first word to it.

use std::fmt;

use rustls::AlertDescription;

use crate::probe::error::alert_name;

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
/// The longest record of TLS, with its head.
const RECORD_MAX: usize = 5 + (1 << 14) + 2048;

/// The newest version that a hand-made hello offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HelloVersion {
    Tls10,
    Tls11,
    Tls12,
}

impl HelloVersion {
    fn bytes(self) -> [u8; 2] {
        match self {
            Self::Tls10 => [3, 1],
            Self::Tls11 => [3, 2],
            Self::Tls12 => [3, 3],
        }
    }
}

impl fmt::Display for HelloVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls10 => "TLS 1.0",
            Self::Tls11 => "TLS 1.1",
            Self::Tls12 => "TLS 1.2",
        })
    }
}

/// A server's first word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HelloReply {
    /// It goes on, in the version `3.<minor>` of the wire: 2 is TLS 1.1.
    ServerHello {
        minor: u8,
    },
    Alert(AlertDescription),
    /// The connection ended without a word.
    Closed,
    /// Something that is no TLS.
    Garbage(Vec<u8>),
}

impl fmt::Display for HelloReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ServerHello { minor: 1 } => f.write_str("went on with TLS 1.0"),
            Self::ServerHello { minor: minor @ 2..=4 } => {
                write!(f, "went on with TLS 1.{}", minor - 1)
            }
            Self::ServerHello { minor } => write!(f, "went on with version 3.{minor}"),
            Self::Alert(alert) => write!(f, "refused with the TLS alert {}", alert_name(*alert)),
            Self::Closed => f.write_str("closed the connection without a word"),
            Self::Garbage(bytes) => write!(f, "sent what is no TLS: {bytes:02x?}"),
        }
    }
}

/// A hello that is the same for every version but for the version itself: it
/// offers cipher suites of all of them, and what TLS 1.2 needs besides.
pub(super) fn client_hello(version: HelloVersion, random: [u8; 32]) -> Vec<u8> {
    // ECDHE with AES-GCM and ChaCha20 for TLS 1.2, with AES-CBC for those before it.
    let suites: [u16; 12] = [
        0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc009, 0xc013, 0xc00a, 0xc014, 0x002f,
        0x0035,
    ];
    // X25519, P-256 and P-384.
    let groups: [u16; 3] = [0x001d, 0x0017, 0x0018];
    // ECDSA, RSA-PSS and RSA with SHA-256, SHA-384 and SHA-1.
    let signatures: [u16; 8] = [0x0403, 0x0503, 0x0804, 0x0805, 0x0401, 0x0501, 0x0203, 0x0201];
    let extensions = [
        extension(0x000a, &sized16(&pairs(&groups))),
        extension(0x000b, &[1, 0]),
        extension(0x000d, &sized16(&pairs(&signatures))),
        extension(0x0017, &[]),
        extension(0xff01, &[0]),
    ]
    .concat();

    let mut body = version.bytes().to_vec();
    body.extend(random);
    body.push(0); // no session
    body.extend(sized16(&pairs(&suites)));
    body.extend([1, 0]); // no compression
    body.extend(sized16(&extensions));

    let mut message = vec![CLIENT_HELLO, 0];
    message.extend(sized16(&body));
    // The record's own version says nothing; 3.1 is what every server takes.
    let mut record = vec![HANDSHAKE, 3, 1];
    record.extend(sized16(&message));
    record
}

/// What the bytes that came so far say; `None` when more must come.
pub(super) fn first_word(bytes: &[u8]) -> Option<HelloReply> {
    let garbage = || Some(HelloReply::Garbage(bytes[..bytes.len().min(16)].to_vec()));
    match bytes.first() {
        Some(&(ALERT | HANDSHAKE)) => {}
        Some(_) => return garbage(),
        None => return None,
    }
    if bytes.get(1).is_some_and(|&major| major != 3) {
        return garbage();
    }
    let (head, rest) = bytes.split_at_checked(5)?;
    let length = usize::from(u16::from_be_bytes([head[3], head[4]]));
    if length > RECORD_MAX {
        return garbage();
    }
    let content = rest.get(..length)?;
    match (head[0], content) {
        (ALERT, [_level, description]) => {
            Some(HelloReply::Alert(AlertDescription::from(*description)))
        }
        (HANDSHAKE, [SERVER_HELLO, _, _, _, 3, minor, ..]) => {
            Some(HelloReply::ServerHello { minor: *minor })
        }
        _ => garbage(),
    }
}

fn pairs(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// With its length in two bytes in front.
fn sized16(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("every part of a hello is short");
    [&length.to_be_bytes(), content].concat()
}

fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &sized16(content)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_says_its_version_and_its_lengths() {
        for (version, minor) in
            [(HelloVersion::Tls10, 1), (HelloVersion::Tls11, 2), (HelloVersion::Tls12, 3)]
        {
            let hello = client_hello(version, [7; 32]);
            assert_eq!(hello[..3], [22, 3, 1]);
            assert_eq!(usize::from(u16::from_be_bytes([hello[3], hello[4]])), hello.len() - 5);
            assert_eq!(hello[5..7], [1, 0]);
            assert_eq!(usize::from(u16::from_be_bytes([hello[7], hello[8]])), hello.len() - 9);
            assert_eq!(hello[9..11], [3, minor]);
            assert_eq!(hello[11..43], [7; 32]);
        }
    }

    #[test]
    fn the_first_word_is_read_as_soon_as_it_is_whole() {
        let alert = [21, 3, 2, 0, 2, 2, 70];
        for length in 0..alert.len() {
            assert_eq!(first_word(&alert[..length]), None, "{length}");
        }
        let refusal = HelloReply::Alert(AlertDescription::ProtocolVersion);
        assert_eq!(first_word(&alert), Some(refusal.clone()));
        assert_eq!(refusal.to_string(), "refused with the TLS alert protocol_version (70)");

        let hello = [22, 3, 2, 0, 7, 2, 0, 0, 3, 3, 2, 0xaa];
        assert_eq!(first_word(&hello[..11]), None);
        let goes_on = HelloReply::ServerHello { minor: 2 };
        assert_eq!(first_word(&hello), Some(goes_on.clone()));
        assert_eq!(goes_on.to_string(), "went on with TLS 1.1");
    }

    #[test]
    fn what_is_no_tls_is_told_as_such() {
        for bytes in [
            &b"HTTP/1.1 400 Bad Request"[..],
            &[21, 9],
            &[22, 3, 3, 0xff, 0xff],
            &[21, 3, 1, 0, 1, 2],
            &[22, 3, 3, 0, 2, 11, 0],
        ] {
            assert!(matches!(first_word(bytes), Some(HelloReply::Garbage(_))), "{bytes:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn odd_bytes_never_panic(bytes: Vec<u8>) {
            let _ = first_word(&bytes);
        }
    }
}
