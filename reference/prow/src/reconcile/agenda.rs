//! The workloads that are to be looked at before the interval is over.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::Notify;

/// Each workload at most once, at the earliest time that was asked for.
#[derive(Default)]
pub struct Agenda {
    due: Mutex<HashMap<String, Due>>,
    changed: Notify,
}

/// When a workload is to be looked at, and the node it was on when that was asked for.
struct Due {
    at: Instant,
    node: Option<String>,
}

impl Agenda {
    pub fn add(&self, workload: &str, node: Option<&str>, after: Duration) {
        let at = Instant::now() + after;
        let mut due = self.due();
        let known = due.entry(workload.to_owned()).or_insert(Due { at, node: None });
        known.at = at.min(known.at);
        known.node = node.map(str::to_owned);
        drop(due);
        self.changed.notify_one();
    }

    /// Takes the workloads that are due, with their nodes, and says when the next one is.
    pub fn take(&self, now: Instant) -> (Vec<(String, Option<String>)>, Option<Instant>) {
        let mut due = self.due();
        let ready =
            due.extract_if(|_, due| due.at <= now).map(|(id, due)| (id, due.node)).collect();
        (ready, due.values().map(|due| due.at).min())
    }

    pub fn clear(&self) {
        self.due().clear();
    }

    /// Returns when something was added.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    fn due(&self) -> MutexGuard<'_, HashMap<String, Due>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_time_counts_and_each_is_taken_once() {
        let agenda = Agenda::default();
        agenda.add("a", None, Duration::from_secs(60));
        agenda.add("a", Some("m"), Duration::ZERO);
        agenda.add("a", Some("n"), Duration::from_secs(30));
        agenda.add("b", None, Duration::from_secs(60));
        let (ready, next) = agenda.take(Instant::now());
        assert_eq!(ready, [("a".to_owned(), Some("n".to_owned()))]);
        assert!(next.is_some());
        assert!(agenda.take(Instant::now()).0.is_empty());
        agenda.clear();
        assert_eq!(agenda.take(Instant::now()), (vec![], None));
    }
}
