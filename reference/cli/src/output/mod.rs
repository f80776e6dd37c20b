//! What is written to stdout.

mod cell;
mod print;

pub use cell::{bytes, number, rows, text};
pub use print::{print_json, print_line, print_raw, print_table};
