//! The schedulers that may be asked, one after the other.

use persys_reference_base::signature::{CallError, Reply, SignedClient};
use serde::Serialize;

/// The schedulers' addresses. The one that answered last is asked first.
pub struct Schedulers {
    client: SignedClient,
    addresses: Vec<String>,
    preferred: usize,
}

impl Schedulers {
    pub fn new(client: SignedClient, addresses: Vec<String>) -> Self {
        Self { client, addresses, preferred: 0 }
    }

    /// Posts to the first scheduler that does as it is asked. A 400 or 404 ends the search: all
    /// schedulers share what they know, so another one would say the same. Otherwise the
    /// fault is that of the scheduler that was asked last.
    pub async fn post<T: Serialize>(&mut self, path: &str, body: &T) -> Result<Reply, CallError> {
        let count = self.addresses.len();
        let mut last = None;
        for turn in 0..count {
            let index = (self.preferred + turn) % count;
            match self.client.post(&self.addresses[index], path, body).await {
                Ok(reply) => {
                    self.preferred = index;
                    return Ok(reply);
                }
                Err(fault) if matches!(fault.status(), Some(400 | 404)) => return Err(fault),
                Err(fault) => {
                    tracing::debug!(reason = %fault, path, "a scheduler did not do as asked");
                    last = Some(fault);
                }
            }
        }
        Err(last.unwrap_or_else(|| CallError::BadAddress {
            address: String::new(),
            cause: "no scheduler is configured".to_owned(),
        }))
    }
}
