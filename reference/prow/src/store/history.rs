//! What was tried with a workload, kept so that a new leader goes on with it.

use etcd_client::{PutOptions, Txn, TxnOp};

use super::{Store, StoreError, documents::write};
use crate::reconcile::History;

pub(super) fn key(workload: &str) -> String {
    format!("/scheduler/history/{workload}")
}

impl Store {
    /// To be asked and written only while the workload is claimed.
    pub async fn history(&self, workload: &str) -> Result<History, StoreError> {
        Ok(self.get(&key(workload)).await?.map(|record| record.value).unwrap_or_default())
    }

    pub async fn set_history(&self, workload: &str, history: &History) -> Result<(), StoreError> {
        let key = key(workload);
        let operation = if *history == History::default() {
            TxnOp::delete(key, None)
        } else {
            let bytes = write(&key, history)?;
            TxnOp::put(key, bytes, None::<PutOptions>)
        };
        self.transact(Txn::new().and_then([operation])).await.map(drop)
    }
}
