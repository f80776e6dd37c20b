//! Leases and the keys that live as long as they.

use etcd_client::{Compare, CompareOp, Error, PutOptions, Txn, TxnOp};
use persys_reference_base::defect;

use super::{Store, StoreError, documents::looked_up};

/// What came of renewing a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    Renewed,
    /// The store knows it no more, and has dropped its keys.
    Gone,
}

impl Store {
    /// A new lease of so many seconds.
    pub async fn grant_lease(&self, seconds: i64) -> Result<i64, StoreError> {
        let granted = self
            .connection
            .call(async |client| client.lease_client().grant(seconds, None).await)
            .await?;
        Ok(granted.id())
    }

    pub async fn renew_lease(&self, id: i64) -> Result<Renewal, StoreError> {
        self.connection
            .call(async |client| match client.lease_client().keep_alive(id).await {
                Ok(_) => Ok(Renewal::Renewed),
                Err(Error::LeaseKeepAliveError(_)) => Ok(Renewal::Gone),
                Err(error) => Err(error),
            })
            .await
    }

    pub async fn revoke_lease(&self, id: i64) -> Result<(), StoreError> {
        self.connection.call(async |client| client.lease_client().revoke(id).await).await.map(drop)
    }

    /// Makes sure that keys are there under a lease.
    pub async fn hold_keys(
        &self,
        lease: i64,
        pairs: &[(String, Vec<u8>)],
    ) -> Result<(), StoreError> {
        let held =
            |(key, _): &(String, Vec<u8>)| Compare::lease(key.as_str(), CompareOp::Equal, lease);
        let put = |(key, value): &(String, Vec<u8>)| {
            let held = PutOptions::new().with_lease(lease);
            let options = defect!("records-have-no-lease", PutOptions::new(), held);
            TxnOp::put(key.as_str(), value.as_slice(), Some(options))
        };
        let txn = Txn::new()
            .when(pairs.iter().map(held).collect::<Vec<_>>())
            .or_else(pairs.iter().map(put).collect::<Vec<_>>());
        self.transact(txn).await.map(drop)
    }

    /// Takes a key under a lease if nobody has it. Whether it is ours now, and
    /// else whose it is.
    pub async fn take_key(
        &self,
        key: &str,
        value: &str,
        lease: i64,
    ) -> Result<Result<(), String>, StoreError> {
        let options = PutOptions::new().with_lease(lease);
        let txn = Txn::new()
            .when([Compare::version(key, CompareOp::Equal, 0)])
            .and_then([TxnOp::put(key, value, Some(options))])
            .or_else([TxnOp::get(key, None)]);
        let answer = self.transact(txn).await?;
        if answer.succeeded() {
            return Ok(Ok(()));
        }
        Ok(match looked_up(&answer) {
            Some((_, holder)) if holder == lease => Ok(()),
            Some((owner, _)) => Err(String::from_utf8_lossy(&owner).into_owned()),
            None => Err(String::new()),
        })
    }
}
