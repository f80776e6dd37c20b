use std::{fs, path::PathBuf};

use serde_json::json;

use super::*;
use crate::{
    events::{
        Body, Event, FaultChange, PlannedScenario, PlannedStep, RunFinished, RunOutcome,
        RunStarted, ScenarioFinished, ScenarioStarted, ShardFacts, StepFinished, StepStarted,
        Verdict,
    },
    report::{ResultsFolder, RunSummary, fold, write_events},
};

/// The results of shards, to be changed before they are written.
struct World {
    folder: tempfile::TempDir,
    shards: Vec<Vec<Event>>,
}

fn event(second: u32, of: Option<(&str, &str)>, body: Body) -> Event {
    let (scenario, step) = of.unzip();
    Event {
        schema: None,
        seq: 0,
        ts: format!("2026-01-02T03:04:{second:02}.000000Z"),
        at: 0.0,
        scenario: scenario.map(Into::into),
        step: step.filter(|step| !step.is_empty()).map(Into::into),
        body,
    }
}

fn fault(lease: &str, change: &str) -> Body {
    let (machine, lease, change) = ("prow1".into(), lease.into(), change.into());
    Body::Fault(FaultChange { machine, lease, change, fault: json!("pause"), detail: None })
}

/// A shard with one scenario of one step, from one second of a minute to another.
fn shard(index: u32, id: &str, verdict: Verdict, from: u32, to: u32) -> Vec<Event> {
    let step = PlannedStep { id: "only".into(), ..PlannedStep::default() };
    let planned = PlannedScenario { id: id.into(), steps: vec![step], ..Default::default() };
    let started = RunStarted {
        run_id: format!("run{index}"),
        verifier_version: "1.0".into(),
        seed: 7,
        flaky_fails: true,
        machines: [("prow1".to_owned(), "10.77.0.31".to_owned())].into(),
        notes: vec!["a remark".into()],
        facts: [("backend".to_owned(), "lab".to_owned())].into(),
        plan: vec![planned],
        shard: Some(ShardFacts { index, of: 2, selection: vec!["a".into(), "b".into()] }),
        ..RunStarted::default()
    };
    let outcome = RunOutcome::of_steps([verdict], true);
    let duration_ms = f64::from(to - from) * 1000.0;
    let (exit_code, attempt) = (outcome.exit_code(), 1);
    let (of, frame) = (Some((id, "only")), Some((id, "")));
    let finished = StepFinished {
        verdict,
        message: String::new(),
        duration_ms,
        attempt,
        observations: 1,
        repeated: 0,
    };
    let mut events = vec![
        event(from, None, Body::RunStarted(Box::new(started))),
        event(
            from,
            frame,
            Body::ScenarioStarted(ScenarioStarted { attempt, ..Default::default() }),
        ),
        event(from, of, Body::StepStarted(StepStarted { attempt, ..Default::default() })),
        event(from + 1, of, fault("lease-1", "injected")),
        event(to, of, fault("lease-1", "healed")),
        event(to, of, Body::StepFinished(finished)),
        event(
            to,
            frame,
            Body::ScenarioFinished(ScenarioFinished { verdict, duration_ms, attempt }),
        ),
        event(to, None, Body::RunFinished(RunFinished { outcome, exit_code, duration_ms })),
    ];
    for (seq, event) in (0..).zip(&mut events) {
        event.seq = seq;
        let second: u32 = event.ts[17..19].parse().unwrap();
        event.at = f64::from(second - from) * 1000.0;
    }
    events[0].schema = Some(1);
    events
}

impl World {
    /// Both begin in the same second; the second shard's scenario comes first in the plan.
    fn new(first: Verdict, second: Verdict) -> Self {
        let shards = vec![shard(1, "b", first, 0, 20), shard(2, "a", second, 0, 30)];
        Self { folder: tempfile::tempdir().unwrap(), shards }
    }

    fn started(&mut self, shard: usize) -> &mut RunStarted {
        match &mut self.shards[shard].first_mut().unwrap().body {
            Body::RunStarted(started) => started,
            _ => panic!("no run-started event"),
        }
    }

