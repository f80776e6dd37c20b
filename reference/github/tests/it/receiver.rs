//! What a receiver of webhooks does: asks for a client certificate, keeps what came,
//! and checks the signature by itself.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use hmac::{Hmac, KeyInit, Mac};
use persys_contract::Role;
use persys_identity::{Credentials, MutualTlsListener, Peer};
use sha2::Sha256;

use crate::bench::{Site, WEBHOOK_SECRET};

/// One request as it came in.
#[derive(Clone, Debug)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: Bytes,
    pub role: Option<Role>,
}

type Kept = Arc<Mutex<Vec<Received>>>;

pub struct Receiver {
    pub url: String,
    kept: Kept,
}

impl Receiver {
    /// Answers 202 to a good signature and 401 to any other.
    pub async fn start(site: &Site) -> Self {
        let credentials = Credentials::in_folder(site.folder.path(), "github").load().unwrap();
        let config = credentials.server_config().unwrap();
        let address = "127.0.0.1:0".parse().unwrap();
        let listener = MutualTlsListener::bind(address, config, |_| {}).await.unwrap();
        let bound = axum::serve::Listener::local_addr(&listener).unwrap().address;
        let kept = Kept::default();
        let router = Router::new().route("/webhook", post(receive)).with_state(kept.clone());
        let service = router.into_make_service_with_connect_info::<Peer>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self { url: format!("https://{bound}/webhook"), kept }
    }

    pub fn received(&self) -> Vec<Received> {
        self.kept.lock().unwrap().clone()
    }
}

async fn receive(
    State(kept): State<Kept>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    let good = is_signed(&headers, &body);
    kept.lock().unwrap().push(Received { headers, body, role: peer.role });
    if good { (StatusCode::ACCEPTED, "taken") } else { (StatusCode::UNAUTHORIZED, "refused") }
}

fn is_signed(headers: &HeaderMap, body: &[u8]) -> bool {
    let digest = headers
        .get("x-hub-signature-256")
        .and_then(|value| value.to_str().ok()?.strip_prefix("sha256="))
        .and_then(|digits| hex::decode(digits).ok());
    let mut mac = Hmac::<Sha256>::new_from_slice(WEBHOOK_SECRET.as_bytes()).unwrap();
    mac.update(body);
    digest.is_some_and(|digest| mac.verify_slice(&digest).is_ok())
}
