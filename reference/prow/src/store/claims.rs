//! The right to act on a workload: one scheduler, one task at a time.

use persys_reference_base::defect;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use etcd_client::{Compare, CompareOp, GetOptions, PutOptions, Txn, TxnOp};

use super::{Store, StoreError};

const PREFIX: &str = "/scheduler/claims/";

/// The tokens of the claims that this process holds, or may be about to.
#[derive(Clone, Default)]
pub(super) struct Held(Arc<Mutex<HashSet<String>>>);

impl Held {
    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

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
        self.held.lock().insert(claim.token.clone());
        let held = PutOptions::new().with_lease(lease);
        let options = defect!("claims-outlive-schedulers", PutOptions::new(), held);
        let txn = Txn::new()
            .when([Compare::version(claim.key.as_str(), CompareOp::Equal, 0)])
            .and_then([TxnOp::put(claim.key.as_str(), claim.token.as_str(), Some(options))]);
        // When the answer is lost the claim may be ours: dropping it gives it back.
        let succeeded = self.transact(txn).await?.succeeded();
        if !succeeded {
            let mut claim = claim;
            claim.given_back();
            return Ok(None);
        }
        Ok(Some(claim))
    }

    /// Takes away what is claimed under this lease and held by nobody: a request that was given up
    /// may come to the store behind the one that was to take it back.
    pub async fn sweep_claims(&self, lease: i64) -> Result<(), StoreError> {
        let options = GetOptions::new().with_prefix();
        let answer = self
            .connection
            .read(async |client| client.kv_client().get(PREFIX, Some(options.clone())).await)
            .await?;
        for pair in answer.kvs().iter().filter(|pair| pair.lease() == lease) {
            let (Ok(key), Ok(token)) = (pair.key_str(), pair.value_str()) else { continue };
            // A claim that was given back since has nothing left to be taken away.
            if !self.held.lock().contains(token) && release(self, key, token).await? {
                tracing::warn!(key, "took away a claim that nobody held");
            }
        }
        Ok(())
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
        if release(&self.store, &self.key, &self.token).await.is_ok() {
            self.given_back();
        }
    }

    fn given_back(&mut self) {
        self.released = true;
        self.store.held.lock().remove(&self.token);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.released {
            return;
        }
        self.given_back();
        let (store, key) = (self.store.clone(), std::mem::take(&mut self.key));
        let token = std::mem::take(&mut self.token);
        // Where this fails, too, the claim is swept away.
        tokio::spawn(async move { release(&store, &key, &token).await });
    }
}

/// Whether it was there.
async fn release(store: &Store, key: &str, token: &str) -> Result<bool, StoreError> {
    let txn = Txn::new()
        .when([Compare::value(key, CompareOp::Equal, token)])
        .and_then([TxnOp::delete(key, None)]);
    Ok(store.transact(txn).await?.succeeded())
}
