//! The platform's gateway: takes the clients' requests over mutual TLS, finds
//! schedulers through CoreDNS and forwards to them (contract §3.1, §5).

mod config;
pub mod discovery;
pub mod routes;
mod service;
pub mod upstream;

pub use config::Config;
pub use service::{Addresses, serve, start};

/// The gateway's name in logs, metrics and `X-Service-Name`.
pub const SERVICE: &str = "api-gateway";
