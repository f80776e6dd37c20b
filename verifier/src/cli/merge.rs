//! `persys-verifier merge`: one run, made of the results of its shards.

use super::{Exit, arguments::Merge, remake};
use crate::{
    events::Body,
    merge::{ShardRecord, join, read_shards, take_logs},
    report::{ResultsFolder, fold, write_events, write_pictures, write_plan, write_reports},
};

pub fn merge(arguments: &Merge) -> Exit {
    let shards = match read_shards(&arguments.shards) {
        Ok(shards) => shards,
        Err(error) => {
            eprintln!("error: failed to merge the results: {error}");
            return Exit::Usage;
        }
    };
    let folder = match ResultsFolder::named(&arguments.results) {
        Ok(folder) => folder,
        Err(error) => {
            eprintln!("error: failed to prepare the results: {error}");
            return Exit::Usage;
        }
    };
    match write(&shards, &folder) {
        Ok(exit) => exit,
        Err(error) => {
            eprintln!("error: failed to write the merged results: {error}");
            Exit::Environment
        }
    }
}

fn write(shards: &[ShardRecord], folder: &ResultsFolder) -> anyhow::Result<Exit> {
    let events = join(shards);
    let run = fold(&events);
    if let Some(Body::RunStarted(started)) = events.first().map(|event| &event.body) {
        write_plan(folder, started)?;
    }
    take_logs(shards, folder)?;
    write_events(folder, &events)?;
    write_reports(folder, &run)?;
    write_pictures(folder, &run)?;
    remake::print_digest(&run, folder);
    Ok(run.outcome().into())
}
