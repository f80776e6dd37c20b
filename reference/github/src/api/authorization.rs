//! Who calls, by the `Authorization` header.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use time::OffsetDateTime;

use super::ApiError;
use crate::records::{Scopes, Store, User};

/// An account, and what its token may be used for.
#[derive(Clone, Debug)]
pub struct Caller {
    pub user: User,
    pub scopes: Scopes,
}

/// What a request says of its caller.
#[derive(Clone, Debug)]
pub enum Credential {
    None,
    /// A token that is unknown, revoked or too old, or no token at all.
    Bad,
    Good(Box<Caller>),
}

impl Credential {
    pub fn caller(&self) -> Option<&Caller> {
        match self {
            Self::Good(caller) => Some(caller),
            Self::None | Self::Bad => None,
        }
    }
}

/// Looks the token up: `Bearer` and `token` carry it plainly, `Basic` as the
/// password, or as the user where the password is empty or `x-oauth-basic`.
pub fn read_credential(headers: &HeaderMap, store: &Store, now: OffsetDateTime) -> Credential {
    let Some(value) = headers.get(AUTHORIZATION) else { return Credential::None };
    let caller = || {
        let token = store.token(&token_in(value.to_str().ok()?)?, now)?;
        Some(Caller { user: store.user(&token.login)?, scopes: token.scopes })
    };
    caller().map_or(Credential::Bad, |caller| Credential::Good(Box::new(caller)))
}

fn token_in(header: &str) -> Option<String> {
    let (scheme, rest) = header.trim().split_once(' ')?;
    let rest = rest.trim();
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" | "token" => Some(rest.to_owned()),
        "basic" => {
            let text = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
            let (user, password) = text.split_once(':')?;
            let as_user = matches!(password, "" | "x-oauth-basic");
            Some(if as_user { user } else { password }.to_owned())
        }
        _ => None,
    }
}

/// Takes the caller that the API's frame has found, or refuses.
impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let caller = parts.extensions.get::<Credential>().and_then(Credential::caller);
        caller.cloned().ok_or(ApiError::RequiresAuthentication)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_in_each_scheme() {
        let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
        for header in [
            "Bearer gho_1".to_owned(),
            "bearer  gho_1".to_owned(),
            "token gho_1".to_owned(),
            basic("octocat:gho_1"),
            basic("x-access-token:gho_1"),
            basic("gho_1:"),
            basic("gho_1:x-oauth-basic"),
        ] {
            assert_eq!(token_in(&header).as_deref(), Some("gho_1"), "{header}");
        }
        for odd in ["gho_1", "", "Basic ???", "Digest gho_1", &basic("gho_1")] {
            assert_eq!(token_in(odd), None, "{odd}");
        }
    }
}
