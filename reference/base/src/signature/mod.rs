//! Signed requests between scheduler and agent, both ends (contract §4, HMAC).

mod check;
mod client;
mod nonce_memory;

pub use check::{SignatureCheck, require_signature};
pub use client::{CallError, Reply, SignedClient};
pub use nonce_memory::{NonceMemory, Novelty};
