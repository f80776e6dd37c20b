//! What may be spoilt in a delivery, for receivers that have to notice.

use serde::Deserialize;

/// One defect of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tamper {
    /// A blank is added to the body after it was signed.
    Body,
    /// One digit of the signature is another.
    Signature,
    /// The signature's digits come without `sha256=`.
    Scheme,
    /// The signature is made with another secret.
    Secret,
    MissingSignature,
    MissingEvent,
    MissingDelivery,
}

impl Tamper {
    pub fn body(self, body: &mut Vec<u8>) {
        if self == Self::Body {
            body.push(b' ');
        }
    }

    pub fn signature(self, signature: &mut String) {
        match self {
            Self::Signature => {
                let last = signature.pop();
                signature.push(if last == Some('0') { '1' } else { '0' });
            }
            Self::Scheme => {
                signature.drain(..signature.find('=').map_or(0, |place| place + 1));
            }
            _ => {}
        }
    }

    /// The header that is left out.
    pub fn left_out(self) -> Option<&'static str> {
        match self {
            Self::MissingSignature => Some("x-hub-signature-256"),
            Self::MissingEvent => Some("x-github-event"),
            Self::MissingDelivery => Some("x-github-delivery"),
            Self::Body | Self::Signature | Self::Scheme | Self::Secret => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_defect_spoils_its_own_part() {
        let spoilt = |tamper: Tamper| {
            let (mut body, mut signature) = (b"{}".to_vec(), "sha256=ab0".to_owned());
            tamper.body(&mut body);
            tamper.signature(&mut signature);
            (String::from_utf8(body).unwrap(), signature)
        };
        assert_eq!(spoilt(Tamper::Body), ("{} ".to_owned(), "sha256=ab0".to_owned()));
        assert_eq!(spoilt(Tamper::Signature), ("{}".to_owned(), "sha256=ab1".to_owned()));
        assert_eq!(spoilt(Tamper::Scheme), ("{}".to_owned(), "ab0".to_owned()));
        assert_eq!(spoilt(Tamper::MissingEvent), ("{}".to_owned(), "sha256=ab0".to_owned()));
        assert_eq!(Tamper::MissingEvent.left_out(), Some("x-github-event"));
    }
}
