//! Scenarios that behave badly in every way there is.

use std::{
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use persys_contract::topology::{Feature, Topology};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::*;
use crate::{
    context::{Context, LastLook},
    events::Verdict,
    evidence::{Progress, Recorder, StepResult},
    plan::{Budget, Filter, Pace, Quarantine, Scenario, Step, planned},
    report::{RunSummary, StepSummary, fold},
    step,
};

async fn good(cx: &mut Context) -> StepResult {
    cx.record("http", "GET / → 200", Value::Null);
    Ok(())
}

async fn failing(cx: &mut Context) -> StepResult {
    let mut checks = cx.checks();
    checks.equal("status", 500, 200);
    checks.finish()
}

async fn broken(_: &mut Context) -> StepResult {
    Err(anyhow::anyhow!("no route to host").context("ask the gateway"))?
}

async fn panicking(_: &mut Context) -> StepResult {
    panic!("index out of bounds")
}

async fn blind(cx: &mut Context) -> StepResult {
    let mut checks = cx.checks();
    checks.is_true("nothing was looked at", true, "");
    checks.finish()
}

async fn unfinished(cx: &mut Context) -> StepResult {
    cx.record("http", "GET / → 200", Value::Null);
    let mut checks = cx.checks();
    checks.equal("status", 500, 200);
    drop(checks);
    Ok(())
}

async fn endless(cx: &mut Context) -> StepResult {
    cx.wait("the node is active", async || Progress::<()>::not_yet("inactive")).await
}

/// Waits for something that no deadline of its own bounds.
async fn stuck(cx: &mut Context) -> StepResult {
    cx.record("etcd", "get /nodes/agent1", Value::Null);
    cx.wait("the node is there", async || Progress::Ready(())).await?;
    std::future::pending().await
}

async fn late(cx: &mut Context) -> StepResult {
    good(cx).await?;
    let budget = cx.remaining();
    tokio::time::sleep(budget + Duration::from_millis(10)).await;
    Ok(())
}

async fn unjudged(_: &mut Context) -> StepResult {
    Err(StepError::skipped("needs two agents, there is one"))
}

async fn flaky(cx: &mut Context) -> StepResult {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    good(cx).await?;
    match TRIED.fetch_add(1, Ordering::Relaxed) {
        0 => Err(StepError::failed("no answer\n  for long")),
        _ => Ok(()),
    }
}

static CLEANED: Mutex<Vec<&str>> = Mutex::new(Vec::new());

async fn littering(cx: &mut Context) -> StepResult {
    good(cx).await?;
    for what in ["delete a", "delete b", "delete c", "delete d"] {
        cx.on_cleanup(what, async move {
            CLEANED.lock().unwrap().push(what);
            match what {
                "delete c" => panic!("oh no"),
                "delete b" => Err(StepError::error("409")),
                _ => Ok(()),
            }
        });
    }
    Err(StepError::failed("and then it failed"))
}

async fn leaving_something_slow(cx: &mut Context) -> StepResult {
    good(cx).await?;
    let recorder = cx.recorder().clone();
    cx.on_cleanup("delete first", async move {
        recorder.note("deleted first");
        Ok(())
    });
    cx.on_cleanup("delete for ever", std::future::pending());
    Ok(())
}

async fn violating(cx: &mut Context) -> StepResult {
    cx.recorder().violation("the gateway's answer bears no X-Request-ID");
    good(cx).await
}

const fn made(
    id: &'static str,
    needs: &'static [&'static str],
    run: crate::context::StepFn,
) -> Step {
    let budget = Budget::seconds(5);
    Step { id, title: "", source: "", labels: &[], needs, requires: &[], budget, run }
}

const fn scenario(id: &'static str, steps: &'static [Step]) -> Scenario {
    Scenario { id, title: "", objective: "", source: "", labels: &[], requires: &[], steps }
}

/// A run of fake scenarios.
struct Play {
    table: &'static [&'static Scenario],
    invariants: &'static [Invariant],
    retries: u32,
    fail_fast: bool,
    quarantine: &'static str,
    interrupt: Interrupt,
    features: Vec<Feature>,
}

impl Default for Play {
    fn default() -> Self {
        Self {
            table: &[],
            invariants: &[],
            retries: 0,
            fail_fast: false,
            quarantine: "",
            interrupt: Interrupt::default(),
            features: Feature::ALL.to_vec(),
        }
    }
}

