//! The end of what a program printed, for people in a hurry.

use std::{fs, path::Path};

const WIDTH: usize = 200;

/// The last line that says something.
pub fn last_line(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let text = console::strip_ansi_codes(&text).into_owned();
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty());
    line.unwrap_or("it printed nothing").chars().take(WIDTH).collect()
}
