//! Writes to stdout. That nobody reads on (`| head`) is no failure.

use std::io::{self, Write};

use serde_json::Value;

use crate::failure::Failure;

/// The answer as the platform gave it.
pub fn print_json(value: &Value) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::Usage(format!("failed to write the answer: {error}")))?;
    print_line(&text)
}

pub fn print_line(line: &str) -> Result<(), Failure> {
    print_raw(&format!("{line}\n"))
}

pub fn print_raw(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Usage(format!("failed to write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}

/// Columns as wide as their widest cell.
pub fn print_table(
    head: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> Result<(), Failure> {
    let rows: Vec<Vec<String>> = rows.into_iter().collect();
    print_raw(&aligned(head, &rows))
}

fn aligned(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(|&cell| cell.to_owned()).collect();
    let mut widths = vec![0; head.len()];
    for row in std::iter::once(&head).chain(rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in std::iter::once(&head).chain(rows) {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_without_trailing_blanks() {
        let rows =
            [vec!["münchen".to_owned(), "1".to_owned()], vec!["a".to_owned(), String::new()]];
        assert_eq!(aligned(&["NAME", "N"], &rows), "NAME     N\nmünchen  1\na\n");
    }
}
