//! A GitHub that answers what a test tells it to, whatever that is.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use persys_reference_base::service::{Lifecycle, Listeners};

use super::GitHubSite;

/// One answer.
#[derive(Clone, Debug)]
pub enum Page {
    Text(u16, String),
    /// A list with a link to the page that follows.
    Linked(String, String),
    /// More bytes than anybody should read.
    Endless,
    /// None at all.
    Silence,
}

impl Page {
    pub fn json(value: &serde_json::Value) -> Self {
        Self::Text(200, value.to_string())
    }

    /// A good answer to a code.
    pub fn token() -> Self {
        Self::json(&serde_json::json!({"access_token": "gho_canned", "token_type": "bearer"}))
    }

    pub fn user() -> Self {
        Self::json(&serde_json::json!({"id": 1, "login": "octocat"}))
    }
}

type Answer = Arc<dyn Fn(&str) -> Page + Send + Sync>;

#[derive(Clone)]
struct Shared {
    asked: Arc<Mutex<Vec<(String, HeaderMap, Bytes)>>>,
    answer: Answer,
}

/// Serves until it is dropped.
pub struct Canned {
    pub address: SocketAddr,
    shared: Shared,
    lifecycle: Lifecycle,
}

impl Drop for Canned {
    fn drop(&mut self) {
        self.lifecycle.stop();
    }
}

impl Canned {
    /// Answers each path with its query by what `answer` makes of it.
    pub async fn start(
        site: &GitHubSite,
        answer: impl Fn(&str) -> Page + Send + Sync + 'static,
    ) -> Self {
        let credentials = site.pki.files("github").load().unwrap();
        let lifecycle = Lifecycle::default();
        let shared = Shared { asked: Arc::default(), answer: Arc::new(answer) };
        let router = Router::new().fallback(serve).with_state(shared.clone());
        let mut listeners = Listeners::new(&lifecycle);
        let any = "127.0.0.1:0".parse().unwrap();
        let address =
            listeners.server_tls("LISTEN", any, &credentials, |_| {}, router).await.unwrap();
        tokio::spawn(listeners.serve_until_stopped(async {}));
        Self { address, shared, lifecycle }
    }

    /// Everything that was asked: method and path, headers, body.
    pub fn asked(&self) -> Vec<(String, HeaderMap, Bytes)> {
        self.shared.asked.lock().unwrap().clone()
    }
}

async fn serve(
    State(shared): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.asked.lock().unwrap().push((format!("{method} {uri}"), headers, body));
    match (shared.answer)(uri.path_and_query().unwrap().as_str()) {
        Page::Text(status, text) => (StatusCode::from_u16(status).unwrap(), text).into_response(),
        Page::Linked(list, next) => {
            ([("link", format!("<{next}>; rel=\"next\""))], list).into_response()
        }
        Page::Endless => {
            let part = || Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 1 << 16]));
            axum::body::Body::from_stream(futures::stream::repeat_with(part)).into_response()
        }
        Page::Silence => std::future::pending().await,
    }
}
