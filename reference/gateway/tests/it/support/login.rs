//! A user who logs in, step by step.

use std::collections::HashMap;

use http::Method;
use url::Url;

use super::{Reply, TestGateway, TestGitHub};

/// A login that the gateway has begun.
pub struct Login {
    /// The whole `Set-Cookie`.
    pub set_cookie: String,
    /// Where the browser is sent.
    pub target: Url,
}

impl Login {
    pub async fn begin(gateway: &TestGateway) -> Self {
        let reply = gateway.get("/auth/login").await;
        assert_eq!(reply.status, 302, "{}", reply.text());
        let header = |name: &str| reply.headers[name].to_str().unwrap().to_owned();
        assert_eq!(header("cache-control"), "no-store");
        Self { set_cookie: header("set-cookie"), target: Url::parse(&header("location")).unwrap() }
    }

    /// What a browser sends back of the cookie.
    pub fn cookie(&self) -> &str {
        self.set_cookie.split(';').next().unwrap()
    }

    pub fn asked(&self) -> HashMap<String, String> {
        self.target.query_pairs().into_owned().collect()
    }

    pub fn state(&self) -> String {
        self.asked()["state"].clone()
    }

    /// The query with which GitHub sends the browser back.
    pub async fn authorize(&self, github: &TestGitHub) -> String {
        let response = github.visit(&self.target).await;
        assert_eq!(response.status(), 302);
        let back = response.headers()["location"].to_str().unwrap();
        let (address, query) = back.split_once('?').unwrap();
        assert_eq!(address, super::CALLBACK);
        query.to_owned()
    }
}

/// The browser comes back to the gateway.
pub async fn callback(gateway: &TestGateway, query: &str, cookie: Option<&str>) -> Reply {
    let mut request = gateway.request(Method::GET, &format!("/auth/callback?{query}"));
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    gateway.send(request).await
}

/// All of it; gives the token.
pub async fn log_in(gateway: &TestGateway, github: &TestGitHub) -> String {
    let login = Login::begin(gateway).await;
    let query = login.authorize(github).await;
    let reply = callback(gateway, &query, Some(login.cookie())).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["token"].as_str().unwrap().to_owned()
}
