//! Accounts, their tokens, and who is signed in.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use time::{Duration, OffsetDateTime};

use super::{body::Body, gate::refusal};
use crate::{
    GitHub,
    api::{BaseUrl, user_json},
    records::{NewUser, Scopes, Session, TokenKind},
};

/// `POST /_test/users`: 201 with the account as the API shows it.
pub async fn create(
    State(github): State<GitHub>,
    base: BaseUrl,
    Body(new): Body<NewUser>,
) -> Response {
    match github.store.add_user(new, OffsetDateTime::now_utc()) {
        Ok(user) => (StatusCode::CREATED, Json(user_json(&user, &base))).into_response(),
        Err(error) => refusal(StatusCode::CONFLICT, format!("failed to {error}")),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewToken {
    login: String,
    /// As in an authorization request: `repo user:email`.
    #[serde(default)]
    scope: String,
    /// Seconds until it is too old; never if absent, at once if not positive.
    expires_in: Option<i32>,
}

/// `POST /_test/tokens`: 201 `{"token"}`.
pub async fn create_token(State(github): State<GitHub>, Body(new): Body<NewToken>) -> Response {
    let Some(user) = github.store.user(&new.login) else { return unknown(&new.login) };
    let end = new
        .expires_in
        .map(|seconds| OffsetDateTime::now_utc() + Duration::seconds(i64::from(seconds)));
    let scopes = Scopes::parse(&new.scope);
    let token = github.store.issue_token(TokenKind::Personal, &user.login, scopes, end);
    (StatusCode::CREATED, Json(json!({ "token": token }))).into_response()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Revocation {
    Token(String),
    /// All tokens of this account.
    Login(String),
}

/// `POST /_test/tokens/revoke` `{"token"}` or `{"login"}`: 200 `{"revoked"}`.
pub async fn revoke_tokens(
    State(github): State<GitHub>,
    Body(which): Body<Revocation>,
) -> Response {
    let revoked = match which {
        Revocation::Token(token) => usize::from(github.store.revoke_token(&token)),
        Revocation::Login(login) => github.store.revoke_tokens_of(&login),
    };
    Json(json!({ "revoked": revoked })).into_response()
}

/// `PUT /_test/session` `{"login","approves"}`: who answers the next authorizations.
pub async fn sign_in(State(github): State<GitHub>, Body(session): Body<Session>) -> Response {
    let Some(user) = github.store.user(&session.login) else { return unknown(&session.login) };
    let session = Session { login: user.login, ..session };
    github.store.set_session(session.clone());
    Json(session).into_response()
}

/// `GET /_test/session`.
pub async fn signed_in(State(github): State<GitHub>) -> Response {
    Json(github.store.session()).into_response()
}

pub fn unknown(login: &str) -> Response {
    refusal(StatusCode::NOT_FOUND, format!("failed to find the account {login:?}"))
}
