//! Under what address the caller knows this server.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{header::HOST, request::Parts},
};

use super::PREFIX;

/// `https://` and the host that the request named, so that every link in a
/// response leads back the way the request came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    pub fn of_host(host: &str) -> Self {
        Self(format!("https://{host}"))
    }

    pub fn site(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    pub fn api(&self, path: &str) -> String {
        format!("{}{PREFIX}{path}", self.0)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for BaseUrl {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = host.or(parts.uri.authority().map(|authority| authority.as_str()));
        Ok(Self::of_host(host.unwrap_or("localhost")))
    }
}
