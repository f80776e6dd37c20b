//! Who called, whichever listener took the call.

use std::net::SocketAddr;

use axum::{extract::ConnectInfo, http::Extensions};
use persys_identity::Peer;

/// The caller's address, on a plain listener or on one with mutual TLS.
pub fn peer_of(extensions: &Extensions) -> Option<SocketAddr> {
    let tls = extensions.get::<ConnectInfo<Peer>>().map(|info| info.0.address);
    tls.or_else(|| extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0))
}
