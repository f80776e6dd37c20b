//! Webhooks of GitHub's: what they are signed with, and which ones came before
//! (contract §4, GitHub OAuth).

mod deliveries;
mod signature;

pub use deliveries::Deliveries;
pub use signature::WebhookKey;
