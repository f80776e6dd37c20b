//! The client of a load generator: it keeps its connections, records nothing, and
//! sends to nobody outside the test network.

use std::{
    net::{Ipv4Addr, SocketAddrV4},
    time::Duration,
};

use reqwest::Client;

use super::{ProbeError, setup::ProbeSetup};
use crate::load::Failure;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Idle connections kept; as many as a generator has in flight.
const KEPT: usize = 64;

/// Asks one HTTPS endpoint over mutual TLS, as role `client`; made by
/// [`Probes::load_client`](super::Probes::load_client). Cheap to clone.
#[derive(Clone)]
pub struct LoadClient {
    client: Client,
    base: String,
}

impl LoadClient {
    pub(super) fn new(setup: &ProbeSetup, address: SocketAddrV4) -> Result<Self, ProbeError> {
        if !is_inside(*address.ip(), setup.topology().network()) {
            return Err(ProbeError::setup(format!(
                "aim load at {address}: it is outside the test network {}",
                setup.topology().subnet
            )));
        }
        let problem = |error: &dyn std::fmt::Display| {
            ProbeError::setup(format!("make a load client for {address}: {error}"))
        };
        let config = setup.credentials("client")?.client_config().map_err(|e| problem(&e))?;
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_max_idle_per_host(KEPT)
            .https_only(true)
            .tls_backend_preconfigured(config)
            .build()
            .map_err(|error| problem(&error))?;
        Ok(Self { client, base: format!("https://{address}") })
    }

    /// Succeeds when the whole answer is there and its status is 2xx. The caller
    /// bounds the time.
    pub async fn get(&self, path: &str) -> Result<(), Failure> {
        let answer = self.client.get(format!("{}{path}", self.base)).send().await;
        let answer = answer.map_err(|error| failure(&error))?;
        let status = answer.status();
        answer.bytes().await.map_err(|error| failure(&error))?;
        if status.is_success() { Ok(()) } else { Err(format!("status {}", status.as_u16()).into()) }
    }
}

/// In few words, so that the same failures are counted together.
fn failure(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        Failure::TIMED_OUT.into()
    } else if error.is_connect() {
        "no connection".into()
    } else {
        "the connection broke".into()
    }
}

fn is_inside(address: Ipv4Addr, (network, prefix): (Ipv4Addr, u8)) -> bool {
    let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
    address.to_bits() & mask == network.to_bits() & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_stays_inside_the_test_network() {
        let network = (Ipv4Addr::new(10, 77, 0, 0), 24);
        assert!(is_inside(Ipv4Addr::new(10, 77, 0, 20), network));
        assert!(!is_inside(Ipv4Addr::new(10, 77, 1, 20), network));
        assert!(!is_inside(Ipv4Addr::new(192, 0, 2, 1), network));
        assert!(is_inside(Ipv4Addr::new(10, 77, 0, 20), (Ipv4Addr::new(10, 77, 0, 20), 32)));
    }
}
