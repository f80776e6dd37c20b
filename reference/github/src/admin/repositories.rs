//! Repositories with their content.

use std::{collections::BTreeMap, fs};

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use time::OffsetDateTime;

use super::{accounts::unknown, body::Body, gate::refusal};
use crate::{
    GitHub,
    api::{BaseUrl, repository_json},
    git::{Branches, create_repository},
    records::NewRepository,
};

#[derive(Deserialize)]
pub struct NewRepositoryWithContent {
    #[serde(flatten)]
    new: NewRepository,
    /// The text of each file by branch and path; a README on the default branch if absent.
    branches: Option<BTreeMap<String, BTreeMap<String, String>>>,
}

/// `POST /_test/repositories`: 201 with the repository as the API shows it.
pub async fn create(
    State(github): State<GitHub>,
    base: BaseUrl,
    Body(NewRepositoryWithContent { mut new, branches }): Body<NewRepositoryWithContent>,
) -> Response {
    let unusable = |problem: &dyn std::fmt::Display| {
        refusal(StatusCode::UNPROCESSABLE_ENTITY, format!("failed to {problem}"))
    };
    let Some(owner) = github.store.user(&new.owner) else { return unknown(&new.owner) };
    new.owner.clone_from(&owner.login);
    if let Err(error) = github.store.can_add(&new) {
        return refusal(StatusCode::CONFLICT, format!("failed to {error}"));
    }
    let bytes = |files: BTreeMap<String, String>| {
        files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect()
    };
    let files = match branches {
        Some(branches) => {
            branches.into_iter().map(|(branch, files)| (branch, bytes(files))).collect()
        }
        None => {
            let readme = BTreeMap::from([("README.md".to_owned(), format!("# {}\n", new.name))]);
            BTreeMap::from([(new.default_branch.clone(), bytes(readme))])
        }
    };
    let branches = match Branches::new(&new.default_branch, files) {
        Ok(branches) => branches,
        Err(error) => return unusable(&error),
    };
    if let Err(error) = create_repository(&github.git, &new.owner, &new.name, &branches).await {
        return unusable(&error);
    }
    match github.store.add_repository(new, OffsetDateTime::now_utc()) {
        Ok(repository) => {
            let shown = repository_json(&repository, &owner, &base);
            (StatusCode::CREATED, Json(shown)).into_response()
        }
        Err(error) => refusal(StatusCode::CONFLICT, format!("failed to {error}")),
    }
}

/// `DELETE /_test/repositories/{owner}/{name}`: 204, or 404.
pub async fn remove(
    State(github): State<GitHub>,
    Path((owner, name)): Path<(String, String)>,
) -> Response {
    let Some(repository) = github.store.remove_repository(&owner, &name) else {
        return refusal(StatusCode::NOT_FOUND, "failed to find the repository");
    };
    let folder = github.git.folder(&repository.owner, &repository.name);
    match fs::remove_dir_all(&folder) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => {
            tracing::error!(%error, "failed to remove a repository's folder");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "failed to remove the repository's folder")
        }
    }
}
