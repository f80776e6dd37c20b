//! Bytes that are neither TLS nor HTTP.

use rand::{RngExt, rngs::StdRng};

use crate::{Listener, listener::say, seed::bytes};

/// The header of a TLS record: a handshake message, in the version that all begin with.
const HANDSHAKE: [u8; 3] = [0x16, 0x03, 0x01];
/// A TLS alert at most is answered to it, never HTTP.
const ALERT: usize = 64;

/// None of it is answered with more than a refusal, and every connection is closed.
pub(crate) async fn garbage(listener: &Listener, random: &mut StdRng) {
    for length in [0, 1, 5, 16, 300, 5000, 70_000] {
        let mut all = vec![bytes(random, length)];
        // Records: with all their bytes, with less, and with more than there may be.
        for claimed in [length, length + 100, 0xffff] {
            let mut record = HANDSHAKE.to_vec();
            record.extend(u16::try_from(claimed.min(0xffff)).unwrap().to_be_bytes());
            record.extend(bytes(random, length));
            all.push(record);
        }
        // A greeting of the right form with noise for its fields.
        let mut hello = HANDSHAKE.to_vec();
        hello.extend([0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]);
        hello.extend(bytes(random, 508));
        let flipped = random.random_range(0..hello.len());
        hello[flipped] ^= 0x80;
        all.push(hello);
        for text in all {
            let heard = say(listener.connect_raw().await.unwrap(), &text).await;
            if listener.is_plain() {
                let refused = heard.is_empty() || heard.starts_with(b"HTTP/1.1 4");
                assert!(refused, "{:?}", String::from_utf8_lossy(&heard));
            } else {
                assert!(heard.len() < ALERT && !heard.starts_with(b"HTTP"), "{heard:?}");
            }
        }
    }
}
