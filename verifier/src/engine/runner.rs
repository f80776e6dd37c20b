//! Runs a selection from the first step to the last word.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Capabilities, CapabilitySource, ExclusiveLock, Interrupt,
    capabilities::Requirements,
    log_mirror::LogMirror,
    scenario_run::{ScenarioRun, Shared},
    tally::Tally,
};
use crate::{
    context::RunHandles,
    events::{Body, RunFinished, RunOutcome, RunStarted, Verdict},
    evidence::StepError,
    plan::{Invariant, Quarantine, Requirement, Selected},
};

pub struct Runner {
    pub handles: Arc<RunHandles>,
    pub selection: Vec<Selected>,
    pub invariants: &'static [Invariant],
    pub capabilities: Option<Arc<dyn CapabilitySource>>,
    pub logs: Option<LogMirror>,
    pub interrupt: Interrupt,
    /// Shared with other verifiers on this machine.
    pub exclusive: Option<ExclusiveLock>,
    /// How often a scenario that did not pass is run again.
    pub retries: u32,
    pub fail_fast: bool,
    /// What may go wrong without the run's failing for it.
    pub quarantine: Quarantine,
    /// Why nothing can be run at all; every step is then reported with it.
    pub broken: Option<StepError>,
}

impl Runner {
    /// Runs everything; the run's events are complete when it returns.
    pub async fn run(mut self, started: RunStarted) -> RunOutcome {
        let log = self.handles.recorder.log().clone();
        let begun = log.elapsed_ms();
        let flaky_fails = started.flaky_fails;
        let mut tally = Tally::of_plan(&started.plan);
        log.write(None, None, Body::RunStarted(Box::new(started)));
        let requirements = self.requirements().await;
        let mut stopped = self.broken.take();
        // Held to the end of the run: fetching the last logs is work, too.
        let mut turn = None;
        for selected in &self.selection {
            // Whoever waits to measure has a chance between two scenarios.
            drop(turn.take());
            // Waiting for it counts neither into the scenario's time nor into a step's budget.
            let next = match &self.exclusive {
                Some(lock) if stopped.is_none() => {
                    lock.turn(selected.scenario, &self.interrupt, &self.handles.recorder).await
                }
                _ => Ok(None),
            };
            turn = next.unwrap_or_else(|error| {
                stopped = Some(error);
                None
            });
            for attempt in 1..=self.retries + 1 {
                let last_attempt = attempt > self.retries;
                let run = ScenarioRun {
                    shared: Shared {
                        handles: &self.handles,
                        requirements: &requirements,
                        invariants: self.invariants,
                        interrupt: &self.interrupt,
                        fail_fast: self.fail_fast,
                        logs: self.logs.as_mut(),
                        tally: &mut tally,
                        quarantine: &self.quarantine,
                        stopped: &mut stopped,
                    },
                    selected,
                    attempt,
                    last_attempt,
                    verdicts: BTreeMap::new(),
                    blocked_by: BTreeMap::new(),
                };
                if !run.run().await.is_bad() || self.interrupt.is_set() {
                    break;
                }
            }
        }
        self.handles.recorder.enter(None, None);
        for text in self.reminders(&tally) {
            self.handles.recorder.note(text);
        }
        if let Some(logs) = &mut self.logs {
            tokio::select! {
                unread = logs.finish() => for text in unread {
                    self.handles.recorder.note(text);
                },
                () = self.interrupt.insisted() => {}
            }
        }
        let outcome = if self.interrupt.is_set() {
            RunOutcome::Interrupted
        } else if log.broken().is_some() {
            RunOutcome::Error
        } else {
            tally.outcome(flaky_fails)
        };
        log.write(
            None,
            None,
            Body::RunFinished(RunFinished {
                outcome,
                exit_code: outcome.exit_code(),
                duration_ms: log.elapsed_ms() - begun,
            }),
        );
        outcome
    }

    /// Of what is quarantined and should not be, or is so no longer.
    fn reminders(&self, tally: &Tally) -> Vec<String> {
        let reminder = |(scenario, step, verdict): (&str, &str, Verdict)| {
            let name = format!("{scenario}/{step}");
            if let Some(known) = self.quarantine.over(scenario, step) {
                return Some(format!("the quarantine of {name} is over, it lasted {known}"));
            }
            let known = self.quarantine.current(scenario, step)?;
            (verdict == Verdict::Passed)
                .then(|| format!("{name} passed this time, and is quarantined {known}"))
        };
        tally.verdicts().filter_map(reminder).collect()
    }

    /// Asks the machines what they can do, if any step needs to know.
    async fn requirements(&self) -> Requirements {
        let asked = self.selection.iter().any(|selected| {
            let steps = selected.steps.iter().flat_map(|step| step.requires);
            selected
                .scenario
                .requires
                .iter()
                .chain(steps)
                .any(|requirement| matches!(requirement, Requirement::Capability(_)))
        });
        let capabilities = match &self.capabilities {
            _ if !asked => Ok(Capabilities::default()),
            None => Err(StepError::error("this run has no fault daemons")),
            Some(source) => tokio::select! {
                capabilities = source.capabilities() => capabilities,
                () = self.interrupt.wanted() => Err(StepError::error("interrupted")),
            },
        };
        let host = self.handles.probes.as_ref().is_some_and(|probes| probes.host().is_some());
        Requirements::new(self.handles.topology.platform.clone(), capabilities)
            .with_host_channel(host)
    }
}

#[cfg(test)]
#[path = "runner_tests.rs"]
mod tests;
