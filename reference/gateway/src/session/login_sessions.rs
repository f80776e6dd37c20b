//! The token of a user who has logged in.

use http::{HeaderMap, header::AUTHORIZATION};
use persys_reference_base::Secret;
use serde::{Deserialize, Serialize};

use super::{JwtKey, Sealer, SealerError, TokenError};
use crate::github::User;

/// How long a token is good for, in seconds (contract §4).
pub const SESSION: u64 = 3600;
const ISSUER: &str = crate::SERVICE;

/// What a token says. Everybody can read it, but for the sealed part.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    /// The account's number.
    sub: String,
    login: String,
    iat: u64,
    exp: u64,
    /// The access token to GitHub, sealed.
    github: String,
}

/// A user who has logged in.
#[derive(Clone, Debug)]
pub struct Session {
    pub login: String,
    pub access_token: Secret,
}

/// Hands tokens out and takes them back.
pub struct Sessions {
    key: JwtKey,
    sealer: Sealer,
}

impl Sessions {
    pub fn new(secret: &[u8]) -> Result<Self, SealerError> {
        let sealer = Sealer::new(secret, "github access token")?;
        Ok(Self { key: JwtKey::new(secret), sealer })
    }

    /// A token for a user, from `now` on, in unix seconds.
    pub fn open(
        &self,
        user: &User,
        access_token: &Secret,
        now: u64,
    ) -> Result<String, SealerError> {
        let sub = user.id.to_string();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            github: self.sealer.seal(access_token.expose(), &sub)?,
            sub,
            login: user.login.clone(),
            iat: now,
            exp: now + SESSION,
        };
        // Texts and numbers can always be written.
        Ok(self.key.sign(&claims).unwrap_or_default())
    }

    /// The user whose token a request bears.
    pub fn find(&self, headers: &HeaderMap, now: u64) -> Result<Session, TokenError> {
        let token = bearer_token(headers).ok_or(TokenError::Missing)?;
        let claims: Claims = self.key.verify(token, now)?;
        let access_token = self.sealer.open(&claims.github, &claims.sub);
        let access_token = access_token.ok_or(TokenError::NoLogin)?;
        Ok(Session { login: claims.login, access_token: Secret::new(access_token) })
    }
}

/// Several `Authorization` headers are none: who knows which one is meant.
fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let value = all.next().filter(|_| all.next().is_none())?.to_str().ok()?;
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::{Value, json};

    use super::*;

    const KEY: &[u8] = b"a key of at least thirty-two bytes";

    fn token(now: u64) -> String {
        let user = User { id: 7, login: "octocat".to_owned(), name: None, email: None };
        Sessions::new(KEY).unwrap().open(&user, &Secret::new("gho_1"), now).unwrap()
    }

    fn find(value: &str, now: u64) -> Result<Session, TokenError> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, value.parse().unwrap());
        Sessions::new(KEY).unwrap().find(&headers, now)
    }

    #[test]
    fn a_token_leads_to_its_user_for_an_hour() {
        for scheme in ["Bearer", "bearer"] {
            let session = find(&format!("{scheme} {}", token(1000)), 4599).unwrap();
            assert_eq!(session.login, "octocat");
            assert_eq!(session.access_token.expose(), "gho_1");
        }
        assert_eq!(find(&format!("Bearer {}", token(1000)), 4600).err(), Some(TokenError::Expired));
    }

    #[test]
    fn a_token_says_who_it_is_of_and_hides_the_access_token() {
        let token = token(1000);
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let text = String::from_utf8(claims).unwrap();
        assert!(!text.contains("gho_1"), "{text}");
        let claims: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&claims["sub"], &claims["login"]), (&json!("7"), &json!("octocat")));
        assert_eq!((&claims["iat"], &claims["exp"]), (&json!(1000), &json!(4600)));
    }

    #[test]
    fn what_is_no_bearer_token_of_a_login_is_refused() {
        for odd in ["", "Bearer", "Bearer ", "Basic eA==", &token(1000)] {
            assert_eq!(find(odd, 1000).err(), Some(TokenError::Missing), "{odd}");
        }
        let key = JwtKey::new(KEY);
        let plain = key.sign(&json!({"sub": "7", "exp": 2000})).unwrap();
        assert_eq!(find(&format!("Bearer {plain}"), 1000).err(), Some(TokenError::NoLogin));
        // A sealed access token is its user's alone.
        let sealed = Sealer::new(KEY, "github access token").unwrap().seal("gho_1", "7").unwrap();
        let stolen = json!({
            "iss": ISSUER, "sub": "8", "login": "hubot", "iat": 1, "exp": 2000, "github": sealed,
        });
        let stolen = key.sign(&stolen).unwrap();
        assert_eq!(find(&format!("Bearer {stolen}"), 1000).err(), Some(TokenError::NoLogin));
    }
}