impl Play {
    async fn run(self) -> (RunSummary, RunOutcome) {
        let text = include_str!("../../../topology.json");
        let mut topology = Topology::parse(Path::new("topology.json"), text).unwrap();
        topology.platform.features = self.features.into_iter().collect();
        let selection = Filter::default().select(self.table).unwrap();
        let pace = Pace { timings: &topology.timings, scale: 1.0 };
        let started = RunStarted {
            flaky_fails: true,
            plan: planned(&selection, !self.invariants.is_empty(), pace),
            ..RunStarted::default()
        };
        let recorder = Recorder::in_memory();
        let log = recorder.log().clone();
        let topology = Arc::new(topology);
        let runner = Runner {
            handles: Arc::new(RunHandles::new(topology, "1a2b", recorder, None, 1.0)),
            selection,
            invariants: self.invariants,
            capabilities: None,
            logs: None,
            interrupt: self.interrupt,
            retries: self.retries,
            exclusive: None,
            fail_fast: self.fail_fast,
            quarantine: quarantine(self.quarantine, self.table),
            broken: None,
        };
        let outcome = runner.run(started).await;
        (fold(&log.events()), outcome)
    }
}

/// The named steps, until a day that has come and gone or that never will.
fn quarantine(steps: &str, table: &[&Scenario]) -> Quarantine {
    let file = tempfile::NamedTempFile::new().unwrap();
    let entries = steps.split_whitespace().map(|step| {
        let (step, until) = step.split_once('@').unwrap();
        json!({ "steps": [step], "owner": "storage team", "why": "P-1", "until": until })
    });
    let list = json!({ "quarantine": entries.collect::<Vec<_>>() });
    std::fs::write(file.path(), list.to_string()).unwrap();
    let today = time::OffsetDateTime::now_utc().date();
    Quarantine::read(file.path(), table, today).unwrap()
}

async fn play(table: &'static [&'static Scenario]) -> (RunSummary, RunOutcome) {
    Play { table, ..Play::default() }.run().await
}

fn step<'a>(run: &'a RunSummary, name: &str) -> &'a StepSummary {
    let found = run.steps().find(|(scenario, step)| format!("{}/{}", scenario.id, step.id) == name);
    found.unwrap_or_else(|| panic!("no {name}")).1
}

#[track_caller]
fn assert_step(run: &RunSummary, name: &str, verdict: Verdict, message: &str) {
    let step = step(run, name);
    assert_eq!((step.verdict(), step.message().as_str()), (verdict, message), "{name}");
}

#[tokio::test(start_paused = true)]
async fn every_end_has_its_verdict_and_its_message() {
    const ENDS: Scenario = scenario(
        "ends",
        &[
            made("good", &[], step!(good)),
            made("failing", &[], step!(failing)),
            made("broken", &[], step!(broken)),
            made("panicking", &[], step!(panicking)),
            made("blind", &[], step!(blind)),
            made("unfinished", &[], step!(unfinished)),
            made("unjudged", &[], step!(unjudged)),
            made("violating", &[], step!(violating)),
            made("late", &[], step!(late)),
            made("after-good", &["good"], step!(good)),
            made("after-failing", &["good", "failing"], step!(good)),
            made("after-after", &["after-failing"], step!(good)),
        ],
    );
    let (run, outcome) = play(&[&ENDS]).await;
    use Verdict::{Error, Failed, Passed, Skipped};
    assert_eq!(outcome, RunOutcome::Failed);
    assert_step(&run, "ends/good", Passed, "");
    assert_step(&run, "ends/failing", Failed, "status: expected 200, got 500");
    assert_step(&run, "ends/broken", Error, "ask the gateway: no route to host");
    assert_step(&run, "ends/blind", Error, "passed without looking: the step recorded no evidence");
    assert_step(
        &run,
        "ends/unfinished",
        Error,
        "1 checks were made and never finished, 1 of them violated",
    );
    assert_step(&run, "ends/unjudged", Skipped, "needs two agents, there is one");
    assert_step(
        &run,
        "ends/violating",
        Failed,
        "answers broke the contract: the gateway's answer bears no X-Request-ID",
    );
    assert_step(&run, "ends/late", Failed, "took 5.0 s, over its budget of 5.0 s");
    assert_step(&run, "ends/after-good", Passed, "");
    assert_step(&run, "ends/after-failing", Skipped, "needs failing, which failed");
    assert_step(
        &run,
        "ends/after-after",
        Skipped,
        "needs failing, which failed (through after-failing)",
    );
    assert_step(&run, "ends/clean-up", Passed, "");
    let panicked = step(&run, "ends/panicking");
    assert_eq!(panicked.verdict(), Error);
    let message = panicked.message();
    assert!(message.starts_with("the step panicked: verifier/src/engine/runner_tests.rs:"));
    assert!(message.ends_with(": index out of bounds"), "{message}");
    assert_eq!(run.finished.unwrap().exit_code, 1);
}

