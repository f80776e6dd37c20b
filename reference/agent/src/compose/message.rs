//! What a program complained of, as one may be told it: short, without paths and secrets.

use std::path::{Path, PathBuf};

use persys_reference_base::Secret;

/// The longest message, in bytes.
const LONGEST: usize = 600;

/// How many lines are told of a program whose complaint is not marked as such.
const LAST_LINES: usize = 3;

/// What docker-compose ends with after it has said what is wrong.
const SUMMARY: &str = "Encountered errors while bringing up the project.";

/// What must not be told.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    secrets: Vec<Secret>,
    folders: Vec<PathBuf>,
}

impl Redaction {
    /// Paths below this folder are told as if one were in it.
    pub fn folder(mut self, folder: &Path) -> Self {
        self.folders.push(folder.to_owned());
        // The innermost first, as they may lie in one another.
        self.folders.sort_by_key(|folder| std::cmp::Reverse(folder.as_os_str().len()));
        self
    }

    pub fn secrets(mut self, secrets: impl IntoIterator<Item = Secret>) -> Self {
        self.secrets.extend(secrets.into_iter().filter(|secret| !secret.expose().is_empty()));
        self
    }

    fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            text = text.replace(secret.expose(), "***");
        }
        for folder in &self.folders {
            let folder = folder.to_string_lossy();
            text = text.replace(&format!("{folder}/"), "./").replace(folder.as_ref(), ".");
        }
        text
    }
}

/// The gist of a program's output, in one line.
pub fn gist(output: &str, redaction: &Redaction) -> String {
    let output = redaction.apply(output);
    let lines: Vec<String> =
        output.lines().map(plain).filter(|line| !line.is_empty() && line != SUMMARY).collect();
    let mut told: Vec<&str> = Vec::new();
    for line in complaint(&lines) {
        let line = bare(line);
        // The same trouble is told of a container and of its service.
        if !line.is_empty() && line != SUMMARY && !told.iter().any(|known| says_same(known, line)) {
            told.push(line);
        }
    }
    let mut text = told.join("; ");
    if text.is_empty() {
        return "it failed and did not say why".to_owned();
    }
    if text.len() > LONGEST {
        let mut end = LONGEST;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The lines that say what is wrong.
fn complaint(lines: &[String]) -> &[String] {
    let marked = |line: &String| {
        ["ERROR: ", "fatal: ", "error: ", "remote: "].iter().any(|mark| line.starts_with(mark))
    };
    let last = lines.len().saturating_sub(1);
    if lines.iter().any(|line| line.starts_with("Traceback ")) {
        // Only its last line says what happened.
        return &lines[last..];
    }
    match lines.iter().position(marked) {
        Some(first) => &lines[first..],
        None => &lines[lines.len().saturating_sub(LAST_LINES)..],
    }
}

/// A line without colours and without what was overwritten in it.
fn plain(line: &str) -> String {
    let line = line.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default();
    let mut text = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => {
                // `ESC [ … letter`
                if chars.next() == Some('[') {
                    let _ = chars.by_ref().find(|c| c.is_ascii_alphabetic());
                }
            }
            c if c.is_control() => text.push(' '),
            c => text.push(c),
        }
    }
    text.trim().to_owned()
}

fn bare(line: &str) -> &str {
    let line = line.strip_prefix("ERROR: ").unwrap_or(line);
    line.strip_prefix("fatal: ").or_else(|| line.strip_prefix("error: ")).unwrap_or(line)
}

/// Whether two lines `for NAME  TROUBLE` tell of the same trouble.
fn says_same(one: &str, other: &str) -> bool {
    let trouble = |line: &str| {
        let (_, trouble) = line.strip_prefix("for ")?.split_once("  ")?;
        Some(trouble.trim().to_owned())
    };
    one == other || (trouble(one).is_some() && trouble(one) == trouble(other))
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
