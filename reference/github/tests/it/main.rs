//! The stand-in as its callers see it: over TLS on the loopback interface, with the
//! real Git on both sides.

mod accounts;
mod api;
mod bench;
mod git;
mod hostile;
mod oauth;
mod process;
mod receiver;
mod webhooks;
