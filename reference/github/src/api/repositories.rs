//! Repositories as the API shows them.

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    ApiError, BaseUrl, Caller,
    pagination::Pagination,
    user_json,
    users::{ACCEPTED_SCOPES, extend, timestamp},
};
use crate::{
    GitHub,
    records::{Repository, User},
};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Visibility {
    All,
    Public,
    Private,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Sort {
    Created,
    Updated,
    Pushed,
    FullName,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Direction {
    Asc,
    Desc,
}

#[derive(Deserialize)]
pub struct ListQuery {
    visibility: Option<Visibility>,
    sort: Option<Sort>,
    direction: Option<Direction>,
}

/// `GET /user/repos`: what the token may see of the caller's own.
pub async fn of_caller(
    State(github): State<GitHub>,
    base: BaseUrl,
    caller: Caller,
    query: Result<Query<ListQuery>, QueryRejection>,
    pagination: Pagination,
) -> Response {
    let Ok(Query(query)) = query else { return ApiError::ValidationFailed.into_response() };
    let mut repositories = github.store.repositories_of(&caller.user.login);
    let sees_private = caller.scopes.allow("repo");
    repositories.retain(|repository| {
        let wanted = match query.visibility.as_ref().unwrap_or(&Visibility::All) {
            Visibility::All => true,
            Visibility::Public => !repository.private,
            Visibility::Private => repository.private,
        };
        wanted && (sees_private || !repository.private)
    });
    let sort = query.sort.unwrap_or(Sort::FullName);
    match sort {
        Sort::FullName => repositories.sort_by_key(|one| one.full_name().to_ascii_lowercase()),
        // Nothing here changes after its creation; ids tell the order within a second.
        Sort::Created | Sort::Updated | Sort::Pushed => {
            repositories.sort_by_key(|one| (one.created_at, one.id));
        }
    }
    let usual = if sort == Sort::FullName { Direction::Asc } else { Direction::Desc };
    if query.direction.unwrap_or(usual) == Direction::Desc {
        repositories.reverse();
    }
    let shown = |one: &Repository| Value::Object(repository_json(one, &caller.user, &base));
    let list = repositories.iter().map(shown).collect();
    ([(ACCEPTED_SCOPES, "public_repo, repo")], pagination.cut(list)).into_response()
}

/// A repository with its owner and the owner's rights.
pub fn repository_json(
    repository: &Repository,
    owner: &User,
    base: &BaseUrl,
) -> Map<String, Value> {
    let full_name = repository.full_name();
    let html = base.site(&format!("/{full_name}"));
    let api = base.api(&format!("/repos/{full_name}"));
    let created = timestamp(repository.created_at);
    let mut shown = Map::new();
    extend(
        &mut shown,
        json!({
            "id": repository.id,
            "node_id": STANDARD.encode(format!("010:Repository{}", repository.id)),
            "name": repository.name,
            "full_name": full_name,
            "private": repository.private,
            "owner": user_json(owner, base),
            "html_url": html,
            "description": repository.description,
            "fork": false,
            "url": api,
            "branches_url": format!("{api}/branches{{/branch}}"),
            "commits_url": format!("{api}/commits{{/sha}}"),
            "contents_url": format!("{api}/contents/{{+path}}"),
            "hooks_url": format!("{api}/hooks"),
            "clone_url": format!("{html}.git"),
            "homepage": null,
            "size": 0,
            "stargazers_count": 0,
            "watchers_count": 0,
            "language": null,
            "has_issues": true,
            "has_projects": true,
            "has_wiki": false,
            "forks_count": 0,
            "archived": false,
            "disabled": false,
            "open_issues_count": 0,
            "license": null,
            "is_template": false,
            "topics": [],
            "visibility": if repository.private { "private" } else { "public" },
            "default_branch": repository.default_branch,
            "created_at": created,
            "updated_at": created,
            "pushed_at": created,
            "permissions": { "admin": true, "maintain": true, "push": true, "triage": true, "pull": true },
        }),
    );
    shown
}
