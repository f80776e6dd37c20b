//! Defects that show only now and then, or hold others up.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::{Mutex, MutexGuard};

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
