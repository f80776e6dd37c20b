//! `persys-verifier stress`: the same selection, again and again.

use std::{
    fs,
    io::{Write, stdout},
    path::Path,
};

use super::{
    Exit, Platform, Registry,
    arguments::{Run, Setting, Stress},
    run, signals,
};
use crate::{
    atomic_file::replace_file,
    engine::Interrupt,
    events::{read_events, timestamp},
    report::{ResultsFolder, fold},
    stress::{StressSummary, Tried},
};

/// Exits with 0 if every run passed, with 1 if one did not, with 4 if every step was skipped
/// each time, with 130 if it was interrupted. Each run has a seed of its own, one more than the
/// last, so that any of them can be had again.
pub fn stress(registry: Registry, platform: Platform, arguments: &Stress) -> Exit {
    if arguments.run.setting.check {
        return run::run(registry, platform, &arguments.run);
    }
    let all = match &arguments.run.setting.results {
        Some(folder) => folder.clone(),
        None => {
            let moment = timestamp(time::OffsetDateTime::now_utc());
            match ResultsFolder::new_below(Path::new("results"), &moment, "stress") {
                Ok(folder) => folder.path().to_owned(),
                Err(error) => {
                    return run::refuse(
                        Exit::Usage,
                        &format!("failed to prepare the results: {error}"),
                    );
                }
            }
        }
    };
    // Between two runs nobody else heeds a signal.
    let interrupt = Interrupt::default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: failed to start: {error}");
            return Exit::Environment;
        }
    };
    if let Err(error) = runtime.block_on(async { signals::heed(interrupt.clone()) }) {
        eprintln!("error: failed to watch for signals: {error}");
        return Exit::Environment;
    }
    let seed = arguments.run.seed.unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let mut tried = Vec::new();
    for number in 1..=arguments.count {
        let folder = all.join(format!("run-{number:04}"));
        let one = Run {
            setting: Setting { results: Some(folder.clone()), ..arguments.run.setting.clone() },
            seed: Some(seed.wrapping_add(u64::from(number) - 1)),
            quiet: true,
            ..arguments.run.clone()
        };
        let exit = run::run(registry, platform, &one);
        if matches!(exit, Exit::Usage | Exit::NothingSelected) && tried.is_empty() {
            // It was said why, and the next would be no better.
            return exit;
        }
        if exit == Exit::Interrupted {
            break;
        }
        let run = match read_events(&ResultsFolder::existing(&folder).events()) {
            Ok(events) => fold(&events),
            Err(error) => {
                eprintln!("error: failed to read the events: {error}");
                return Exit::Environment;
            }
        };
        let outcome = run.outcome();
        eprintln!(
            "run {number} of {}: {}, {:.1} s, seed {}",
            arguments.count,
            outcome.as_str(),
            run.duration_ms() / 1000.0,
            run.started.seed
        );
        tried.push(Tried { folder, run });
        if interrupt.is_set() {
            break;
        }
    }
    let summary = StressSummary::of(&tried, arguments.count as usize);
    let text = format!("{summary}  report   {}\n", all.display());
    // A reader that closes early, such as head, has read enough.
    let _ = stdout().write_all(text.as_bytes());
    if let Err(error) = write(&all, &summary) {
        eprintln!("error: failed to write {}: {error}", all.join("stress.json").display());
        return Exit::Environment;
    }
    match () {
        () if summary.is_interrupted() => Exit::Interrupted,
        () if summary.has_failed() => Exit::CheckFailed,
        () if !summary.has_proved() => Exit::NothingSelected,
        () => Exit::Passed,
    }
}

fn write(folder: &Path, summary: &StressSummary) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let mut text = serde_json::to_vec_pretty(summary)?;
    text.push(b'\n');
    replace_file(&folder.join("stress.json"), &text)?;
    Ok(())
}
