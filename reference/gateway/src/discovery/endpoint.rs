//! One scheduler's address as discovery gives it.

use std::{fmt, net::SocketAddr};

/// Where one scheduler listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub address: SocketAddr,
    /// The SRV target, by which its certificate may name it instead of by its address.
    pub name: Option<String>,
    /// Lower ones are used first.
    pub priority: u16,
}

impl Endpoint {
    /// A scheduler of which nothing but the address is known.
    pub fn at(address: SocketAddr) -> Self {
        Self { address, name: None, priority: 0 }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}
