//! A token and the code it is exchanged for. Both are kept by digest alone.

use rand::distr::{Alphanumeric, SampleString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

use super::Scopes;

/// How long a code can be exchanged.
pub const CODE_LIFETIME: Duration = Duration::minutes(10);

/// The prefix by which GitHub tells a token's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Made for an OAuth app.
    OAuth,
    /// Made by its owner.
    Personal,
}

impl TokenKind {
    fn prefix(self) -> &'static str {
        match self {
            Self::OAuth => "gho_",
            Self::Personal => "ghp_",
        }
    }

    /// A new token's text.
    pub fn generate(self) -> String {
        self.prefix().to_owned() + &Alphanumeric.sample_string(&mut rand::rng(), 36)
    }
}

/// What a token stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    pub login: String,
    pub scopes: Scopes,
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
}

/// What a code stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    pub login: String,
    pub scopes: Scopes,
    /// As it was asked for; none when it was left out.
    pub redirect_uri: Option<String>,
    /// The S256 challenge, if there was one.
    pub challenge: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

/// A new code's text: 20 hexadecimal digits.
pub fn generate_code() -> String {
    hex::encode(rand::random::<[u8; 10]>())
}

/// Under what a token or code is kept.
pub fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_codes_look_like_github_s() {
        let token = TokenKind::OAuth.generate();
        assert!(token.starts_with("gho_") && token.len() == 40, "{token}");
        assert_ne!(token, TokenKind::OAuth.generate());
        assert_eq!(generate_code().len(), 20);
    }
}
