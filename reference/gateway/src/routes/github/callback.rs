//! `GET /auth/callback`: GitHub has sent the browser back.

use axum::{
    Json,
    extract::{RawQuery, Request, State},
    http::header::{CACHE_CONTROL, SET_COOKIE},
    response::{IntoResponse, Response},
};
use persys_contract::ErrorCode;
use persys_reference_base::defect;
use persys_reference_base::http::ApiError;
use serde::Serialize;
use url::form_urlencoded;

use super::{GitHubContext, context::internal};
use crate::{
    github::User,
    session::{PendingLogins, unix_now},
};

/// A text that is longer is no code of GitHub's.
const LONGEST_CODE: usize = 256;
const BAD_CODE: &str = "GitHub gave no code";

#[derive(Serialize)]
struct Welcome {
    token: String,
    user: User,
}

/// A token for the user, if this browser began the login and GitHub knows the code.
pub async fn callback(
    State(context): State<GitHubContext>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let refuse = |code, message: &str, detail: String| {
        context.refuse(&parts.extensions, code, message, detail)
    };
    let told = Told::read(query.as_deref().unwrap_or_default());

    let bad_state = |detail: &str| {
        let message = "the login was not begun here, or took too long; begin again";
        refuse(ErrorCode::BadState, message, detail.to_owned())
    };
    let login = context.logins.find(&parts.headers, unix_now());
    let login = login.ok_or_else(|| bad_state("there is no cookie of a login, or an old one"))?;
    let state = told.state.ok_or_else(|| bad_state("there is no state"))?;
    if defect!("login-state-unchecked", false, !login.has_state(&state)) {
        return Err(bad_state("the state is not the cookie's"));
    }

    if let Some(error) = told.error {
        let message = "GitHub did not let the gateway in";
        return Err(refuse(ErrorCode::BadCode, message, format!("GitHub says {error:?}")));
    }
    let code = told.code.filter(|code| {
        (1..=LONGEST_CODE).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_graphic())
    });
    let code =
        code.ok_or_else(|| refuse(ErrorCode::BadCode, BAD_CODE, "there is no code".to_owned()))?;

    let failed = |error| context.failed(&parts.extensions, &error);
    let (user, access_token) =
        context.github.log_in(&code, &login.verifier).await.map_err(failed)?;
    let token = context.sessions.open(&user, &access_token, unix_now()).map_err(internal)?;
    tracing::info!(login = user.login, "logged a user in");
    let headers =
        [(SET_COOKIE, PendingLogins::no_cookie()), (CACHE_CONTROL, "no-store".to_owned())];
    Ok((headers, Json(Welcome { token, user })).into_response())
}

/// What GitHub's redirect says. What it says twice counts as not said.
#[derive(Default)]
struct Told {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

impl Told {
    fn read(query: &str) -> Self {
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let once = |wanted: &str| {
            let mut found = pairs.iter().filter(|(name, _)| name == wanted);
            let (_, text) = found.next().filter(|_| found.next().is_none())?;
            Some(text.clone().into_owned())
        };
        let error = once("error").map(|text| text.chars().take(64).collect());
        Self { state: once("state"), code: once("code"), error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_twice_is_not_said() {
        let told = Told::read("code=a%20b&state=s&x=y");
        assert_eq!((told.code.as_deref(), told.state.as_deref()), (Some("a b"), Some("s")));
        assert!(told.error.is_none());
        let told = Told::read("code=a&state=s&state=s&code=b&error=e");
        assert!(told.code.is_none() && told.state.is_none());
        assert_eq!(told.error.as_deref(), Some("e"));
    }
}
