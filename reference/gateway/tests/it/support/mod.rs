//! A small network on the loopback interface: name server, schedulers, GitHub, gateway.

mod canned;
mod dns;
mod gateway;
mod github;
mod login;
mod pki;
mod scheduler;

use std::time::Duration;

use tokio::time::{Instant, sleep};

pub use canned::{Canned, Page};
pub use dns::{FakeDns, Registration};
pub use gateway::{Reply, TestGateway, client};
pub use github::{CALLBACK, GitHubSite, SECRETS, TestGitHub};
pub use login::{Login, callback, log_in};
pub use pki::Pki;
pub use scheduler::{FakeScheduler, Mode};

/// Polls until `holds`, and fails the test when it does not within 10 s.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds().await {
        assert!(Instant::now() < deadline, "not within 10 s: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// A gateway that has found these schedulers and knows all of them to serve.
pub async fn network(schedulers: &[&FakeScheduler], pki: &Pki) -> (TestGateway, FakeDns) {
    let dns = FakeDns::start().await;
    dns.register(schedulers.iter().map(|scheduler| scheduler.registration()));
    let gateway = TestGateway::start(pki, dns.address, &[]).await;
    eventually("every scheduler was probed", async || {
        gateway.is_ready() && schedulers.iter().all(|scheduler| scheduler.probes() > 0)
    })
    .await;
    (gateway, dns)
}
