//! Calls to GitHub: bounded in time and in size, and to GitHub alone.

use persys_reference_base::defect;
use std::{future::Future, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use persys_identity::Credentials;
use persys_reference_base::config::TlsFiles;
use reqwest::{Client, RequestBuilder};
use tokio::time::timeout;
use url::Url;

use super::{App, GitHubError, SetUpError};

/// A hundred repositories take less than one.
const LARGEST: usize = 4 << 20;
/// GitHub refuses who does not say who it is.
const USER_AGENT: &str = concat!("persys-gateway/", env!("CARGO_PKG_VERSION"));

/// GitHub, known by its certificate.
#[derive(Clone)]
pub struct GitHub {
    pub(super) app: App,
    pub(super) http: Client,
    limit: Duration,
}

/// An answer, read to its end.
pub(super) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl GitHub {
    /// `limit` is how long one of the operations below may take, with all its requests.
    pub fn new(app: App, tls: &TlsFiles, limit: Duration) -> Result<Self, SetUpError> {
        let own = tls.credentials();
        let ca = app.ca.clone().unwrap_or_else(|| own.ca.clone());
        let config = Credentials { ca, ..own }.load()?.client_config_without_certificate();
        let http = Client::builder()
            .tls_backend_preconfigured(config)
            .no_proxy()
            // A redirect could lead the secrets elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(USER_AGENT)
            .timeout(limit)
            .build()?;
        Ok(Self { app, http, limit })
    }

    pub fn app(&self) -> &App {
        &self.app
    }

    /// Gives up an operation that takes too long.
    pub(super) async fn in_time<T>(
        &self,
        operation: impl Future<Output = Result<T, GitHubError>>,
    ) -> Result<T, GitHubError> {
        let late = |_| GitHubError::Unreachable("no answer in time".to_owned());
        timeout(self.limit, operation).await.map_err(late)?
    }

    /// A question to the API with a user's access token.
    pub(super) async fn ask(&self, url: Url, access_token: &str) -> Result<Answer, GitHubError> {
        let request = self
            .http
            .get(url)
            .bearer_auth(access_token)
            .header("accept", "application/vnd.github+json")
            .header("x-github-api-version", "2022-11-28");
        let answer = self.send(request).await?;
        match answer.status {
            StatusCode::OK => Ok(answer),
            StatusCode::UNAUTHORIZED => Err(GitHubError::Token),
            other => Err(GitHubError::Nonsense(format!("status {}", other.as_u16()))),
        }
    }

    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Answer, GitHubError> {
        defect!("github-given-up" => if persys_reference_base::defects::is_spoiled() {
            return Err(GitHubError::Unreachable("it was away".to_owned()));
        });
        let sent = request.send().await;
        defect!("github-given-up" => if sent.is_err() {
            persys_reference_base::defects::spoil();
        });
        let mut response = sent?;
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await? {
            if body.len() + part.len() > LARGEST {
                return Err(GitHubError::nonsense("it is too long"));
            }
            body.extend_from_slice(&part);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Answer { status, headers, body: body.into() })
    }
}