    fn write(&self) -> Vec<PathBuf> {
        let each = self.shards.iter().enumerate().map(|(n, events)| {
            let folder = self.folder.path().join(format!("results-{n}"));
            fs::create_dir_all(&folder).unwrap();
            write_events(&ResultsFolder::existing(&folder), events).unwrap();
            folder
        });
        each.collect()
    }

    fn merged(&self) -> (Vec<Event>, RunSummary) {
        let mut folders = self.write();
        // Their order on the command line says nothing.
        folders.reverse();
        let events = join(&read_shards(&folders).unwrap());
        let run = fold(&events);
        (events, run)
    }

    fn outcome(&self) -> RunOutcome {
        self.merged().1.outcome()
    }

    /// The folders' own names are put in the place of their paths.
    fn refusal(&self) -> String {
        let error = read_shards(&self.write()).unwrap_err().to_string();
        error.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

use Verdict::{Error, Failed, Flaky, Passed, Quarantined, Skipped};

#[test]
fn the_merged_run_ends_as_a_single_one_would_have() {
    for (first, second, outcome) in [
        (Passed, Passed, RunOutcome::Passed),
        (Passed, Skipped, RunOutcome::Passed),
        (Skipped, Skipped, RunOutcome::NothingRan),
        (Passed, Quarantined, RunOutcome::Passed),
        (Failed, Passed, RunOutcome::Failed),
        (Passed, Flaky, RunOutcome::Failed),
        (Error, Passed, RunOutcome::Error),
        (Error, Failed, RunOutcome::Failed),
    ] {
        assert_eq!(World::new(first, second).outcome(), outcome, "{first} and {second}");
    }
}

#[test]
fn the_merged_run_bears_what_all_shards_bear() {
    let mut world = World::new(Passed, Failed);
    world.started(1).notes.push("another".into());
    world.started(1).facts.insert("dns".into(), "embedded".into());
    world.started(1).timeout_scale = 2.5;
    let (events, run) = world.merged();
    assert_eq!(run.started.run_id, "run1+run2");
    assert_eq!(run.started.shard, None);
    assert_eq!(run.started.timeout_scale, 2.5);
    assert_eq!(run.notes, ["a remark", "another"]);
    let facts: Vec<_> = run.started.facts.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(facts, ["backend=lab", "dns=embedded", "shards=2"]);
    let told: Vec<_> = run.scenarios.iter().map(|s| (s.id.as_str(), s.verdict())).collect();
    assert_eq!(told, [("a", Failed), ("b", Passed)], "in the selection's order");
    for (seq, event) in (0..).zip(&events) {
        assert_eq!(event.seq, seq);
        assert_eq!(event.schema.is_some(), seq == 0);
    }
}

#[test]
fn machines_of_the_same_name_do_not_meet_and_the_run_takes_its_true_time() {
    let (events, run) = World::new(Passed, Passed).merged();
    let faults: Vec<_> = run.timeline.faults.iter().map(|fault| (fault.from, fault.to)).collect();
    assert_eq!(faults, [(1_000.0, Some(20_000.0)), (21_000.0, Some(50_000.0))]);
    assert!(run.timeline.faults.iter().all(|fault| !fault.odd));
    assert_eq!(run.scenarios[0].steps[0].attempts[0].at, 20_000.0);
    assert_eq!(run.duration_ms(), 30_000.0, "they ran side by side");
    assert!(events.is_sorted_by(|a, b| a.at <= b.at));
    let second = events.iter().find(|event| event.scenario.as_deref() == Some("a")).unwrap();
    assert_eq!(second.ts, "2026-01-02T03:04:00.000000Z", "its own time");
}

#[test]
fn a_shard_without_an_end_leaves_the_run_incomplete() {
    let mut world = World::new(Passed, Passed);
    // Killed after the fault was injected.
    world.shards[0].truncate(4);
    let (_, run) = world.merged();
    assert!(run.finished.is_none());
    assert_eq!(run.outcome(), RunOutcome::Error);
    let told: Vec<_> = run.scenarios.iter().map(|s| (s.id.as_str(), s.verdict())).collect();
    assert_eq!(told, [("a", Passed), ("b", Error)]);
    let first = &run.timeline.faults[0];
    assert_eq!((first.from, first.to, first.odd), (1_000.0, Some(1_000.0), true));
    assert!(!run.timeline.faults[1].odd, "the other lab's is healed");
}

#[test]
fn an_interrupted_shard_makes_the_run_interrupted() {
    let mut world = World::new(Failed, Error);
    let outcome = RunOutcome::Interrupted;
    let finished = RunFinished { outcome, exit_code: outcome.exit_code(), duration_ms: 1.0 };
    world.shards[1].last_mut().unwrap().body = Body::RunFinished(finished);
    assert_eq!(world.outcome(), RunOutcome::Interrupted);
}

#[test]
fn a_shard_whose_record_broke_is_no_pass() {
    let mut world = World::new(Passed, Passed);
    let outcome = RunOutcome::Error;
    let finished = RunFinished { outcome, exit_code: outcome.exit_code(), duration_ms: 1.0 };
    world.shards[1].last_mut().unwrap().body = Body::RunFinished(finished);
    assert_eq!(world.outcome(), RunOutcome::Error);
}

#[test]
fn what_does_not_fit_is_refused_and_named() {
    let refusal = |change: fn(&mut RunStarted)| {
        let mut world = World::new(Passed, Passed);
        change(world.started(1));
        world.refusal()
    };
    assert_eq!(
        refusal(|started| started.seed = 8),
        "results-1: has seed 8, but results-0 has 7; merge only shards of one run"
    );
    assert_eq!(
        refusal(|started| started.verifier_version = "2.0".into()),
        "results-1: has verifier version \"2.0\", but results-0 has \"1.0\"; merge only shards of \
         one run"
    );
    assert_eq!(
        refusal(|started| started.topology = "other".into()),
        "results-1: has topology \"other\", but results-0 has \"\"; merge only shards of one run"
    );
    assert_eq!(
        refusal(|started| started.shard.as_mut().unwrap().of = 3),
        "results-1: has shard 2/3, but results-0 has 1/2; merge only shards of one run"
    );
    assert_eq!(
        refusal(|started| started.shard.as_mut().unwrap().index = 1),
        "results-1: is shard 1/2, as results-0 is; name each shard once"
    );
    assert_eq!(
        refusal(|started| drop(started.shard.as_mut().unwrap().selection.pop())),
        "results-1: has the selection a, but results-0 has a, b; merge only shards of one run"
    );
    assert_eq!(
        refusal(|started| started.shard = None),
        "results-1: is no shard: it was run without --shard, or is merged already; leave it away"
    );
    assert_eq!(
        refusal(|started| started.plan[0].id = "b".into()),
        "results-0: scenario a is in 0 shards instead of one; run all shards with the same \
         selection"
    );
}

#[test]
fn a_missing_shard_is_named() {
    let mut world = World::new(Passed, Passed);
    world.shards.remove(0);
    assert_eq!(world.refusal(), "shard 1/2 is missing; name the results of all 2 shards");
    world.shards.clear();
    let folder = world.folder.path().join("nowhere");
    let error = read_shards(&[folder]).unwrap_err().to_string();
    assert!(error.contains("nowhere/events.jsonl: No such file"), "{error}");
}

#[test]
fn logs_of_the_same_machine_lie_apart() {
    let world = World::new(Passed, Passed);
    let folders = world.write();
    for folder in &folders {
        let logs = folder.join("logs/prow1");
        fs::create_dir_all(&logs).unwrap();
        fs::write(logs.join("x.log"), folder.display().to_string()).unwrap();
    }
    let merged = ResultsFolder::named(&world.folder.path().join("merged")).unwrap();
    take_logs(&read_shards(&folders).unwrap(), &merged).unwrap();
    for (n, folder) in (1..).zip(&folders) {
        let log = merged.logs().join(format!("shard-{n}/prow1/x.log"));
        assert_eq!(fs::read_to_string(log).unwrap(), folder.display().to_string());
    }
}
