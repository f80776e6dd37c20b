//! The platform's gateway: takes the clients' requests over mutual TLS, finds
//! schedulers through CoreDNS and forwards to them (contract §3.1, §5). Logs users
//! in with GitHub and takes its webhooks (contract §4).

mod config;
pub mod discovery;
pub mod github;
pub mod routes;
mod service;
pub mod session;
pub mod upstream;
pub mod webhook;

pub use config::Config;
pub use service::{Addresses, serve, start};

/// The gateway's name in logs, metrics and `X-Service-Name`.
pub const SERVICE: &str = "api-gateway";
