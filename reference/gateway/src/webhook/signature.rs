//! `X-Hub-Signature-256`.

use ring::hmac;

/// The secret that GitHub and the gateway share.
pub struct WebhookKey(hmac::Key);

impl WebhookKey {
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// Whether a header is `sha256=` and the digest, in hexadecimal digits, of the
    /// body exactly as it came. Compares in constant time.
    pub fn signed(&self, header: &str, body: &[u8]) -> bool {
        let digest = header.strip_prefix("sha256=").and_then(|digits| hex::decode(digits).ok());
        digest.is_some_and(|digest| hmac::verify(&self.0, body, &digest).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn signed(header: &str) -> bool {
        WebhookKey::new(b"It's a Secret to Everybody").signed(header, b"Hello, World!")
    }

    #[test]
    fn github_s_published_example_is_met() {
        assert!(signed(&format!("sha256={DIGEST}")));
    }

    #[test]
    fn anything_else_is_refused() {
        for odd in [
            String::new(),
            "sha256=".to_owned(),
            DIGEST.to_owned(),
            format!("sha1={DIGEST}"),
            format!("sha256={}", &DIGEST[..62]),
            format!("sha256={}", &DIGEST[..63]),
            format!("sha256={DIGEST}00"),
            format!("sha256= {DIGEST}"),
            format!("sha256={}8", &DIGEST[..63]),
            format!("sha256={}ü", &DIGEST[..62]),
        ] {
            assert!(!signed(&odd), "{odd}");
        }
        let key = WebhookKey::new(b"It's a Secret to Everybody");
        assert!(!key.signed(&format!("sha256={DIGEST}"), b"Hello, World! "));
        assert!(!WebhookKey::new(b"x").signed(&format!("sha256={DIGEST}"), b"Hello, World!"));
    }
}