#[tokio::test(start_paused = true)]
async fn a_step_over_its_budget_tells_what_it_saw_last() {
    const SLOW: Scenario =
        scenario("slow", &[made("endless", &[], step!(endless)), made("stuck", &[], step!(stuck))]);
    let (run, outcome) = play(&[&SLOW]).await;
    assert_eq!(outcome, RunOutcome::Failed);
    let message = step(&run, "slow/endless").message();
    assert!(
        message.starts_with(
            "timed out waiting until the node is active; last status: inactive\n  waited 5.0 s"
        ),
        "{message}"
    );
    assert_step(
        &run,
        "slow/stuck",
        Verdict::Failed,
        "over its budget of 5.0 s; nothing was being awaited; the last wait, until the node is \
         there, came true\n  the last thing seen was etcd: get /nodes/agent1",
    );
}

#[tokio::test(start_paused = true)]
async fn clean_ups_run_in_reverse_and_one_that_fails_does_not_stop_the_others() {
    const LITTER: Scenario = scenario("litter", &[made("littering", &[], step!(littering))]);
    let (run, outcome) = play(&[&LITTER]).await;
    assert_eq!(outcome, RunOutcome::Failed);
    assert_eq!(*CLEANED.lock().unwrap(), ["delete d", "delete c", "delete b", "delete a"]);
    let clean_up = step(&run, "litter/clean-up");
    assert_eq!(clean_up.verdict(), Verdict::Error);
    let message = clean_up.message();
    let lines: Vec<&str> = message.lines().collect();
    assert!(lines[0].starts_with("failed to delete c: it panicked: "), "{message}");
    assert_eq!(lines[1..], ["failed to delete b: 409"]);
}

#[tokio::test(start_paused = true)]
async fn a_clean_up_that_hangs_is_given_up() {
    const SLOW: Scenario = scenario("slow", &[made("a", &[], step!(leaving_something_slow))]);
    let (run, outcome) = play(&[&SLOW]).await;
    assert_eq!(outcome, RunOutcome::Error);
    let message = step(&run, "slow/clean-up").message();
    assert!(message.starts_with("failed to delete for ever: not done within "), "{message}");
    assert_eq!(run.notes, ["deleted first"]);
}

/// Deletes what only goes a second later, or never.
async fn deleting(cx: &mut Context, until_gone: Duration) -> StepResult {
    static LOOK: LastLook = LastLook { before: step!(noting), after: step!(looking) };
    good(cx).await?;
    let gone = Arc::new(Mutex::new(None));
    cx.put(Deletion { gone: gone.clone(), noted: false });
    cx.gone_at_the_end("w-1", &LOOK);
    cx.on_cleanup("delete w-1", async move {
        *gone.lock().unwrap() = Some(Instant::now() + until_gone);
        Ok(())
    });
    Ok(())
}

struct Deletion {
    gone: Arc<Mutex<Option<Instant>>>,
    noted: bool,
}

async fn noting(cx: &mut Context) -> StepResult {
    let deletion = cx.get_mut::<Deletion>()?;
    deletion.noted = deletion.gone.lock().unwrap().is_none();
    Ok(())
}

async fn looking(cx: &mut Context) -> StepResult {
    let Deletion { gone, noted } = cx.take()?;
    assert!(noted, "looked at before anything was deleted");
    let [id] = cx.deleted_at_the_end().into_iter().collect::<Vec<_>>().try_into().unwrap();
    cx.record("docker", format!("containers of {id}"), Value::Null);
    cx.wait("nothing is left", async || match *gone.lock().unwrap() {
        Some(gone) if gone <= Instant::now() => Progress::Ready(()),
        _ => Progress::not_yet(format!("agent1 has {id}")),
    })
    .await
}

async fn deleting_soon(cx: &mut Context) -> StepResult {
    deleting(cx, Duration::from_secs(1)).await
}

