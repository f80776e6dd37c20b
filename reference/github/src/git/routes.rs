//! Git over HTTP: the smart protocol, for reading.

use axum::{
    Router,
    extract::{Path, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use persys_reference_base::http::peer_of;
use time::OffsetDateTime;
use url::form_urlencoded;

use super::cgi::{self, CgiRequest};
use crate::{
    GitHub,
    api::{Credential, read_credential},
    records::Repository,
};

pub fn routes() -> Router<GitHub> {
    Router::new()
        .route("/{owner}/{repository}/info/refs", get(advertise))
        .route("/{owner}/{repository}/git-upload-pack", post(upload_pack))
        .route("/{owner}/{repository}/git-receive-pack", post(receive_pack))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    UploadPack,
    ReceivePack,
}

impl Service {
    fn asked_for(query: &str) -> Option<Self> {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        match pairs.find(|(name, _)| name == "service")?.1.as_ref() {
            "git-upload-pack" => Some(Self::UploadPack),
            "git-receive-pack" => Some(Self::ReceivePack),
            _ => None,
        }
    }
}

type Names = Path<(String, String)>;

async fn advertise(State(github): State<GitHub>, names: Names, request: Request) -> Response {
    match Service::asked_for(request.uri().query().unwrap_or_default()) {
        Some(service) => serve(github, names, service, "info/refs", request).await,
        None => refuse(
            StatusCode::FORBIDDEN,
            "dumb_protocol",
            "Please upgrade your git client: only the smart protocol is served.",
        ),
    }
}

async fn upload_pack(State(github): State<GitHub>, names: Names, request: Request) -> Response {
    serve(github, names, Service::UploadPack, "git-upload-pack", request).await
}

async fn receive_pack(State(github): State<GitHub>, names: Names, request: Request) -> Response {
    serve(github, names, Service::ReceivePack, "git-receive-pack", request).await
}

async fn serve(
    github: GitHub,
    Path((owner, name)): Names,
    service: Service,
    action: &str,
    request: Request,
) -> Response {
    let credential = read_credential(request.headers(), &github.store, OffsetDateTime::now_utc());
    let name = name.strip_suffix(".git").unwrap_or(&name);
    let repository = match admit(&github, &owner, name, service, &credential) {
        Ok(repository) => repository,
        Err(refusal) => return refusal,
    };
    let folder = github.git.folder(&repository.owner, &repository.name);
    let Ok(below) = folder.strip_prefix(github.git.root()) else { return not_found() };
    let path = format!("/{}/{action}", below.display());
    let (parts, body) = request.into_parts();
    let cgi_request = CgiRequest {
        method: &parts.method,
        path,
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
        peer: peer_of(&parts.extensions).map(|peer| peer.ip()),
    };
    match cgi::run(&github.git, cgi_request, body).await {
        Ok(answer) => answer,
        Err(error) => cgi::failure(&error),
    }
}

/// Finds the repository if the caller may read it. Who may not know of it is told
/// the same as for one that is not there.
fn admit(
    github: &GitHub,
    owner: &str,
    name: &str,
    service: Service,
    credential: &Credential,
) -> Result<Repository, Response> {
    if matches!(credential, Credential::Bad) {
        return Err(unauthorized(
            "bad_credentials",
            "Invalid username or token. Password authentication is not supported for Git \
             operations.",
        ));
    }
    let caller = credential.caller();
    let found = github.store.repository(owner, name);
    let visible = found.filter(|repository| {
        let owns = caller.is_some_and(|caller| {
            caller.user.login.eq_ignore_ascii_case(&repository.owner) && caller.scopes.allow("repo")
        });
        !repository.private || owns
    });
    match (visible, caller) {
        (Some(repository), None) if service == Service::UploadPack => Ok(repository),
        (_, None) => Err(unauthorized("missing_credentials", "Repository not found.")),
        (None, Some(_)) => Err(not_found()),
        (Some(repository), Some(_)) if service == Service::UploadPack => Ok(repository),
        (Some(repository), Some(caller)) => {
            let (whole, login) = (repository.full_name(), &caller.user.login);
            let sentence = format!("Permission to {whole}.git denied to {login}.");
            Err(refuse(StatusCode::FORBIDDEN, "read_only", &sentence))
        }
    }
}

fn not_found() -> Response {
    refuse(StatusCode::NOT_FOUND, "unknown_repository", "Repository not found.")
}

fn unauthorized(reason: &str, sentence: &str) -> Response {
    let mut response = refuse(StatusCode::UNAUTHORIZED, reason, sentence);
    let challenge = header::HeaderValue::from_static("Basic realm=\"GitHub\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

fn refuse(status: StatusCode, reason: &str, sentence: &str) -> Response {
    tracing::warn!(reason, "refused access to a repository");
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (status, headers, sentence.to_owned()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_services_are_known() {
        assert_eq!(Service::asked_for("service=git-upload-pack"), Some(Service::UploadPack));
        assert_eq!(Service::asked_for("x=1&service=git-receive-pack"), Some(Service::ReceivePack));
        assert_eq!(Service::asked_for("service=git-shell"), None);
        assert_eq!(Service::asked_for(""), None);
    }
}
