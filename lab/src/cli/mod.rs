//! The command line.

mod again;
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
mod part;
mod run;
mod say;
mod shell;
mod side_by_side;
mod status;
mod turn;
mod up;
mod verifier;

pub use dispatch::main;
