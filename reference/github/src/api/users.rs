//! Accounts as the API shows them.

use axum::{
    Json,
    extract::State,
    http::HeaderName,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{ApiError, BaseUrl, Caller, pagination::Pagination};
use crate::{GitHub, records::User};

/// What a route would take instead of the token's scopes.
pub const ACCEPTED_SCOPES: HeaderName = HeaderName::from_static("x-accepted-oauth-scopes");

/// `GET /user`.
pub async fn current(State(github): State<GitHub>, base: BaseUrl, caller: Caller) -> Response {
    let repositories = github.store.repositories_of(&caller.user.login);
    let count = |private: bool| repositories.iter().filter(|one| one.private == private).count();
    let user = &caller.user;
    let mut shown = user_json(user, &base);
    extend(
        &mut shown,
        json!({
            "name": user.name,
            "company": null,
            "blog": "",
            "location": null,
            "email": user.email,
            "hireable": null,
            "bio": null,
            "twitter_username": null,
            "public_repos": count(false),
            "public_gists": 0,
            "followers": 0,
            "following": 0,
            "created_at": timestamp(user.created_at),
            "updated_at": timestamp(user.created_at),
        }),
    );
    if caller.scopes.allow("read:user") {
        extend(
            &mut shown,
            json!({
                "private_gists": 0,
                "total_private_repos": count(true),
                "owned_private_repos": count(true),
                "disk_usage": 0,
                "collaborators": 0,
                "two_factor_authentication": true,
                "plan": { "name": "free", "space": 976_562_499, "private_repos": 10_000, "collaborators": 0 },
            }),
        );
    }
    ([(ACCEPTED_SCOPES, "")], Json(shown)).into_response()
}

/// `GET /user/emails`; unknown to who has no scope for it, as on GitHub.
pub async fn emails(caller: Caller, pagination: Pagination) -> Response {
    let answer = if caller.scopes.allow("user:email") {
        pagination.cut(caller.user.emails.iter().map(|email| json!(email)).collect())
    } else {
        tracing::warn!(reason = "missing_scope", "refused a request to the API");
        ApiError::NotFound.into_response()
    };
    ([(ACCEPTED_SCOPES, "user, user:email")], answer).into_response()
}

/// The fields by which an account is shown everywhere.
pub fn user_json(user: &User, base: &BaseUrl) -> Map<String, Value> {
    let login = &user.login;
    let api = base.api(&format!("/users/{login}"));
    let mut shown = Map::new();
    extend(
        &mut shown,
        json!({
            "login": login,
            "id": user.id,
            "node_id": STANDARD.encode(format!("04:User{}", user.id)),
            "avatar_url": base.site(&format!("/avatars/u/{}?v=4", user.id)),
            "gravatar_id": "",
            "url": api,
            "html_url": base.site(&format!("/{login}")),
            "followers_url": format!("{api}/followers"),
            "following_url": format!("{api}/following{{/other_user}}"),
            "gists_url": format!("{api}/gists{{/gist_id}}"),
            "starred_url": format!("{api}/starred{{/owner}}{{/repo}}"),
            "subscriptions_url": format!("{api}/subscriptions"),
            "organizations_url": format!("{api}/orgs"),
            "repos_url": format!("{api}/repos"),
            "events_url": format!("{api}/events{{/privacy}}"),
            "received_events_url": format!("{api}/received_events"),
            "type": "User",
            "user_view_type": "public",
            "site_admin": false,
        }),
    );
    shown
}

/// Adds an object's fields.
pub fn extend(shown: &mut Map<String, Value>, more: Value) {
    if let Value::Object(more) = more {
        shown.extend(more);
    }
}

pub fn timestamp(time: OffsetDateTime) -> Option<String> {
    time.format(&Rfc3339).ok()
}
