//! Ctrl-C and its kin.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::engine::Interrupt;

const KINDS: [fn() -> SignalKind; 3] =
    [SignalKind::interrupt, SignalKind::terminate, SignalKind::hangup];

/// From now on SIGINT, SIGTERM and SIGHUP end the run politely, and a second
/// one at once.
pub fn watch(interrupt: Interrupt) -> std::io::Result<()> {
    for kind in KINDS {
        let signals = signal(kind())?;
        tokio::spawn(forward(signals, interrupt.clone()));
    }
    Ok(())
}

/// The same without a word, for who has runs that speak for themselves.
pub fn heed(interrupt: Interrupt) -> std::io::Result<()> {
    for kind in KINDS {
        let mut signals = signal(kind())?;
        let interrupt = interrupt.clone();
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                interrupt.trigger();
            }
        });
    }
    Ok(())
}

async fn forward(mut signals: Signal, interrupt: Interrupt) {
    while signals.recv().await.is_some() {
        let text =
            if interrupt.is_set() { "ending at once" } else { "cleaning up; again to end at once" };
        eprintln!("interrupted, {text}");
        interrupt.trigger();
    }
}
