//! JSON Web Tokens (RFC 7519) of one kind alone: HS256. What a token says of its
//! algorithm is not a choice but a thing to check.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use persys_reference_base::defect;
use ring::hmac;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

const ALGORITHM: &str = "HS256";

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the request bears no bearer token")]
    Missing,
    #[error("the token is malformed")]
    Malformed,
    #[error("the token is not signed with {ALGORITHM}")]
    Algorithm,
    #[error("the token's signature does not fit")]
    Signature,
    #[error("the token is too old")]
    Expired,
    /// Rightly signed, and not made here.
    #[error("the token is of no login with GitHub")]
    NoLogin,
}

#[derive(Serialize)]
struct NewHeader {
    alg: &'static str,
    typ: &'static str,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    /// Extensions that must be understood; none are.
    crit: Option<Value>,
}

/// Signs tokens and knows its own.
pub struct JwtKey(hmac::Key);

impl JwtKey {
    pub fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// A token that says what `claims` say; `exp` must be among them.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, serde_json::Error> {
        let header = serde_json::to_vec(&NewHeader { alg: ALGORITHM, typ: "JWT" })?;
        let claims = serde_json::to_vec(claims)?;
        let signed = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
        let signature = hmac::sign(&self.0, signed.as_bytes());
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The claims of a token that was signed with this key and is not too old at
    /// `now`, in unix seconds. Compares in constant time.
    pub fn verify<C: DeserializeOwned>(&self, token: &str, now: u64) -> Result<C, TokenError> {
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(TokenError::Malformed)?;
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed);
        let header: Header =
            serde_json::from_slice(&decoded(header)?).map_err(|_| TokenError::Malformed)?;
        defect!("alg-none-taken" => if header.alg.eq_ignore_ascii_case("none") {
            return serde_json::from_slice(&decoded(claims)?).map_err(|_| TokenError::NoLogin);
        });
        if header.alg != ALGORITHM || header.crit.is_some() {
            return Err(TokenError::Algorithm);
        }
        hmac::verify(&self.0, signed.as_bytes(), &decoded(signature)?)
            .map_err(|_| TokenError::Signature)?;
        let claims: Value =
            serde_json::from_slice(&decoded(claims)?).map_err(|_| TokenError::Malformed)?;
        // A token without an end would be good for ever.
        let end = claims["exp"].as_u64().ok_or(TokenError::Malformed)?;
        if defect!("expired-token-taken", false, now >= end) {
            return Err(TokenError::Expired);
        }
        serde_json::from_value(claims).map_err(|_| TokenError::NoLogin)
    }
}

#[cfg(test)]
#[path = "jwt_tests.rs"]
mod tests;
