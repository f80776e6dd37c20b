//! `persys-verifier list`: what there is, out of the table alone.

use std::{
    fmt::Write,
    fs,
    io::{Write as _, stdout},
    path::Path,
};

use persys_contract::topology::{Timings, Topology};

use super::{Exit, Registry, arguments::List};
use crate::plan::{Pace, PlannedScenario, planned};

pub fn list(registry: Registry, arguments: &List) -> Exit {
    let timings = match arguments.topology.as_deref().map(timings).transpose() {
        Ok(timings) => timings.unwrap_or(Timings::PRODUCTION),
        Err(error) => {
            eprintln!("error: failed to read the topology: {error}");
            return Exit::Usage;
        }
    };
    let selection = match arguments.selection.filter().select(registry.scenarios) {
        Ok(selection) => selection,
        Err(error) => {
            eprintln!("error: {error}");
            return Exit::NothingSelected;
        }
    };
    let pace = Pace { timings: &timings, scale: 1.0 };
    let plan = planned(&selection, !registry.invariants.is_empty(), pace);
    let text = if arguments.json { json(&plan) } else { table(&plan) };
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

pub(super) fn table(plan: &[PlannedScenario]) -> String {
    let steps = || plan.iter().flat_map(|scenario| &scenario.steps);
    let width = steps().map(|step| step.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for scenario in plan {
        // Writing into a String cannot fail.
        let _ =
            writeln!(text, "{}  {}{}", scenario.id, scenario.title, tags(&scenario.labels, "#"));
        let _ = writeln!(text, "    {} ({})", scenario.objective, scenario.source);
        if !scenario.requires.is_empty() {
            let _ = writeln!(text, "    requires {}", scenario.requires.join(", "));
        }
        for step in &scenario.steps {
            let mut line = format!("  {:width$}  {}", step.id, step.title);
            line += &tags(&step.labels, "#");
            if !step.needs.is_empty() {
                line += &format!("  (needs {})", step.needs.join(", "));
            }
            if !step.requires.is_empty() {
                line += &format!("  (requires {})", step.requires.join(", "));
            }
            let _ = writeln!(text, "{line}  ≤ {}", step.budget);
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{} scenarios, {} steps", plan.len(), steps().count());
    text
}

fn tags(labels: &[String], mark: &str) -> String {
    labels.iter().map(|label| format!(" {mark}{label}")).collect()
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
