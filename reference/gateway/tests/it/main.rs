//! The gateway between clients and schedulers that do what a test tells them to.

mod callers;
mod discovery;
mod failover;
mod forwarding;
mod process;
mod retries;
mod support;
mod trust;
