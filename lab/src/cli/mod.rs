//! The command line.

mod args;
mod clean;
mod command;
mod diagnose;
mod dispatch;
mod down;
mod exit;
mod find;
mod hold;
mod logs;
mod run;
mod say;
mod shell;
mod status;
mod up;
mod verifier;

pub use dispatch::main;
