//! The exit codes of the lab itself; the verifier's are passed on.

pub const DONE: u8 = 0;
/// A bad file counts as bad usage.
pub const USAGE: u8 = 2;
/// The environment failed: nothing is said about the platform.
pub const LAB_FAILED: u8 = 3;
pub const INTERRUPTED: u8 = 130;
