//! `persys-verifier report`: every report, made again from the events.

use std::io::{Write, stdout};

use super::{Exit, arguments::Report};
use crate::{
    events::read_events,
    report::{Digest, Paint, ResultsFolder, fold, write_pictures, write_reports},
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
    if let Err(error) = write_reports(&folder, &run).and_then(|()| write_pictures(&folder, &run)) {
        eprintln!("error: failed to write the reports: {error}");
        return Exit::Environment;
    }
    let digest = Digest::new(&run, folder.shown()).render(Paint::stdout());
    let _ = stdout().write_all(digest.as_bytes());
    if arguments.gate { run.outcome().into() } else { Exit::Passed }
}
