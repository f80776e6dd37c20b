//! The agent against a real Docker Engine, which each test starts for itself in namespaces of
//! its own. Needs root, `dockerd`, `setpriv`, `unshare`, `ip`, `tar` and a static `busybox`; for projects `docker-compose`, `git` and its
//! `http-backend`.

mod actions;
mod agent;
mod authentication;
mod cgroups;
mod compose;
mod compose_clone;
mod compose_faults;
mod compose_life;
mod compose_order;
mod defects;
mod engine;
mod git_host;
mod hostile;
mod membership;
mod outage;
mod pulls;
mod run;
mod scheduler;
mod start;
mod until;
