//! News of workloads, as they are written by any scheduler.

use std::time::Duration;

use etcd_client::{EventType, WatchOptions};
use persys_contract::{StoreKeys, Workload};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

use super::Store;

const OPENING: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(500);
const LARGEST_EVENT: usize = 64 << 20;

/// What a watcher is told.
#[derive(Debug)]
pub enum Watched {
    /// The watch has begun, or begun again: anything may have happened before.
    Opened,
    Written(Box<Workload>),
}

/// Tells of every written workload until stopped; reopens by itself.
pub async fn watch_workloads(store: Store, news: mpsc::Sender<Watched>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => return,
            () = watch_once(&store, &news) => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Watches until the stream ends, fails or its connection is given up.
async fn watch_once(store: &Store, news: &mpsc::Sender<Watched>) {
    let (client, mut renewed) = store.connection.stream_client();
    let mut watcher = client.watch_client().max_decoding_message_size(LARGEST_EVENT);
    let options = WatchOptions::new().with_prefix();
    let opening = watcher.watch(StoreKeys::WORKLOADS, Some(options));
    let Ok(Ok(mut stream)) = timeout(OPENING, opening).await else { return };
    if news.send(Watched::Opened).await.is_err() {
        return;
    }
    loop {
        let message = tokio::select! {
            message = stream.message() => message,
            _ = renewed.changed() => return,
        };
        let Ok(Some(answer)) = message else { return };
        if answer.canceled() {
            return;
        }
        for event in answer.events() {
            if event.event_type() != EventType::Put {
                continue;
            }
            let Some(pair) = event.kv() else { continue };
            let Ok(workload) = serde_json::from_slice::<Workload>(pair.value()) else { continue };
            if news.send(Watched::Written(Box::new(workload))).await.is_err() {
                return;
            }
        }
    }
}
