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
    due: Mutex<HashMap<String, Instant>>,
    changed: Notify,
}

impl Agenda {
    pub fn add(&self, workload: &str, after: Duration) {
        let at = Instant::now() + after;
        let mut due = self.due();
        let known = due.entry(workload.to_owned()).or_insert(at);
        *known = at.min(*known);
        drop(due);
        self.changed.notify_one();
    }

    /// Takes what is due, and says when the next one is.
    pub fn take(&self, now: Instant) -> (Vec<String>, Option<Instant>) {
        let mut due = self.due();
        let ready: Vec<_> =
            due.iter().filter(|(_, at)| **at <= now).map(|(id, _)| id.clone()).collect();
        due.retain(|_, at| *at > now);
        (ready, due.values().min().copied())
    }

    pub fn clear(&self) {
        self.due().clear();
    }

    /// Returns when something was added.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    fn due(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_time_counts_and_each_is_taken_once() {
        let agenda = Agenda::default();
        agenda.add("a", Duration::from_secs(60));
        agenda.add("a", Duration::ZERO);
        agenda.add("a", Duration::from_secs(30));
        agenda.add("b", Duration::from_secs(60));
        let (ready, next) = agenda.take(Instant::now());
        assert_eq!(ready, ["a"]);
        assert!(next.is_some());
        assert!(agenda.take(Instant::now()).0.is_empty());
        agenda.clear();
        assert_eq!(agenda.take(Instant::now()), (vec![], None));
    }
}
