//! JSON documents under keys.

use etcd_client::{Compare, CompareOp, GetOptions, PutOptions, Txn, TxnOp, TxnOpResponse};
use serde::{Serialize, de::DeserializeOwned};

use super::{Store, StoreError};

/// How many records are asked for at a time; each may hold 64 KiB of logs.
const PAGE: i64 = 100;
const LARGEST_ANSWER: usize = 256 << 20;
/// How often a change is tried against others that change the same record.
const TRIES: usize = 16;

/// A document and the revision at which it was last changed.
#[derive(Clone, Debug)]
pub struct Record<T> {
    pub value: T,
    pub revision: i64,
}

/// What came of the wish to change a record.
#[derive(Clone, Debug)]
pub enum Changed<T> {
    Absent,
    /// There was nothing to change.
    Same(Record<T>),
    Done(Record<T>),
}

impl<T> Changed<T> {
    pub fn record(self) -> Option<Record<T>> {
        match self {
            Self::Absent => None,
            Self::Same(record) | Self::Done(record) => Some(record),
        }
    }
}

pub(super) fn write<T: Serialize>(key: &str, value: &T) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(|error| unreadable(key, &error))
}

pub(super) fn read<T: DeserializeOwned>(key: &str, bytes: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|error| unreadable(key, &error))
}

fn unreadable(key: &str, error: &serde_json::Error) -> StoreError {
    StoreError::Unreadable { key: key.to_owned(), cause: error.to_string() }
}

impl Store {
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        key: &str,
    ) -> Result<Option<Record<T>>, StoreError> {
        let answer = self
            .connection
            .read(async |client| {
                client.kv_client().max_decoding_message_size(LARGEST_ANSWER).get(key, None).await
            })
            .await?;
        let Some(pair) = answer.kvs().first() else { return Ok(None) };
        Ok(Some(Record { value: read(key, pair.value())?, revision: pair.mod_revision() }))
    }

    /// Every document below a prefix, as of one revision. One that cannot be read
    /// is left out and logged, so that it does not take the others with it.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        prefix: &str,
    ) -> Result<Vec<Record<T>>, StoreError> {
        let mut end = prefix.as_bytes().to_vec();
        if let Some(last) = end.last_mut() {
            // Prefixes end with a slash, so there is always a next byte.
            *last += 1;
        }
        let mut found = Vec::new();
        let mut from = prefix.as_bytes().to_vec();
        let mut revision = 0;
        loop {
            let options = || {
                GetOptions::new().with_range(end.clone()).with_limit(PAGE).with_revision(revision)
            };
            let answer = self
                .connection
                .read(async |client| {
                    let mut kv = client.kv_client().max_decoding_message_size(LARGEST_ANSWER);
                    kv.get(from.clone(), Some(options())).await
                })
                .await?;
            if revision == 0 {
                revision = answer.header().map_or(0, |header| header.revision());
            }
            for pair in answer.kvs() {
                let key = pair.key_str().unwrap_or("a key that is no text");
                match read(key, pair.value()) {
                    Ok(value) => found.push(Record { value, revision: pair.mod_revision() }),
                    Err(error) => tracing::error!("failed to {error}"),
                }
            }
            match answer.kvs().last().filter(|_| answer.more()) {
                Some(last) => {
                    from = last.key().to_vec();
                    from.push(0);
                }
                None => return Ok(found),
            }
        }
    }

    /// Writes a record if it is still at `revision` (0: if there is none), and
    /// carries out `also` with it. The new revision, or none if others were faster.
    pub(super) async fn swap<T: Serialize>(
        &self,
        key: &str,
        value: &T,
        revision: i64,
        also: Vec<TxnOp>,
    ) -> Result<Option<i64>, StoreError> {
        let bytes = write(key, value)?;
        let mut operations = vec![TxnOp::put(key, bytes, None::<PutOptions>)];
        operations.extend(also);
        let txn = Txn::new()
            .when([Compare::mod_revision(key, CompareOp::Equal, revision)])
            .and_then(operations);
        let answer = self.transact(txn).await?;
        let new = answer.header().map_or(0, |header| header.revision());
        Ok(answer.succeeded().then_some(new))
    }

    pub(super) async fn transact(&self, txn: Txn) -> Result<etcd_client::TxnResponse, StoreError> {
        self.connection
            .call(async |client| {
                client.kv_client().max_decoding_message_size(LARGEST_ANSWER).txn(txn).await
            })
            .await
    }

    /// Reads a record, lets `change` alter it and writes it back, again if others
    /// were faster. `change` says whether there is anything to write.
    pub(super) async fn change<T, F>(
        &self,
        key: &str,
        mut change: F,
    ) -> Result<Changed<T>, StoreError>
    where
        T: Serialize + DeserializeOwned,
        F: FnMut(&mut T) -> (bool, Vec<TxnOp>),
    {
        for _ in 0..TRIES {
            let Some(mut record) = self.get::<T>(key).await? else { return Ok(Changed::Absent) };
            let (altered, also) = change(&mut record.value);
            if !altered {
                return Ok(Changed::Same(record));
            }
            if let Some(revision) = self.swap(key, &record.value, record.revision, also).await? {
                return Ok(Changed::Done(Record { revision, ..record }));
            }
        }
        Err(StoreError::Contended(key.to_owned()))
    }
}

/// The value of a key that a transaction's alternative looked up.
pub(super) fn looked_up(answer: &etcd_client::TxnResponse) -> Option<(Vec<u8>, i64)> {
    answer.op_responses().into_iter().find_map(|operation| match operation {
        TxnOpResponse::Get(found) => {
            found.kvs().first().map(|pair| (pair.value().to_vec(), pair.lease()))
        }
        _ => None,
    })
}
