//! `persys-verifier report`: every report, made again from the events.

use std::io::{Write, stdout};

use super::{Exit, arguments::Report};
use crate::{
    events::{RunOutcome, read_events},
    report::{
        Digest, Paint, ResultsFolder, RunSummary, fold, write_hydra_files, write_pictures,
        write_reports,
    },
};

pub fn remake(arguments: &Report) -> Exit {
    let folder = ResultsFolder::existing(&arguments.results);
    let run = match read_events(&folder.events()) {
        Ok(events) => fold(&events),
        Err(error) => {
            eprintln!("error: failed to read the events: {error}");
            return Exit::Usage;
        }
    };
    if !arguments.print
        && let Err(error) =
            write_reports(&folder, &run).and_then(|()| write_pictures(&folder, &run))
    {
        eprintln!("error: failed to write the reports: {error}");
        return Exit::Environment;
    }
    if let Some(output) = &arguments.hydra
        && let Err(error) = write_hydra_files(output, &folder, &run)
    {
        eprintln!("error: failed to write Hydra's files: {error}");
        return Exit::Usage;
    }
    print_digest(&run, &folder);
    match () {
        () if arguments.gate => run.outcome().into(),
        () if arguments.hydra.is_some() && !is_complete(&run) => {
            eprintln!("error: the run is incomplete, so there is nothing to keep of it");
            Exit::Environment
        }
        () => Exit::Passed,
    }
}

/// The last word of a run.
pub fn print_digest(run: &RunSummary, folder: &ResultsFolder) {
    let digest = Digest::new(run, folder.shown()).render(Paint::stdout());
    // Whoever has closed the output does not want to know.
    let _ = stdout().write_all(digest.as_bytes());
}

/// Whether a run came to its own end, with a word on every step that was planned.
fn is_complete(run: &RunSummary) -> bool {
    let ended = run.finished.is_some() && run.outcome() != RunOutcome::Interrupted;
    ended && run.steps().all(|(_, step)| step.last().is_some_and(|last| last.verdict.is_some()))
}
