//! One binary for all integration tests of the crate: one link, not many.

mod credential_set;
mod mutual_tls;
