//! Asks every known scheduler regularly whether it serves, so that requests go
//! to those that do.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use persys_reference_base::RequestId;
use tokio::time::{sleep, timeout};

use super::{
    attempt::attempt_anew,
    outgoing::Outgoing,
    scheduler::{Health, Scheduler},
    shared::Shared,
};

/// Between two probes of a scheduler.
const INTERVAL: Duration = Duration::from_secs(1);
/// Between two probes of one that is down.
const INTERVAL_DOWN: Duration = Duration::from_millis(500);
/// How long one may take to answer; it may ask its store first. One that is
/// frozen is found out sooner, by the handshake.
const PATIENCE: Duration = Duration::from_secs(4);

/// What schedulers that offer their health to gateways answer.
const HEALTH: &str = "/health";
/// What every scheduler answers, from its store.
const NODES: &str = "/nodes";

/// Probes one scheduler until the task is aborted.
pub async fn probe(shared: Arc<Shared>, scheduler: Arc<Scheduler>) {
    let mut path = HEALTH;
    loop {
        // A new connection each time: an old one would not show that it still accepts any.
        let id = RequestId::new();
        let asked = id.clone().scope(async {
            let outgoing = Outgoing::probe(path, &id);
            let question = attempt_anew(&shared.connector, &scheduler, &outgoing);
            match timeout(PATIENCE, question).await {
                Ok(Ok(answer)) if lacks_route(answer.status()) && path == HEALTH => {
                    path = NODES;
                    scheduler.doubt.notify_one();
                }
                Ok(Ok(answer)) if answer.status().is_server_error() => {
                    shared.learn_without_store(&scheduler);
                }
                Ok(Ok(answer)) if answer.status().is_success() => {
                    shared.learn(&scheduler, Health::Healthy, "");
                }
                // It refuses this gateway, or is no scheduler.
                Ok(Ok(answer)) => {
                    let reason = format!("it answers {path} with {}", answer.status().as_u16());
                    shared.learn(&scheduler, Health::Down, &reason);
                }
                Ok(Err(error)) => shared.failed(&scheduler, &error),
                Err(_) => {
                    let reason = format!("failed to get an answer within {PATIENCE:?}");
                    shared.learn(&scheduler, Health::Down, &reason);
                }
            }
        });
        asked.await;
        let pause = match scheduler.health() {
            Health::Down => INTERVAL_DOWN,
            _ => INTERVAL,
        };
        tokio::select! {
            () = sleep(pause) => {}
            () = scheduler.doubt.notified() => {}
        }
    }
}

fn lacks_route(status: StatusCode) -> bool {
    matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED)
}
