//! One attempt at one scenario: its steps in order, what must hold after it, and
//! its clean-up.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use persys_contract::topology::Topology;
use tokio::time::Instant;

use super::{
    Interrupt,
    capabilities::Requirements,
    cleanup::{clean_up, guarded},
    log_mirror::LogMirror,
    step_run::{Outcome, run_step},
    tally::Tally,
};
use crate::{
    context::{CleanUp, Context, LastLook, RunHandles},
    events::{
        Body, NOT_IN_ORDER, ScenarioFinished, ScenarioStarted, StepFinished, StepStarted, Verdict,
    },
    evidence::{Recorder, StepError, StepErrorKind, StepResult},
    plan::{
        Budget, CLEAN_UP, CLEAN_UP_BUDGET, INVARIANTS, INVARIANTS_BUDGET, Invariant, Quarantine,
        Scenario, Selected, Step,
    },
};

/// What the attempts of all scenarios share.
pub(crate) struct Shared<'a> {
    pub handles: &'a Arc<RunHandles>,
    pub requirements: &'a Requirements,
    pub invariants: &'static [Invariant],
    pub interrupt: &'a Interrupt,
    pub fail_fast: bool,
    pub logs: Option<&'a mut LogMirror>,
    pub tally: &'a mut Tally,
    pub quarantine: &'a Quarantine,
    /// Why nothing more is begun.
    pub stopped: &'a mut Option<StepError>,
}

pub(crate) struct ScenarioRun<'a> {
    pub shared: Shared<'a>,
    pub selected: &'a Selected,
    /// From 1.
    pub attempt: u32,
    /// Whether a bad end is tried again.
    pub last_attempt: bool,
    pub verdicts: BTreeMap<&'static str, Verdict>,
    /// The first need of each skipped step that was not met.
    pub blocked_by: BTreeMap<&'static str, &'static str>,
}

