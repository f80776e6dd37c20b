//! The full history of a prefix of etcd, so that states which pass are seen too.

use std::time::{Duration, Instant};

use etcd_client::{EventType, GetOptions, WatchOptions};
use persys_contract::{StoreKeys, Workload};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::{sync::watch, time::timeout};

use super::{
    Cause, EtcdEntry, EtcdProbe, ProbeError,
    etcd::cause,
    evidence::Evidence,
    history::{History, HistoryWriter},
};

/// Between two attempts to take up an interrupted watch.
const RETRY: Duration = Duration::from_millis(200);
/// So many changes of a key, the latest, are shown in the evidence.
const SHOWN: usize = 30;
/// Longer texts, such as a workload's logs, are abridged there.
const SHOWN_TEXT: usize = 400;
/// How long the watch may take to be established.
const ESTABLISH: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was there when the recording began.
    Found,
    Put,
    Delete,
}

/// One change of one key.
#[derive(Clone, Debug)]
pub struct Change {
    pub kind: ChangeKind,
    /// Of a deletion, key and revision alone.
    pub entry: EtcdEntry,
    /// The store's revision of this change: changes are in this order.
    pub revision: i64,
    /// When it arrived here.
    pub seen: Instant,
    /// The same by this machine's clock.
    pub seen_at: OffsetDateTime,
}

impl Change {
    fn new(kind: ChangeKind, entry: EtcdEntry) -> Self {
        let revision = entry.mod_revision;
        Self { kind, entry, revision, seen: Instant::now(), seen_at: OffsetDateTime::now_utc() }
    }

    pub fn key(&self) -> &str {
        &self.entry.key
    }
}

/// Records a prefix in the background until its last clone is dropped; made by
/// [`EtcdProbe::record`]. An interrupted watch is taken up where it ended, so
/// nothing is missed unless [`Recording::gaps`] says so.
///
/// What is asked of it is recorded as evidence; the background is silent.
#[derive(Clone)]
pub struct Recording {
    prefix: String,
    history: History<Change>,
    evidence: Evidence,
}

impl Recording {
    pub(super) async fn start(etcd: EtcdProbe, prefix: &str) -> Result<Self, ProbeError> {
        let what = format!("a watch of {prefix}");
        let (prefix, evidence) = (prefix.to_owned(), etcd.evidence().clone());
        let failed = |cause| evidence.unanswered("etcd", etcd.question(&what), cause);
        let (found, revision) = match timeout(ESTABLISH, snapshot(&etcd, &prefix)).await {
            Ok(snapshot) => snapshot.map_err(failed)?,
            Err(_) => return Err(failed(Cause::Timeout(ESTABLISH))),
        };
        let entries = found.into_iter().map(|entry| Change::new(ChangeKind::Found, entry));
        let (prober, watched) = (etcd.clone(), prefix.clone());
        // The watch starts behind the snapshot's revision, so it does not matter when.
        let history = History::start(entries.collect(), |writer| async move {
            keep_watching(prober, watched, revision + 1, writer).await;
        });
        Ok(Self { prefix, history, evidence })
    }

    /// Changes with everything that is recorded: for
    /// [`Wait::wake_on_watch`](crate::context::Wait::wake_on_watch).
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.history.changed()
    }

    /// Everything that was recorded, in order of revision.
    pub fn changes(&self) -> Vec<Change> {
        self.history.read(<[Change]>::to_vec)
    }

    /// Everything that was recorded of one key, in order of revision.
    pub fn of(&self, key: &str) -> Vec<Change> {
        let changes: Vec<_> = self
            .history
            .read(|all| all.iter().filter(|change| change.key() == key).cloned().collect());
        let shown: Vec<_> = changes
            .iter()
            .skip(changes.len().saturating_sub(SHOWN))
            .map(|change| {
                json!({
                    "kind": format!("{:?}", change.kind).to_lowercase(),
                    "revision": change.revision,
                    "seenAt": crate::events::timestamp(change.seen_at),
                    "value": abridged(change.entry.json()),
                })
            })
            .collect();
        let summary = format!("history of {key}: {} changes", changes.len());
        let data = json!({ "prefix": self.prefix, "key": key, "changes": shown });
        self.evidence.saw("etcd", summary, data, Value::Null);
        changes
    }

    /// The first write of a key that was recorded.
    pub fn first(&self, key: &str) -> Option<Change> {
        self.of(key).into_iter().find(|change| change.kind != ChangeKind::Delete)
    }

    /// The revision of the first write of a key that was recorded.
    pub fn first_revision(&self, key: &str) -> Option<i64> {
        self.first(key).map(|change| change.revision)
    }

    /// The last change of a key, which may be its deletion.
    pub fn last(&self, key: &str) -> Option<Change> {
        self.of(key).into_iter().next_back()
    }

    /// Every version of a workload's record, with the change that brought it. What
    /// cannot be read as a workload is left out; [`Recording::of`] has it.
    pub fn workload_versions(&self, id: &str) -> Vec<(Change, Workload)> {
        self.of(&StoreKeys::workload(id))
            .into_iter()
            .filter_map(|change| {
                let workload = serde_json::from_slice(&change.entry.value).ok()?;
                Some((change, workload))
            })
            .collect()
    }

    /// The statuses that a workload went through, in order, as they are written;
    /// one that is written again at once counts once. Compare them without
    /// regard to case.
    pub fn statuses(&self, id: &str) -> Vec<String> {
        let mut statuses: Vec<String> = Vec::new();
        for change in self.of(&StoreKeys::workload(id)) {
            let value = change.entry.json();
            if let Some(status) = value["status"].as_str()
                && statuses.last().is_none_or(|last| last != status)
            {
                statuses.push(status.to_owned());
            }
        }
        statuses
    }

    /// Times at which the watch was interrupted; it was taken up where it had ended.
    pub fn interruptions(&self) -> Vec<String> {
        self.history.interruptions()
    }

    /// Stretches of which nothing is known, because etcd had compacted them.
    pub fn gaps(&self) -> Vec<String> {
        self.history.gaps()
    }
}

