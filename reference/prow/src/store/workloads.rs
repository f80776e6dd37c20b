//! Workload records.

use persys_reference_base::defect;
use std::collections::HashSet;

use etcd_client::{Compare, CompareOp, GetOptions, PutOptions, Txn, TxnOp, TxnOpResponse};
use persys_contract::{StoreKeys, Workload};

use super::{Changed, Record, Store, StoreError, documents::write, history};

/// Changed by every workload that takes a share of a node's resources, so that
/// two schedulers do not give away the same share.
const PLACEMENTS: &str = "/scheduler/placements";

/// What came of storing new workloads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// All of them, at this revision.
    Done(i64),
    /// None of them: other workloads have these ids.
    Duplicates(HashSet<String>),
    /// Another scheduler gave away resources since the fence was read.
    Overtaken,
}

impl Store {
    pub async fn workloads(&self) -> Result<Vec<Record<Workload>>, StoreError> {
        self.list(StoreKeys::WORKLOADS).await
    }

    pub async fn workload(&self, id: &str) -> Result<Option<Record<Workload>>, StoreError> {
        self.get(&StoreKeys::workload(id)).await
    }

    /// The state of all placements; to be read before the workloads are.
    pub async fn placement_fence(&self) -> Result<i64, StoreError> {
        let answer = self
            .connection
            .read(async |client| client.kv_client().get(PLACEMENTS, None).await)
            .await?;
        Ok(answer.kvs().first().map_or(0, |pair| pair.mod_revision()))
    }

    /// Stores new workloads, each of another id, in one step or not at all. With a
    /// fence, only if nobody gave away resources since it was read.
    pub async fn create_workloads(
        &self,
        workloads: &[&Workload],
        fence: Option<i64>,
    ) -> Result<Created, StoreError> {
        let (mut conditions, mut operations, mut look) = (Vec::new(), Vec::new(), Vec::new());
        for workload in workloads {
            let key = StoreKeys::workload(&workload.id);
            defect!("every-fifth-workload-lost" => if persys_reference_base::defects::every(5) {
                continue;
            });
            conditions.push(Compare::version(key.as_str(), CompareOp::Equal, 0));
            let bytes = write(&key, workload)?;
            operations.push(TxnOp::put(key.as_str(), bytes, None::<PutOptions>));
            look.push(TxnOp::get(key, Some(GetOptions::new().with_keys_only())));
        }
        defect!("duplicate-id-overwrites" => conditions.clear());
        defect!("store-keys-pile-up" => for workload in workloads {
            let key = format!("/scheduler/seen/{}", workload.id);
            operations.push(TxnOp::put(key, "x".repeat(4096), None::<PutOptions>));
        });
        if let Some(fence) = fence {
            conditions.push(Compare::mod_revision(PLACEMENTS, CompareOp::Equal, fence));
            let last = workloads.last().map_or("", |workload| workload.id.as_str());
            operations.push(TxnOp::put(PLACEMENTS, last, None::<PutOptions>));
        }
        let txn = Txn::new().when(conditions).and_then(operations).or_else(look);
        let answer = self.transact(txn).await?;
        if answer.succeeded() {
            return Ok(Created::Done(answer.header().map_or(0, |header| header.revision())));
        }
        let exists = |operation: &TxnOpResponse| matches!(operation, TxnOpResponse::Get(found) if !found.kvs().is_empty());
        let answers = answer.op_responses();
        let taken = answers.iter().zip(workloads).filter(|(operation, _)| exists(operation));
        let ids: HashSet<_> = taken.map(|(_, workload)| workload.id.clone()).collect();
        Ok(if ids.is_empty() { Created::Overtaken } else { Created::Duplicates(ids) })
    }

    /// Alters a workload; `change` says whether it did.
    pub async fn change_workload(
        &self,
        id: &str,
        mut change: impl FnMut(&mut Workload) -> bool,
    ) -> Result<Changed<Workload>, StoreError> {
        self.change(&StoreKeys::workload(id), |workload| (change(workload), Vec::new())).await
    }

    /// Writes a workload if it has not changed since it was read.
    pub async fn replace_workload(&self, record: &Record<Workload>) -> Result<bool, StoreError> {
        let key = StoreKeys::workload(&record.value.id);
        Ok(self.swap(&key, &record.value, record.revision, Vec::new()).await?.is_some())
    }

    /// Writes a workload that was given to another node, if neither it nor the
    /// placements have changed since they were read.
    pub async fn move_workload(
        &self,
        record: &Record<Workload>,
        fence: i64,
    ) -> Result<bool, StoreError> {
        let key = StoreKeys::workload(&record.value.id);
        let bytes = write(&key, &record.value)?;
        let txn = Txn::new()
            .when([
                Compare::mod_revision(key.as_str(), CompareOp::Equal, record.revision),
                Compare::mod_revision(PLACEMENTS, CompareOp::Equal, fence),
            ])
            .and_then([
                TxnOp::put(key, bytes, None::<PutOptions>),
                TxnOp::put(PLACEMENTS, record.value.id.as_bytes(), None::<PutOptions>),
            ]);
        Ok(self.transact(txn).await?.succeeded())
    }

    /// Removes a workload and what is remembered of it, if it has not changed
    /// since it was read.
    pub async fn remove_workload(&self, record: &Record<Workload>) -> Result<bool, StoreError> {
        let key = StoreKeys::workload(&record.value.id);
        let txn = Txn::new()
            .when([Compare::mod_revision(key.as_str(), CompareOp::Equal, record.revision)])
            .and_then([
                TxnOp::delete(key, None),
                TxnOp::delete(history::key(&record.value.id), None),
            ]);
        Ok(self.transact(txn).await?.succeeded())
    }

    /// Takes back a workload whose creation was not confirmed; whether it was
    /// there. Another one that was stored by the same id since is left alone.
    pub async fn take_back_workload(&self, workload: &Workload) -> Result<bool, StoreError> {
        match self.workload(&workload.id).await? {
            Some(record) if record.value.created_at == workload.created_at => {
                self.remove_workload(&record).await
            }
            _ => Ok(false),
        }
    }
}
