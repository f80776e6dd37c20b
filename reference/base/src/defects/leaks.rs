//! Things that are never given back.

use std::{fs::File, future::pending, mem::forget};

/// Memory that was written to, and so counts as resident.
pub fn leak_memory(bytes: usize) {
    forget(vec![1u8; bytes]);
}

/// An open file.
pub fn leak_descriptor() {
    forget(File::open("/dev/null"));
}

/// A task that waits for ever, with what it holds.
pub fn leak_task(bytes: usize) {
    let held = vec![1u8; bytes];
    tokio::spawn(async move {
        pending::<()>().await;
        drop(held);
    });
}
