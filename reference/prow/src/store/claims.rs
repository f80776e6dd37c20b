//! The right to act on a workload: one scheduler, one task at a time.

use persys_reference_base::defect;
use std::{collections::HashSet, time::Duration};

use etcd_client::{Compare, CompareOp, GetOptions, PutOptions, Txn, TxnOp};

use super::{Store, StoreError};

const PREFIX: &str = "/scheduler/claims/";
/// How often, and how long, a claim that could not be given back is tried again.
const RELEASE_PAUSE: Duration = Duration::from_secs(1);
const RELEASE_TRIES: usize = 60;

/// Held while acting on a workload; given back when dropped. It goes with its
/// holder's lease if the holder dies.
pub struct Claim {
    store: Store,
    key: String,
    token: String,
    released: bool,
}

impl Store {
    /// Claims a workload; none if somebody else acts on it.
    pub async fn claim(&self, workload: &str, lease: i64) -> Result<Option<Claim>, StoreError> {
        let claim = Claim {
            store: self.clone(),
            key: format!("{PREFIX}{workload}"),
            token: uuid::Uuid::new_v4().to_string(),
            released: false,
        };
        let held = PutOptions::new().with_lease(lease);
        let options = defect!("claims-outlive-schedulers", PutOptions::new(), held);
        let txn = Txn::new()
            .when([Compare::version(claim.key.as_str(), CompareOp::Equal, 0)])
            .and_then([TxnOp::put(claim.key.as_str(), claim.token.as_str(), Some(options))]);
        // When the answer is lost the claim may be ours: dropping it gives it back.
        let succeeded = self.transact(txn).await?.succeeded();
        if !succeeded {
            let mut claim = claim;
            claim.released = true;
            return Ok(None);
        }
        Ok(Some(claim))
    }

    /// The workloads that somebody acts on.
    pub async fn claimed(&self) -> Result<HashSet<String>, StoreError> {
        let options = GetOptions::new().with_prefix().with_keys_only();
        let answer = self
            .connection
            .read(async |client| client.kv_client().get(PREFIX, Some(options.clone())).await)
            .await?;
        let keys = answer.kvs().iter().filter_map(|pair| pair.key_str().ok());
        Ok(keys.filter_map(|key| key.strip_prefix(PREFIX)).map(str::to_owned).collect())
    }
}

impl Claim {
    pub async fn release(mut self) {
        self.released = release(&self.store, &self.key, &self.token).await.is_ok();
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.released {
            return;
        }
        let (store, key) = (self.store.clone(), std::mem::take(&mut self.key));
        let token = std::mem::take(&mut self.token);
        tokio::spawn(async move {
            for _ in 0..RELEASE_TRIES {
                if release(&store, &key, &token).await.is_ok() {
                    return;
                }
                tokio::time::sleep(RELEASE_PAUSE).await;
            }
        });
    }
}

async fn release(store: &Store, key: &str, token: &str) -> Result<(), StoreError> {
    let txn = Txn::new()
        .when([Compare::value(key, CompareOp::Equal, token)])
        .and_then([TxnOp::delete(key, None)]);
    store.transact(txn).await.map(drop)
}
