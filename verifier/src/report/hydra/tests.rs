use std::{fs, path::Path};

use super::*;
use crate::{
    events::{Measurement, RunFinished, RunOutcome, read_events},
    report::{ResultsFolder, RunSummary, fold},
};

/// A run that failed, as the other reports' golden files have it.
fn run() -> RunSummary {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/events.jsonl");
    fold(&read_events(Path::new(file)).unwrap())
}

fn ended(outcome: RunOutcome) -> RunSummary {
    let exit_code = outcome.exit_code();
    RunSummary {
        finished: Some(RunFinished { outcome, exit_code, duration_ms: 83_250.0 }),
        ..run()
    }
}

#[test]
fn every_line_of_the_metrics_keeps_to_hydra_s_alphabet() {
    let mut run = ended(RunOutcome::Failed);
    let odd = |name: &str, value, unit: &str| Measurement {
        name: name.to_owned(),
        value,
        unit: unit.to_owned(),
    };
    run.scenarios[0].measurements = vec![
        odd("p99 (ms)", 4.125, "ms"),
        odd("rate", 120.0, "1/s"),
        odd("share", 97.5, "%"),
        odd("wait", 12.0, "µs"),
        odd("broken", f64::NAN, "s"),
    ];
    let text = metrics::metrics(&run);
    let id = run.scenarios[0].id.clone();
    for line in ["suite.wall 83.25 s", "checks.failed "] {
        assert!(text.contains(line), "{line}: {text}");
    }
    for end in ["p99__ms_ 4.125 ms", "rate 120 1_per_s", "share 97.5 %", "wait 12 us"] {
        assert!(text.contains(&format!("{id}.{end}\n")), "{end}: {text}");
    }
    assert!(!text.contains("broken"), "{text}");
    for line in text.lines() {
        let mut words = line.split(' ');
        let fits = |word: &str, more: &str| {
            word.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        };
        assert!(fits(words.next().unwrap(), "._-"), "{line}");
        assert!(words.next().unwrap().parse::<f64>().unwrap().is_finite(), "{line}");
        assert!(words.next().is_none_or(|unit| fits(unit, "._%-")), "{line}");
        assert_eq!(words.next(), None, "{line}");
    }
}

#[test]
fn a_failed_run_is_marked_and_a_passed_one_is_not() {
    let output = tempfile::tempdir().unwrap();
    let results = output.path().join("results");
    fs::create_dir(&results).unwrap();
    fs::write(results.join("junit.xml"), "<testsuites/>").unwrap();
    let folder = ResultsFolder::existing(&results);
    let marker = output.path().join("nix-support/failed");
    for (outcome, failed) in [
        (RunOutcome::Failed, true),
        (RunOutcome::Passed, false),
        (RunOutcome::NothingRan, true),
        (RunOutcome::Error, true),
    ] {
        write_hydra_files(output.path(), &folder, &ended(outcome)).unwrap();
        assert_eq!(marker.exists(), failed, "{outcome:?}");
    }
    let products = fs::read_to_string(output.path().join("nix-support/hydra-build-products"));
    let shown = results.display();
    assert_eq!(
        products.unwrap(),
        format!("report e2e {shown} index.html\nfile junit {shown}/junit.xml\n")
    );
}

#[test]
fn paths_are_spelled_as_the_output_and_quoted_where_they_have_blanks() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("an output");
    fs::create_dir(&output).unwrap();
    let link = folder.path().join("link to it");
    std::os::unix::fs::symlink(&output, &link).unwrap();
    fs::write(output.join("junit.xml"), "").unwrap();
    let results = ResultsFolder::existing(&output);
    write_hydra_files(&link, &results, &ended(RunOutcome::Passed)).unwrap();
    let products = fs::read_to_string(link.join("nix-support/hydra-build-products")).unwrap();
    let shown = link.display();
    assert!(products.contains(&format!("file junit \"{shown}/junit.xml\"\n")), "{products}");
}

#[test]
fn results_elsewhere_and_relative_outputs_are_refused() {
    let (output, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let results = ResultsFolder::existing(other.path());
    let run = ended(RunOutcome::Passed);
    let error = write_hydra_files(output.path(), &results, &run).unwrap_err().to_string();
    assert!(error.contains("lies outside of"), "{error}");
    let error = write_hydra_files(Path::new("result"), &results, &run).unwrap_err().to_string();
    assert!(error.contains("no absolute path"), "{error}");
}
