//! `persys-verifier list`: what there is, out of the table alone.

use std::{
    fmt::Write,
    fs,
    io::{Write as _, stdout},
    path::Path,
};

use console::Term;
use persys_contract::topology::{Timings, Topology};
use textwrap::{Options, WordSplitter};

use super::{Exit, Registry, arguments::List};
use crate::{
    coverage::{Reference, Strategy},
    events::{PlannedScenario, PlannedStep},
    plan::{Pace, planned},
};

pub fn list(registry: Registry, arguments: &List) -> Exit {
    let timings = match arguments.topology.as_deref().map(timings).transpose() {
        Ok(timings) => timings.unwrap_or(Timings::PRODUCTION),
        Err(error) => {
            eprintln!("error: failed to read the topology: {error}");
            return Exit::Usage;
        }
    };
    let selection = match arguments.selection.select(registry.scenarios) {
        Ok((_, selection)) => selection,
        Err(refusal) => {
            eprintln!("error: {refusal}");
            return refusal.exit();
        }
    };
    let pace = Pace { timings: &timings, scale: 1.0 };
    let plan = planned(&selection, !registry.invariants.is_empty(), pace);
    let text = if arguments.json { json(&plan) } else { table(&plan, width()) };
    // A reader that closes early, such as head, has read enough.
    let _ = stdout().write_all(text.as_bytes());
    Exit::Passed
}

fn timings(file: &Path) -> anyhow::Result<Timings> {
    let text =
        fs::read_to_string(file).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))?;
    Ok(Topology::parse(file, &text)?.timings)
}

pub(super) fn json(plan: &[PlannedScenario]) -> String {
    serde_json::to_string_pretty(plan).unwrap_or_default() + "\n"
}

/// No line is longer than `width`, in columns, but for words that are.
pub(super) fn table(plan: &[PlannedScenario], width: usize) -> String {
    let (strategy, mut text) = (Strategy::read(), String::new());
    for scenario in plan {
        let head = format!("{}  {}{}", scenario.id, scenario.title, tags(&scenario.labels));
        paragraph(&mut text, width, "", &head);
        let objective = format!("{} ({})", scenario.objective, scenario.source);
        paragraph(&mut text, width, "    ", &objective);
        if !scenario.requires.is_empty() {
            let requires = format!("requires {}", scenario.requires.join(", "));
            paragraph(&mut text, width, "    ", &requires);
        }
        for step in &scenario.steps {
            text.push('\n');
            paragraph(&mut text, width, "  ", &format!("{}{}", step.id, tags(&step.labels)));
            paragraph(&mut text, width, "      ", &step.title);
            for line in asked_by(&strategy, &step.source) {
                paragraph(&mut text, width, "      ", &line);
            }
            paragraph(&mut text, width, "      ", &conditions(step));
        }
        text.push('\n');
    }
    let steps: usize = plan.iter().map(|scenario| scenario.steps.len()).sum();
    // Writing into a String cannot fail.
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let scenarios = plan.len();
    let _ =
        writeln!(text, "{scenarios} scenario{}, {steps} step{}", plural(scenarios), plural(steps));
    text
}

/// The lines that ask for a step, with their text where it is the strategy's.
fn asked_by(strategy: &Strategy, source: &str) -> Vec<String> {
    let Ok(references) = strategy.references(source) else { return vec![source.to_owned()] };
    let line = |reference: Reference| match reference {
        Reference::Line(key) => {
            let text = strategy.line(&key).map_or("", |line| line.text.as_str());
            format!("strategy {key}: {text}")
        }
        Reference::Section(section) => format!("strategy {section}"),
        Reference::Contract(section) => format!("contract {section}"),
    };
    references.into_iter().map(line).collect()
}

fn conditions(step: &PlannedStep) -> String {
    let mut text = format!("≤ {}", step.budget);
    for (word, names) in [("needs", &step.needs), ("requires", &step.requires)] {
        if !names.is_empty() {
            text += &format!(" · {word} {}", names.join(", "));
        }
    }
    text
}

fn paragraph(text: &mut String, width: usize, indent: &str, content: &str) {
    let options = Options::new(width)
        .initial_indent(indent)
        .subsequent_indent(indent)
        // An id must stay whole, to be copied.
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false);
    *text += &textwrap::fill(content, options);
    text.push('\n');
}

/// What the terminal has, or `COLUMNS` says, or else fits on a page.
fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    columns.or_else(terminal).unwrap_or(100).max(40)
}

fn tags(labels: &[String]) -> String {
    labels.iter().map(|label| format!(" #{label}")).collect()
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
