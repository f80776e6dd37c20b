//! The `persys-cli` binary against a gateway that keeps a record of what it is asked.

mod defects;
mod exit_codes;
mod gateway;
mod github;
mod login;
mod requests;
mod settings;
