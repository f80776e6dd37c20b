//! What a background watch has seen so far.

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::watch, task::AbortHandle};

/// Everything that a watch has seen, in order. Its writer is a task that ends
/// with the last reader.
pub(super) struct History<T> {
    shared: Arc<Shared<T>>,
    task: Arc<AbortOnDrop>,
}

impl<T> Clone for History<T> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), task: self.task.clone() }
    }
}

struct Shared<T> {
    seen: Mutex<Seen<T>>,
    count: watch::Sender<u64>,
}

struct Seen<T> {
    entries: Vec<T>,
    interruptions: Vec<String>,
    gaps: Vec<String>,
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The writing end of a [`History`].
pub(super) struct HistoryWriter<T>(Arc<Shared<T>>);

impl<T: Send + 'static> History<T> {
    /// Starts with what is there already, and goes on with what `watch` writes.
    pub fn start<F>(first: Vec<T>, watch: impl FnOnce(HistoryWriter<T>) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let count = watch::Sender::new(first.len() as u64);
        let (interruptions, gaps) = (Vec::new(), Vec::new());
        let seen = Mutex::new(Seen { entries: first, interruptions, gaps });
        let shared = Arc::new(Shared { seen, count });
        let task = tokio::spawn(watch(HistoryWriter(shared.clone())));
        Self { shared, task: Arc::new(AbortOnDrop(task.abort_handle())) }
    }
}

impl<T> History<T> {
    /// Looks at everything that was seen.
    pub fn read<R>(&self, look: impl FnOnce(&[T]) -> R) -> R {
        look(&self.shared.lock().entries)
    }

    /// Changes with every entry.
    pub fn changed(&self) -> watch::Receiver<u64> {
        let mut receiver = self.shared.count.subscribe();
        receiver.mark_unchanged();
        receiver
    }

    /// Times at which the watch was interrupted and taken up again where it had
    /// ended: late, and nothing lost.
    pub fn interruptions(&self) -> Vec<String> {
        self.shared.lock().interruptions.clone()
    }

    /// Stretches of which nothing is known.
    pub fn gaps(&self) -> Vec<String> {
        self.shared.lock().gaps.clone()
    }
}

impl<T> HistoryWriter<T> {
    pub fn push(&self, entry: T) {
        let count = {
            let mut seen = self.0.lock();
            seen.entries.push(entry);
            seen.entries.len() as u64
        };
        self.0.count.send_replace(count);
    }

    pub fn interrupted(&self, why: impl Into<String>) {
        let mut seen = self.0.lock();
        let why = why.into();
        if seen.interruptions.last() != Some(&why) {
            seen.interruptions.push(why);
        }
    }

    pub fn gap(&self, what: impl Into<String>) {
        self.0.lock().gaps.push(what.into());
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, Seen<T>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn readers_are_woken_and_the_writer_ends_with_the_last_of_them() {
        let (gone, ended) = oneshot::channel::<()>();
        let history = History::start(vec![1], |writer| async move {
            let _gone = gone;
            tokio::time::sleep(Duration::from_millis(5)).await;
            writer.push(2);
            writer.interrupted("x");
            writer.interrupted("x");
            std::future::pending::<()>().await;
        });
        history.changed().changed().await.unwrap();
        assert_eq!(history.read(<[_]>::to_vec), [1, 2]);
        tokio::task::yield_now().await;
        assert_eq!(history.interruptions(), ["x"]);
        let clone = history.clone();
        drop(history);
        assert_eq!(clone.read(<[_]>::len), 2);
        drop(clone);
        assert!(tokio::time::timeout(Duration::from_secs(5), ended).await.unwrap().is_err());
    }
}
