//! Defects that show only now and then, or hold others up.

use std::{
    collections::HashSet,
    sync::{
        Mutex as Lock, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Mutex, MutexGuard},
    time::Instant,
};

/// True at every `n`-th call in this process.
pub fn every(n: u64) -> bool {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    (CALLS.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(n)
}

static SPOILED: AtomicBool = AtomicBool::new(false);

/// From now on nothing works any more.
pub fn spoil() {
    SPOILED.store(true, Ordering::Relaxed);
}

pub fn is_spoiled() -> bool {
    SPOILED.load(Ordering::Relaxed)
}

/// Waits until nobody else has a turn; the turn ends when it is dropped.
pub async fn in_turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

static MARKED: Lock<Option<HashSet<String>>> = Lock::new(None);

/// Remembers something for as long as this process lives.
pub fn mark(what: &str) {
    let mut marked = MARKED.lock().unwrap_or_else(PoisonError::into_inner);
    marked.get_or_insert_default().insert(what.to_owned());
}

pub fn is_marked(what: &str) -> bool {
    let marked = MARKED.lock().unwrap_or_else(PoisonError::into_inner);
    marked.as_ref().is_some_and(|marked| marked.contains(what))
}

/// Waits until nobody but this one had a turn for so long.
pub async fn while_others_wait(who: &str, span: Duration) {
    static LAST: Mutex<Option<(String, Instant)>> = Mutex::const_new(None);
    let mut last = LAST.lock().await;
    if let Some((other, at)) = &*last
        && other != who
    {
        tokio::time::sleep_until(*at + span).await;
    }
    *last = Some((who.to_owned(), Instant::now()));
}

/// One of those who are served at the same time.
pub struct Crowded;

static CROWD: AtomicU64 = AtomicU64::new(0);
static WORN_OUT: AtomicBool = AtomicBool::new(false);

impl Crowded {
    /// Once more than `most` are served at a time, or come within a second, everybody is worn out
    /// for good.
    pub fn join(most: u64, a_second: u64) -> Self {
        static CALLS: Lock<Option<(Instant, u64)>> = Lock::new(None);
        let mut calls = CALLS.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let (since, count) = match *calls {
            Some((since, count)) if now - since < Duration::from_secs(1) => (since, count + 1),
            _ => (now, 1),
        };
        *calls = Some((since, count));
        if CROWD.fetch_add(1, Ordering::Relaxed) >= most || count > a_second {
            WORN_OUT.store(true, Ordering::Relaxed);
        }
        Self
    }

    pub fn is_worn_out(&self) -> bool {
        WORN_OUT.load(Ordering::Relaxed)
    }
}

impl Drop for Crowded {
    fn drop(&mut self) {
        CROWD.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether so many seconds have passed since this was asked for the first time.
pub fn runs_for(seconds: u64) -> bool {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    FIRST.get_or_init(Instant::now).elapsed() > Duration::from_secs(seconds)
}