/// The same with the middle of long texts left out.
fn abridged(mut value: Value) -> Value {
    match &mut value {
        Value::String(text) if text.len() > SHOWN_TEXT => {
            let head = text.floor_char_boundary(SHOWN_TEXT / 2);
            let tail = text.ceil_char_boundary(text.len() - SHOWN_TEXT / 2);
            *text = format!("{} … {}", &text[..head], &text[tail..]);
        }
        Value::Object(fields) => fields.values_mut().for_each(|v| *v = abridged(v.take())),
        Value::Array(values) => values.iter_mut().for_each(|v| *v = abridged(v.take())),
        _ => {}
    }
    value
}

async fn snapshot(etcd: &EtcdProbe, prefix: &str) -> Result<(Vec<EtcdEntry>, i64), Cause> {
    let mut client = etcd.connect().await?;
    let options = GetOptions::new().with_prefix();
    let answer = client.get(prefix, Some(options)).await.map_err(|error| cause(&error))?;
    let revision = answer.header().map_or(0, |header| header.revision());
    Ok((answer.kvs().iter().map(EtcdEntry::from).collect(), revision))
}

async fn keep_watching(
    etcd: EtcdProbe,
    prefix: String,
    mut next: i64,
    writer: HistoryWriter<Change>,
) {
    loop {
        let end = watch_once(&etcd, &prefix, &mut next, &writer).await;
        if let Err(cause) = end {
            writer.interrupted(cause.to_string());
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// Watches from the revision `next` on, which is moved along.
async fn watch_once(
    etcd: &EtcdProbe,
    prefix: &str,
    next: &mut i64,
    writer: &HistoryWriter<Change>,
) -> Result<(), Cause> {
    let establish = async {
        let mut client = etcd.connect().await?;
        let options = WatchOptions::new().with_prefix().with_start_revision(*next);
        client.watch(prefix, Some(options)).await.map_err(|error| cause(&error))
    };
    let mut stream = match timeout(ESTABLISH, establish).await {
        Ok(stream) => stream?,
        Err(_) => return Err(Cause::Timeout(ESTABLISH)),
    };
    // A peer that is gone is noticed by the connection's own keep-alive.
    while let Some(answer) = stream.message().await.map_err(|error| cause(&error))? {
        if answer.compact_revision() > 0 {
            let compacted = answer.compact_revision();
            writer.gap(format!("revisions {next} to {compacted} were compacted before they came"));
            *next = compacted.max(*next + 1);
            return Ok(());
        }
        if answer.canceled() {
            return Err(Cause::Protocol(format!("watch cancelled: {}", answer.cancel_reason())));
        }
        for event in answer.events() {
            let Some(kv) = event.kv() else { continue };
            let kind = match event.event_type() {
                EventType::Put => ChangeKind::Put,
                EventType::Delete => ChangeKind::Delete,
            };
            writer.push(Change::new(kind, EtcdEntry::from(kv)));
        }
        let last =
            answer.events().iter().filter_map(|event| event.kv()).map(|kv| kv.mod_revision());
        *next = last.max().map_or(*next, |revision| revision + 1);
    }
    Err(Cause::Broken("the stream ended".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_abridged_and_short_ones_kept() {
        let logs = format!("first {} last", "é".repeat(5000));
        let value = abridged(json!({ "status": "Running", "logs": logs, "list": [logs] }));
        assert_eq!(value["status"], "Running");
        for text in [&value["logs"], &value["list"][0]] {
            let text = text.as_str().unwrap();
            assert!(text.starts_with("first") && text.ends_with("last") && text.len() < 450);
        }
    }
}
