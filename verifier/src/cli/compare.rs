//! `persys-verifier compare`: what differs between two runs.

use std::{
    io::{Write, stdout},
    path::Path,
};

use super::{Exit, arguments::Compare};
use crate::{
    compare::Comparison,
    events::read_events,
    report::{ResultsFolder, RunSummary, fold},
};

/// Exits with 1 if a step that passed in the base passes no longer or, of two runs of one
/// profile, is gone; with 4 if there was nothing to compare. Times are told and change no exit code: two runs are too few to blame anybody for one.
pub fn compare(arguments: &Compare) -> Exit {
    let runs = read(&arguments.base).and_then(|base| Ok((base, read(&arguments.new)?)));
    let (base, new) = match runs {
        Ok(runs) => runs,
        Err(message) => {
            eprintln!("error: {message}");
            return Exit::Usage;
        }
    };
    let comparison = Comparison::of(&base, &new);
    let text = match serde_json::to_string_pretty(&comparison) {
        Ok(json) if arguments.json => json + "\n",
        _ => comparison.to_string(),
    };
    // A reader that closes early, such as head, has read enough.
    let _ = stdout().write_all(text.as_bytes());
    match () {
        () if comparison.steps == 0 => {
            eprintln!(
                "error: the runs have no step in common; name two runs of the same scenarios"
            );
            Exit::NothingSelected
        }
        () if comparison.is_worse() => Exit::CheckFailed,
        () => Exit::Passed,
    }
}

fn read(folder: &Path) -> Result<RunSummary, String> {
    let events = read_events(&ResultsFolder::existing(folder).events())
        .map_err(|error| format!("failed to read the events: {error}"))?;
    Ok(fold(&events))
}
