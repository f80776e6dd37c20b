//! The tests' interface: everything below `/_test`, for who has the admin token.

mod accounts;
mod authorization;
mod body;
mod gate;
mod repositories;
mod routes;
mod webhooks;

pub use routes::{PREFIX, routes};
