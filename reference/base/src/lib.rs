//! What the platform's reference services share: configuration, logs, metrics,
//! the frame around every HTTP request, request signatures, roles and the way a
//! service starts, gets ready and stops (contract §1, §3, §4, §7, §8).

pub mod config;
#[cfg(feature = "defects")]
pub mod defects;
pub mod http;
pub mod logging;
mod metrics;
pub mod request_id;
mod role;
mod seam;
mod secret;
pub mod service;
pub mod signature;

pub use metrics::Metrics;
pub use request_id::RequestId;
pub use role::{RoleGate, refusal_recorder, require_role};
pub use secret::Secret;
