//! A scheduler's plain listener: takes registrations and heartbeats, and answers as it is told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::post;
use axum::{Json, Router};
use persys_contract::{Heartbeat, Node, SIGNATURE_WINDOW, SignatureKey};
use persys_reference_base::Metrics;
use persys_reference_base::signature::{SignatureCheck, require_signature};

use crate::agent::SECRET;

/// What a scheduler was told, and what it answers.
#[derive(Clone, Default)]
pub struct TestScheduler {
    told: Arc<Mutex<Told>>,
}

#[derive(Default)]
struct Told {
    nodes: Vec<Node>,
    heartbeats: Vec<Heartbeat>,
    refused: usize,
    refusals_left: usize,
    forgotten: bool,
}

impl TestScheduler {
    /// Listens on an address of its own and refuses the first registrations.
    pub async fn start(refusals: usize) -> (Self, SocketAddr) {
        let scheduler = Self::default();
        scheduler.told.lock().unwrap().refusals_left = refusals;
        let metrics = Metrics::new("test-scheduler").unwrap();
        let check = SignatureCheck::new(SignatureKey::new(SECRET), SIGNATURE_WINDOW, &metrics);
        let router = Router::new()
            .route("/nodes/register", post(register))
            .route("/nodes/heartbeat", post(heartbeat))
            .layer(from_fn_with_state(check, require_signature))
            .with_state(scheduler.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        (scheduler, address)
    }

    pub fn nodes(&self) -> Vec<Node> {
        self.told.lock().unwrap().nodes.clone()
    }

    pub fn heartbeats(&self) -> Vec<Heartbeat> {
        self.told.lock().unwrap().heartbeats.clone()
    }

    pub fn refused(&self) -> usize {
        self.told.lock().unwrap().refused
    }

    /// Knows no node any more, until one registers.
    pub fn forget(&self) {
        self.told.lock().unwrap().forgotten = true;
    }
}

async fn register(State(scheduler): State<TestScheduler>, Json(node): Json<Node>) -> StatusCode {
    let mut told = scheduler.told.lock().unwrap();
    if told.refusals_left > 0 {
        told.refusals_left -= 1;
        told.refused += 1;
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    told.nodes.push(node);
    told.forgotten = false;
    StatusCode::OK
}

async fn heartbeat(
    State(scheduler): State<TestScheduler>,
    Json(heartbeat): Json<Heartbeat>,
) -> StatusCode {
    let mut told = scheduler.told.lock().unwrap();
    if told.forgotten || told.nodes.is_empty() {
        return StatusCode::NOT_FOUND;
    }
    told.heartbeats.push(heartbeat);
    StatusCode::OK
}
