//! Git over HTTP: the smart protocol, for reading.

use axum::{
    Router,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use persys_reference_base::http::peer_of;
use time::OffsetDateTime;
use url::form_urlencoded;

use super::{
    admission::{Refusal, Service, admit},
    cgi::{self, CgiRequest},
};
use crate::{GitHub, api::read_credential};

pub fn routes() -> Router<GitHub> {
    Router::new()
        .route("/{owner}/{repository}/info/refs", get(advertise))
        .route("/{owner}/{repository}/git-upload-pack", post(upload_pack))
        .route("/{owner}/{repository}/git-receive-pack", post(receive_pack))
}

fn asked_for(query: &str) -> Option<Service> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    match pairs.find(|(name, _)| name == "service")?.1.as_ref() {
        "git-upload-pack" => Some(Service::UploadPack),
        "git-receive-pack" => Some(Service::ReceivePack),
        _ => None,
    }
}

type Names = Path<(String, String)>;

async fn advertise(State(github): State<GitHub>, names: Names, request: Request) -> Response {
    match asked_for(request.uri().query().unwrap_or_default()) {
        Some(service) => serve(github, names, service, "info/refs", request).await,
        None => Refusal::DumbProtocol.into_response(),
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
    let repository = match admit(&github.store, (&owner, name), service, &credential) {
        Ok(repository) => repository,
        Err(refusal) => return refusal.into_response(),
    };
    let folder = github.git.folder(&repository.owner, &repository.name);
    let Ok(below) = folder.strip_prefix(github.git.root()) else {
        return Refusal::NotFound.into_response();
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_services_are_known() {
        assert_eq!(asked_for("service=git-upload-pack"), Some(Service::UploadPack));
        assert_eq!(asked_for("x=1&service=git-receive-pack"), Some(Service::ReceivePack));
        assert_eq!(asked_for("service=git-shell"), None);
        assert_eq!(asked_for(""), None);
    }
}
