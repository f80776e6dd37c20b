//! JSON Web Tokens, taken apart and forged (RFC 7519, RFC 7515).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// What a token says, and whether its signature fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    pub header: Value,
    pub claims: Value,
    signed: String,
    signature: Vec<u8>,
}

impl Token {
    pub fn read(text: &str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let part = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
        Some(Self {
            header: serde_json::from_slice(&part(header)?).ok()?,
            claims: serde_json::from_slice(&part(claims)?).ok()?,
            signed: signed.to_owned(),
            signature: part(signature)?,
        })
    }

    pub fn is_signed_with(&self, key: &[u8]) -> bool {
        mac(key, &self.signed).verify_slice(&self.signature).is_ok()
    }
}

/// Makes a token with any header and claims, signed as HS256 does.
pub fn forge(header: &Value, claims: &Value, key: &[u8]) -> String {
    let signed = unsigned(header, claims);
    let signature = mac(key, &signed).finalize().into_bytes();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The header that the platform's own tokens bear.
pub fn hs256() -> Value {
    json!({ "alg": "HS256", "typ": "JWT" })
}

/// Header and claims without a signature.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".")
}

fn mac(key: &[u8], signed: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(signed.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forged_is_read_again() {
        let claims = json!({ "sub": "1", "exp": 1 });
        let token = Token::read(&forge(&hs256(), &claims, b"key")).unwrap();
        assert_eq!((&token.header["alg"], &token.claims), (&json!("HS256"), &claims));
        assert!(token.is_signed_with(b"key"));
        assert!(!token.is_signed_with(b"other"));
        let bare = Token::read(&format!("{}.", unsigned(&json!({ "alg": "none" }), &claims)));
        assert!(!bare.unwrap().is_signed_with(b"key"));
        for odd in ["", "a.b", "a.b.c", "e30.e30.=", "e30.e30"] {
            assert_eq!(Token::read(odd), None, "{odd}");
        }
    }

    #[test]
    fn the_rfc_s_example_is_met() {
        // RFC 7515, appendix A.1.
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75\
                   aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let text = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
                    eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9p\
                    c19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let token = Token::read(text).unwrap();
        assert!(token.is_signed_with(&URL_SAFE_NO_PAD.decode(key).unwrap()));
    }
}