async fn deleting_never(cx: &mut Context) -> StepResult {
    deleting(cx, Duration::from_secs(3600)).await
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_is_waited_for_and_what_stays_fails() {
    const SOON: Scenario = scenario("soon", &[made("a", &[], step!(deleting_soon))]);
    const NEVER: Scenario = scenario("never", &[made("a", &[], step!(deleting_never))]);
    let (run, outcome) = play(&[&SOON, &NEVER]).await;
    assert_eq!(outcome, RunOutcome::Failed);
    assert_step(&run, "soon/clean-up", Verdict::Passed, "");
    let clean_up = step(&run, "never/clean-up");
    assert_eq!(clean_up.verdict(), Verdict::Failed);
    let message = clean_up.message();
    let told = "timed out waiting until nothing is left; last status: agent1 has w-1";
    assert!(message.starts_with(told), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_scenario_that_passes_when_tried_again_is_flaky() {
    const WAVERING: Scenario = scenario(
        "wavering",
        &[made("flaky", &[], step!(flaky)), made("next", &["flaky"], step!(good))],
    );
    const FIRM: Scenario = scenario("firm", &[made("failing", &[], step!(failing))]);
    let play = Play { table: &[&WAVERING, &FIRM], retries: 2, ..Play::default() };
    let (run, outcome) = play.run().await;
    assert_eq!(outcome, RunOutcome::Failed);
    assert_step(
        &run,
        "wavering/flaky",
        Verdict::Flaky,
        "flaky: passed in attempt 2, but not in attempt 1: no answer\n  for long",
    );
    assert_step(&run, "wavering/next", Verdict::Passed, "");
    assert_eq!(step(&run, "firm/failing").attempts.len(), 3);
    assert_step(&run, "firm/failing", Verdict::Failed, "status: expected 200, got 500");
}

#[tokio::test(start_paused = true)]
async fn what_is_quarantined_goes_wrong_and_the_run_passes() {
    const KNOWN: Scenario = scenario(
        "known",
        &[
            made("failing", &[], step!(failing)),
            made("next", &["failing"], step!(good)),
            made("good", &[], step!(good)),
        ],
    );
    let quarantine = "known/failing@9999-12-31 known/good@9999-12-31";
    let play =
        Play { table: &[&KNOWN], retries: 2, fail_fast: true, quarantine, ..Play::default() };
    let (run, outcome) = play.run().await;
    assert_eq!(outcome, RunOutcome::Passed);
    assert_step(
        &run,
        "known/failing",
        Verdict::Quarantined,
        "quarantined until 9999-12-31 (storage team: P-1); it failed: status: expected 200, got 500",
    );
    assert_eq!(step(&run, "known/failing").attempts.len(), 1, "nobody waits for it to pass");
    let skipped = "needs failing, which went wrong and is quarantined";
    assert_step(&run, "known/next", Verdict::Skipped, skipped);
    assert_step(&run, "known/good", Verdict::Passed, "");
    let reminder =
        "known/good passed this time, and is quarantined until 9999-12-31 (storage team: P-1)";
    assert_eq!(run.notes, [reminder]);
}

#[tokio::test(start_paused = true)]
async fn a_step_counts_again_when_its_quarantine_is_over() {
    const KNOWN: Scenario = scenario("known", &[made("failing", &[], step!(failing))]);
    let quarantine = "known/failing@2026-01-02";
    let (run, outcome) = Play { table: &[&KNOWN], quarantine, ..Play::default() }.run().await;
    assert_eq!(outcome, RunOutcome::Failed);
    assert_step(&run, "known/failing", Verdict::Failed, "status: expected 200, got 500");
    let reminder =
        "the quarantine of known/failing is over, it lasted until 2026-01-02 (storage team: P-1)";
    assert_eq!(run.notes, [reminder]);
}

#[tokio::test(start_paused = true)]
async fn fail_fast_begins_nothing_more() {
    const FIRST: Scenario =
        scenario("first", &[made("failing", &[], step!(failing)), made("good", &[], step!(good))]);
    const SECOND: Scenario = scenario("second", &[made("good", &[], step!(good))]);
    let play = Play { table: &[&FIRST, &SECOND], fail_fast: true, ..Play::default() };
    let (run, outcome) = play.run().await;
    assert_eq!(outcome, RunOutcome::Failed);
    let skipped = "--fail-fast, and first/failing failed";
    assert_step(&run, "first/good", Verdict::Skipped, skipped);
    assert_step(&run, "second/good", Verdict::Skipped, skipped);
    assert_step(&run, "first/clean-up", Verdict::Passed, "");
}

#[tokio::test(start_paused = true)]
async fn what_the_platform_lacks_is_skipped_and_alone_proves_nothing() {
    const NEEDY: Scenario = Scenario {
        requires: &[Requirement::Feature(Feature::Oauth)],
        ..scenario("needy", &[made("good", &[], step!(good))])
    };
    let play = Play { table: &[&NEEDY], features: vec![Feature::Delete], ..Play::default() };
    let (run, outcome) = play.run().await;
    assert_eq!(outcome, RunOutcome::NothingRan);
    let missing = "needs feature oauth, which platform.features lacks";
    assert_step(&run, "needy/good", Verdict::Skipped, missing);
    assert_step(&run, "needy/clean-up", Verdict::Skipped, "no step of the scenario ran");
}

#[tokio::test(start_paused = true)]
async fn invariants_are_all_checked_and_must_look_too() {
    const fn invariant(id: &'static str, run: crate::context::StepFn) -> Invariant {
        Invariant { id, title: "", run }
    }
    const PLAIN: Scenario = scenario("plain", &[made("good", &[], step!(good))]);
    const VIOLATED: &[Invariant] = &[
        invariant("held", step!(good)),
        invariant("violated", step!(failing)),
        invariant("panicking", step!(panicking)),
        invariant("unjudged", step!(unjudged)),
    ];
    let (run, _) = Play { table: &[&PLAIN], invariants: VIOLATED, ..Play::default() }.run().await;
    let invariants = step(&run, "plain/invariants");
    assert_eq!(invariants.verdict(), Verdict::Failed);
    let message = invariants.message();
    assert!(message.starts_with("violated: status: expected 200, got 500\npanicking: it panicked"));
    const BLIND: &[Invariant] = &[invariant("blind", step!(blind))];
    let (run, _) = Play { table: &[&PLAIN], invariants: BLIND, ..Play::default() }.run().await;
    assert_eq!(step(&run, "plain/invariants").verdict(), Verdict::Error);
}

#[tokio::test(start_paused = true)]
async fn what_no_step_has_healed_is_healed_before_the_invariants_and_told_if_it_cannot_be() {
    static BROKEN: AtomicU32 = AtomicU32::new(0);
    async fn breaking(cx: &mut Context) -> StepResult {
        BROKEN.store(1, Ordering::SeqCst);
        cx.heal_at_the_end("heal the link", async {
            BROKEN.store(0, Ordering::SeqCst);
            Ok(())
        });
        good(cx).await
    }
    async fn whole(cx: &mut Context) -> StepResult {
        let mut checks = cx.checks();
        checks.equal("broken", BROKEN.load(Ordering::SeqCst), 0);
        checks.finish()?;
        good(cx).await
    }
    async fn incurable(cx: &mut Context) -> StepResult {
        cx.heal_at_the_end("heal the disk", async { Err(StepError::error("no answer")) });
        good(cx).await
    }
    const WHOLE: &[Invariant] = &[Invariant { id: "whole", title: "", run: step!(whole) }];
    const BREAKS: Scenario = scenario("breaks", &[made("breaking", &[], step!(breaking))]);
    const STAYS: Scenario = scenario("stays", &[made("incurable", &[], step!(incurable))]);
    let table: &[&Scenario] = &[&BREAKS, &STAYS];
    let (run, _) = Play { table, invariants: WHOLE, ..Play::default() }.run().await;
    assert_step(&run, "breaks/invariants", Verdict::Passed, "");
    let told = "failed to heal the disk: no answer";
    assert_step(&run, "stays/invariants", Verdict::Error, told);
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_run_cleans_up_and_reports_everything() {
    const HURT: Scenario = scenario(
        "hurt",
        &[
            made("littering", &[], step!(leaving_something_slow)),
            made("endless", &[], step!(endless)),
            made("never", &[], step!(good)),
        ],
    );
    const NEVER: Scenario = scenario("never", &[made("good", &[], step!(good))]);
    let interrupt = Interrupt::default();
    let later = interrupt.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(2)).await;
        later.trigger();
    });
    let begun = tokio::time::Instant::now();
    // What was cut off has shown nothing that somebody could have known.
    let quarantine = "hurt/endless@9999-12-31 hurt/never@9999-12-31";
    let table = &[&HURT, &NEVER];
    let play = Play { table, interrupt, retries: 3, quarantine, ..Play::default() };
    let (run, outcome) = play.run().await;
    assert_eq!(outcome, RunOutcome::Interrupted);
    assert!(begun.elapsed() < Duration::from_secs(13), "{:?}", begun.elapsed());
    let message = step(&run, "hurt/endless").message();
    assert!(
        message.starts_with("interrupted; was waiting until the node is active; last status"),
        "{message}"
    );
    let never = "interrupted before it could run";
    assert_step(&run, "hurt/never", Verdict::Error, never);
    assert_step(&run, "never/good", Verdict::Error, never);
    let clean_up = step(&run, "hurt/clean-up");
    assert_eq!(clean_up.message(), "failed to delete for ever: not done within 5.0 s");
    assert_eq!(run.finished.unwrap().exit_code, 130);
}
