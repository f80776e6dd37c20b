//! The gateway between clients and schedulers that do what a test tells them to.

mod callers;
mod defects;
mod discovery;
mod failover;
mod forwarding;
mod github_away;
mod github_login;
mod github_logs;
mod github_off;
mod github_repositories;
mod github_webhooks;
mod hostile;
mod process;
mod retries;
mod support;
mod trust;
