//! A stand-in for GitHub, faithful on the wire, for test networks.

/// The service's name in logs.
pub const SERVICE: &str = "github";
