//! Waits until a component says or shows that it is ready.

use std::{net::SocketAddr, time::Duration};

use tokio::time::{MissedTickBehavior, interval};

use super::{notify::NotifySocket, probe};
use crate::spec::Readiness;

/// Between two looks at a port that gives no notice of its own.
const POLL: Duration = Duration::from_millis(20);

/// Never comes back when the component never gets ready: the caller watches for its end.
pub async fn wait(readiness: &Readiness, notices: &NotifySocket) {
    match readiness {
        Readiness::Notify => notice(notices).await,
        Readiness::Tcp(address) => until_accepts(*address).await,
        Readiness::NotifyOrTcp(address) => tokio::select! {
            () = notice(notices) => {}
            () = until_accepts(*address) => {}
        },
        Readiness::Http { address, path } => {
            let mut ticks = ticks();
            while !probe::answers(*address, path).await {
                ticks.tick().await;
            }
        }
    }
}

async fn notice(notices: &NotifySocket) {
    if notices.ready().await.is_err() {
        // A socket that cannot be read gives no notice.
        std::future::pending::<()>().await;
    }
}

async fn until_accepts(address: SocketAddr) {
    let mut ticks = ticks();
    while !probe::accepts(address).await {
        ticks.tick().await;
    }
}

fn ticks() -> tokio::time::Interval {
    let mut ticks = interval(POLL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
