//! The agent against a real Docker Engine, which each test starts for itself in namespaces of
//! its own. Needs root, `dockerd`, `setpriv`, `unshare`, `ip`, `tar` and a static `busybox`.

mod actions;
mod agent;
mod authentication;
mod cgroups;
mod engine;
mod membership;
mod outage;
mod pulls;
mod run;
mod scheduler;
mod start;
mod until;
