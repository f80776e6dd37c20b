//! Codes of any age, so that no test has to wait for one to grow old.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use time::{Duration, OffsetDateTime};

use super::{accounts::unknown, body::Body};
use crate::{
    GitHub,
    records::{CODE_LIFETIME, Code, Scopes},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewCode {
    /// The account at the browser if absent.
    login: Option<String>,
    #[serde(default)]
    scope: String,
    redirect_uri: Option<String>,
    /// The S256 challenge.
    code_challenge: Option<String>,
    /// How long ago the code was made; from 600 s on it is too old.
    #[serde(default)]
    age_seconds: u32,
}

/// `POST /_test/codes`: 201 `{"code"}`.
pub async fn create_code(State(github): State<GitHub>, Body(new): Body<NewCode>) -> Response {
    let login = new.login.unwrap_or_else(|| github.store.session().login);
    let Some(user) = github.store.user(&login) else { return unknown(&login) };
    let made = OffsetDateTime::now_utc() - Duration::seconds(i64::from(new.age_seconds));
    let code = Code {
        login: user.login,
        scopes: Scopes::parse(&new.scope),
        redirect_uri: new.redirect_uri,
        challenge: new.code_challenge,
        expires_at: made + CODE_LIFETIME,
    };
    let code = github.store.issue_code(code, OffsetDateTime::now_utc());
    (StatusCode::CREATED, Json(json!({ "code": code }))).into_response()
}

/// `POST /_test/codes/expire`: 200 `{"expired"}`; ends every code that was not
/// exchanged yet.
pub async fn expire_codes(State(github): State<GitHub>) -> Response {
    Json(json!({ "expired": github.store.expire_codes(OffsetDateTime::now_utc()) })).into_response()
}
