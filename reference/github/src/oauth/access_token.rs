//! `POST /login/oauth/access_token`: an app exchanges a code for a token.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, header::CONTENT_TYPE},
    response::Response,
};
use persys_reference_base::http::read_body;
use serde_json::Value;
use time::OffsetDateTime;
use url::form_urlencoded;

use super::{reply_format::ReplyFormat, verifies};
use crate::{
    GitHub, page,
    records::{Scopes, TokenKind},
};

/// Where the errors are explained.
const HELP: &str = "https://docs.github.com/apps/managing-oauth-apps/\
                    troubleshooting-oauth-app-access-token-request-errors/";

/// Why a code is not exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    Credentials,
    /// Unknown, used, too old, or its verifier does not fit.
    Code,
    RedirectUri,
}

impl Refusal {
    fn error(self) -> &'static str {
        match self {
            Self::Credentials => "incorrect_client_credentials",
            Self::Code => "bad_verification_code",
            Self::RedirectUri => "redirect_uri_mismatch",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Credentials => "The client_id and/or client_secret passed are incorrect.",
            Self::Code => "The code passed is incorrect or expired.",
            Self::RedirectUri => {
                "The redirect_uri MUST match the registered callback URL for this application."
            }
        }
    }

    fn anchor(self) -> &'static str {
        match self {
            Self::Credentials => "incorrect-client-credentials",
            Self::Code => "bad-verification-code",
            Self::RedirectUri => "redirect-uri-mismatch2",
        }
    }
}

/// Answers 200 in every case; what went wrong stands in the body.
pub async fn access_token(
    State(github): State<GitHub>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Ok(body) = read_body(body).await else { return page::bad_request() };
    let Some(fields) = read_fields(&headers, &body) else { return page::bad_request() };
    let format = ReplyFormat::of(&headers);
    match exchange(&github, &fields, OffsetDateTime::now_utc()) {
        Ok((token, scopes)) => format.reply(&[
            ("access_token", &token),
            ("scope", &scopes.to_string()),
            ("token_type", "bearer"),
        ]),
        Err(refusal) => {
            tracing::warn!(reason = refusal.error(), "refused to exchange a code");
            format.reply(&[
                ("error", refusal.error()),
                ("error_description", refusal.description()),
                ("error_uri", &format!("{HELP}#{}", refusal.anchor())),
            ])
        }
    }
}

type Fields = BTreeMap<String, String>;

fn read_fields(headers: &HeaderMap, body: &[u8]) -> Option<Fields> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/json") {
        return Some(form_urlencoded::parse(body).into_owned().collect());
    }
    let object: BTreeMap<String, Value> = serde_json::from_slice(body).ok()?;
    let text = |(name, value): (String, Value)| match value {
        Value::String(text) => Some((name, text)),
        _ => None,
    };
    Some(object.into_iter().filter_map(text).collect())
}

fn exchange(
    github: &GitHub,
    fields: &Fields,
    now: OffsetDateTime,
) -> Result<(String, Scopes), Refusal> {
    let field = |name: &str| fields.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let secret = field("client_secret").unwrap_or_default();
    if field("client_id") != Some(github.app.client_id.as_str())
        || !github.app.client_secret.is(secret)
    {
        return Err(Refusal::Credentials);
    }
    // From here on the code is used up, so that nobody can try verifiers on it.
    let code = field("code").and_then(|code| github.store.take_code(code, now));
    let code = code.ok_or(Refusal::Code)?;
    if field("redirect_uri").is_some_and(|given| Some(given) != code.redirect_uri.as_deref()) {
        return Err(Refusal::RedirectUri);
    }
    if !verifies(code.challenge.as_deref(), field("code_verifier")) {
        return Err(Refusal::Code);
    }
    let token = github.store.issue_token(TokenKind::OAuth, &code.login, code.scopes.clone(), None);
    tracing::info!(login = code.login, "exchanged a code for a token");
    Ok((token, code.scopes))
}
