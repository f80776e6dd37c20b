//! The step at the last good and at the first bad commit, side by side.

use std::path::Path;

use super::{git::short, logbook::Entry, reading, step_name::StepName};
use crate::{
    events::read_events,
    report::{Digest, Paint, ResultsFolder, RunSummary, fold},
};

/// Lines of each story: the end tells most.
const STORY: usize = 12;
const COLUMN: usize = 76;

/// A table of two columns, and below it what the bad run says of itself.
pub fn side_by_side(step: &StepName, good: &Entry, bad: &Entry) -> String {
    let (left, right) = (Side::of(step, good), Side::of(step, bad));
    let mut text = String::new();
    for (left, right) in pairs(&left.lines("good"), &right.lines("bad")) {
        text += format!("{left:<COLUMN$} │ {right}").trim_end();
        text.push('\n');
    }
    if let (Some(run), Some(results)) = (&right.run, &bad.results) {
        text += "\nthe run at the bad commit:\n";
        text += &Digest::new(run, results).render(Paint::plain());
    }
    text
}

struct Side<'a> {
    entry: &'a Entry,
    step: &'a StepName,
    run: Option<RunSummary>,
}

impl<'a> Side<'a> {
    fn of(step: &'a StepName, entry: &'a Entry) -> Self {
        let events = |results: &Path| read_events(&ResultsFolder::existing(results).events()).ok();
        let run = entry.results.as_deref().and_then(events).map(|events| fold(&events));
        Self { entry, step, run }
    }

    fn lines(&self, word: &str) -> Vec<String> {
        let Entry { commit, subject, reason, .. } = self.entry;
        let mut lines = wrapped(&format!("{word} {} {subject}", short(commit)));
        lines.push("─".repeat(COLUMN));
        let step = self.run.as_ref().and_then(|run| reading::find(run, self.step));
        let Some(step) = step else {
            lines.extend(wrapped(reason));
            return lines;
        };
        let seconds = step.duration_ms() / 1000.0;
        lines.push(format!("{:?} after {seconds:.1} s", step.verdict()).to_lowercase());
        lines.extend(step.message().lines().flat_map(wrapped));
        if let Some(last) = step.last() {
            let story: Vec<String> = last.story.lines().collect();
            lines.push(String::new());
            let from = story.len().saturating_sub(STORY);
            lines.extend(story[from..].iter().flat_map(|line| wrapped(line.trim_start())));
        }
        lines
    }
}

/// As many as the longer one has.
fn pairs<'a>(left: &'a [String], right: &'a [String]) -> impl Iterator<Item = (&'a str, &'a str)> {
    let at = |side: &'a [String], n: usize| side.get(n).map_or("", String::as_str);
    (0..left.len().max(right.len())).map(move |n| (at(left, n), at(right, n)))
}

/// Cut into lines that fit a column, at blanks where there are any.
fn wrapped(text: &str) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        if !line.is_empty() && line.chars().count() + 1 + word.len() > COLUMN {
            lines.push(std::mem::take(&mut line));
            line.push_str("  ");
        } else if !line.is_empty() {
            line.push(' ');
        }
        while line.chars().count() + word.len() > COLUMN {
            let room = COLUMN - line.chars().count();
            line.extend(word.drain(..room));
            lines.push(std::mem::take(&mut line));
            line.push_str("  ");
        }
        line.extend(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_its_column() {
        let text = format!("some words {} and more {}", "x".repeat(200), "word ".repeat(40));
        let lines = wrapped(&text);
        assert!(lines.iter().all(|line| line.chars().count() <= COLUMN), "{lines:?}");
        let joined: String = lines.concat().split_whitespace().collect();
        assert_eq!(joined, text.split_whitespace().collect::<String>());
        assert_eq!(wrapped("short"), ["short"]);
    }
}