impl ScenarioRun<'_> {
    pub async fn run(mut self) -> Verdict {
        let scenario = self.selected.scenario;
        let started = Instant::now();
        self.recorder().enter(Some(scenario.id), None);
        let title = scenario.title.to_owned();
        self.recorder()
            .emit(Body::ScenarioStarted(ScenarioStarted { title, attempt: self.attempt }));
        if let Some(logs) = &mut self.shared.logs {
            logs.begin_window().await;
        }
        let mut cx = Context::new(self.shared.handles.clone());
        let mut began = false;
        for step in &self.selected.steps {
            match self.obstacle(scenario, step) {
                Some(obstacle) => {
                    let met = |need: &&&str| self.verdicts.get(**need) == Some(&Verdict::Passed);
                    if let Some(need) = step.needs.iter().find(|need| !met(need)) {
                        self.blocked_by.insert(step.id, need);
                    }
                    self.report(step.id, Outcome::of(obstacle)).await;
                }
                None => {
                    began = true;
                    let budget = self.begin(step.id, step.title, step.budget);
                    let outcome = run_step(&mut cx, budget, self.shared.interrupt, step.run).await;
                    self.report(step.id, outcome).await;
                }
            }
        }
        self.invariants(&mut cx, began).await;
        self.clean_up(cx, began).await;
        let verdict = Verdict::of_all(self.verdicts.values().copied());
        self.recorder().enter(Some(scenario.id), None);
        let duration_ms = started.elapsed().as_secs_f64() * 1000.0;
        let attempt = self.attempt;
        self.recorder().emit(Body::ScenarioFinished(ScenarioFinished {
            verdict,
            duration_ms,
            attempt,
        }));
        verdict
    }

    fn recorder(&self) -> &Recorder {
        &self.shared.handles.recorder
    }

    /// Why a step is not begun.
    fn obstacle(&self, scenario: &Scenario, step: &Step) -> Option<StepError> {
        if self.shared.interrupt.is_set() {
            return Some(StepError::error("interrupted before it could run"));
        }
        if let Some(stopped) = self.shared.stopped.clone() {
            return Some(stopped);
        }
        let missing = self.shared.requirements.missing(scenario.requires);
        if let Some(missing) = missing.or_else(|| self.shared.requirements.missing(step.requires)) {
            return Some(missing);
        }
        step.needs.iter().find_map(|need| self.unmet(need))
    }

    /// Why a needed step did not pass: the step at the root of it, and through
    /// which step it comes to matter.
    fn unmet(&self, need: &'static str) -> Option<StepError> {
        let Some(verdict) = self.verdicts.get(need) else {
            return Some(StepError::skipped(format!("needs {need}, which --skip left out")));
        };
        if *verdict == Verdict::Passed {
            return None;
        }
        let mut root = need;
        while let Some(next) = self.blocked_by.get(root) {
            root = next;
        }
        let why = match self.verdicts.get(root) {
            Some(verdict) => went(*verdict),
            None => "--skip left out",
        };
        let through = if root == need { String::new() } else { format!(" (through {need})") };
        Some(StepError::skipped(format!("needs {root}, which {why}{through}")))
    }

    /// Tells that a step begins, and how long it may take.
    fn begin(&self, id: &str, title: &str, budget: Budget) -> Duration {
        let handles = self.shared.handles;
        let budget = budget.resolve(&handles.topology.timings, handles.timeout_scale);
        self.recorder().enter(Some(self.selected.scenario.id), Some(id));
        self.recorder().emit(Body::StepStarted(StepStarted {
            title: title.to_owned(),
            attempt: self.attempt,
            budget_ms: budget.as_millis() as u64,
        }));
        budget
    }

    async fn report(&mut self, id: &'static str, mut outcome: Outcome) {
        let scenario = self.selected.scenario.id;
        if !outcome.began {
            self.recorder().enter(Some(scenario), Some(id));
        }
        if outcome.verdict.is_bad() && outcome.began {
            if let Some(logs) = &mut self.shared.logs
                && !self.shared.interrupt.is_set()
            {
                let recorder = &self.shared.handles.recorder;
                let about = named(&self.shared.handles.topology, &outcome.message);
                let ailing = logs.ailing().await;
                if !ailing.is_empty() {
                    outcome.message += &format!("\n  {NOT_IN_ORDER}{}", ailing.join(", "));
                }
                for slice in logs.slices(outcome.duration, &about).await {
                    recorder.emit(Body::LogSlice(slice));
                }
            }
            if !self.shared.interrupt.is_set()
                && let Some(known) = self.shared.quarantine.current(scenario, id)
            {
                let went = went(outcome.verdict);
                outcome.message = format!("quarantined {known}; it {went}: {}", outcome.message);
                outcome.verdict = Verdict::Quarantined;
            } else if self.shared.fail_fast && self.last_attempt && self.shared.stopped.is_none() {
                *self.shared.stopped = Some(StepError::skipped(format!(
                    "--fail-fast, and {scenario}/{id} {}",
                    went(outcome.verdict)
                )));
            }
        }
        self.verdicts.insert(id, outcome.verdict);
        self.shared.tally.add(scenario, id, outcome.verdict);
        self.recorder().emit(Body::StepFinished(StepFinished {
            verdict: outcome.verdict,
            message: outcome.message,
            duration_ms: outcome.duration.as_secs_f64() * 1000.0,
            attempt: self.attempt,
            observations: outcome.look.observations,
            repeated: outcome.look.repeated,
        }));
    }

    async fn invariants(&mut self, cx: &mut Context, began: bool) {
        let invariants = self.shared.invariants;
        if invariants.is_empty() {
            return;
        }
        if self.shared.interrupt.is_set() {
            let interrupted = StepError::error("interrupted before it could run");
            return self.report(INVARIANTS, Outcome::of(interrupted)).await;
        }
        if !began {
            let skipped = StepError::skipped("no step of the scenario ran");
            return self.report(INVARIANTS, Outcome::of(skipped)).await;
        }
        let title = "what must hold after every scenario holds";
        let budget = self.begin(INVARIANTS, title, INVARIANTS_BUDGET);
        let outcome = run_step(cx, budget, self.shared.interrupt, move |cx| {
            Box::pin(check_invariants(cx, invariants))
        })
        .await;
        self.report(INVARIANTS, outcome).await;
    }

    async fn clean_up(&mut self, mut cx: Context, began: bool) {
        if !began {
            let obstacle = if self.shared.interrupt.is_set() {
                StepError::error("interrupted before it could run")
            } else {
                StepError::skipped("no step of the scenario ran")
            };
            return self.report(CLEAN_UP, Outcome::of(obstacle)).await;
        }
        let title = "what the scenario made is gone again";
        let budget = self.begin(CLEAN_UP, title, CLEAN_UP_BUDGET);
        let begun = Instant::now();
        let interrupt = self.shared.interrupt;
        // Who wants the run to end does not want to wait for what goes by itself.
        if let Some(LastLook { before, .. }) = cx.last_look.get().filter(|_| !interrupt.is_set()) {
            cx.begin_step(budget);
            if let Err(error) = guarded(before(&mut cx)).await {
                let text = format!("not all could be noted before the clean-up: {error}");
                cx.record("note", text, serde_json::Value::Null);
            }
        }
        let mut outcome = clean_up(cx.clean_ups.clone(), budget, interrupt, self.recorder()).await;
        if let Some(LastLook { after, .. }) = cx.last_look.get().filter(|_| !interrupt.is_set()) {
            let rest = budget.saturating_sub(begun.elapsed());
            outcome = outcome.followed_by(run_step(&mut cx, rest, interrupt, *after).await);
        }
        self.report(CLEAN_UP, outcome).await;
    }
}

async fn check_invariants(cx: &mut Context, invariants: &[Invariant]) -> StepResult {
    let mut violated: Vec<(StepErrorKind, String)> = Vec::new();
    while let Some(CleanUp { what, run }) = cx.heals.pop() {
        if let Err(error) = guarded(run).await {
            violated.push((error.kind, format!("failed to {what}: {error}")));
        }
    }
    for invariant in invariants {
        match guarded((invariant.run)(cx)).await {
            Ok(()) => {}
            Err(error) if error.kind == StepErrorKind::Skipped => {
                let text = format!("{} was not checked: {error}", invariant.id);
                cx.record("note", text, serde_json::Value::Null);
            }
            Err(error) => violated.push((error.kind, format!("{}: {error}", invariant.id))),
        }
    }
    if violated.is_empty() {
        return Ok(());
    }
    let failed = violated.iter().any(|(kind, _)| *kind == StepErrorKind::Failed);
    let kind = if failed { StepErrorKind::Failed } else { StepErrorKind::Error };
    let texts: Vec<String> = violated.into_iter().map(|(_, text)| text).collect();
    Err(StepError { kind, message: texts.join("\n") })
}

/// The machines that a text speaks of, by name or address.
fn named(topology: &Topology, text: &str) -> Vec<String> {
    let mentions = |word: &str| {
        text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.'))
            .any(|part| part.trim_end_matches('.') == word)
    };
    topology
        .machines
        .iter()
        .filter(|(name, machine)| mentions(name) || mentions(&machine.address.to_string()))
        .map(|(name, _)| name.clone())
        .collect()
}

fn went(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::Error => "ended in an error",
        Verdict::Skipped => "was skipped",
        Verdict::Flaky => "was flaky",
        Verdict::Quarantined => "went wrong and is quarantined",
    }
}
