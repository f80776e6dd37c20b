//! Events in, summary out.

use super::summary::{Attempt, RunSummary, ScenarioSummary, StepSummary};
use crate::events::{Body, Event};

/// The summary of all events of a run.
pub fn fold(events: &[Event]) -> RunSummary {
    let mut folding = Fold::default();
    for event in events {
        folding.apply(event);
    }
    folding.summary
}

/// A fold that goes on while the run does.
#[derive(Default)]
pub struct Fold {
    pub summary: RunSummary,
    /// When the running step started, in milliseconds since the run's start.
    step_at: f64,
}

impl Fold {
    pub fn apply(&mut self, event: &Event) {
        self.summary.last_ms = self.summary.last_ms.max(event.at);
        self.count_on(event);
        match &event.body {
            Body::RunStarted(started) => {
                self.summary.timestamp.clone_from(&event.ts);
                self.summary.notes.clone_from(&started.notes);
                self.summary.started = (**started).clone();
                self.plan();
            }
            Body::ScenarioStarted(started) => {
                if let Some(scenario) = self.scenario(event) {
                    scenario.timestamp.get_or_insert_with(|| event.ts.clone());
                    scenario.attempts = started.attempt;
                    scenario.measurements.clear();
                    scenario.responses.clear();
                }
            }
            Body::StepStarted(started) => {
                self.step_at = event.at;
                if let Some(step) = self.step(event) {
                    step.attempts.push(Attempt { at: event.at, ..Attempt::default() });
                    step.budget_ms = started.budget_ms;
                    if step.title.is_empty() {
                        step.title.clone_from(&started.title);
                    }
                }
            }
            Body::Waiting(waiting) => {
                let text = format!("until {}: {}", waiting.what, waiting.status);
                self.tell(event, "waiting", &text);
                if let Some(attempt) = self.attempt(event) {
                    attempt.waiting = Some(waiting.clone());
                }
            }
            Body::Evidence(evidence) => {
                self.tell(event, &evidence.kind, &evidence.summary);
                let machines = &self.summary.started.machines;
                let machine = |address: &str| {
                    let found = machines.iter().find(|(_, known)| *known == address);
                    found.map_or(address, |(name, _)| name).to_owned()
                };
                self.summary.timeline.see(event.at, evidence, machine);
                let took = evidence.data["ms"].as_f64().filter(|_| evidence.kind == "http");
                if let (Some(took), Some(scenario)) = (took, self.scenario(event)) {
                    scenario.responses.push(took);
                }
            }
            Body::Measurement(measured) => {
                let text = format!("{} = {} {}", measured.name, measured.value, measured.unit);
                self.tell(event, "measured", &text);
                self.summary.timeline.measure(event.at, measured);
                if let Some(scenario) = self.scenario(event) {
                    scenario.measurements.retain(|known| known.name != measured.name);
                    scenario.measurements.push(measured.clone());
                }
            }
            Body::Fault(fault) => {
                let detail = fault.detail.as_deref().unwrap_or_default();
                let text =
                    format!("{} on {}: {} {detail}", fault.change, fault.machine, fault.fault);
                self.tell(event, "fault", text.trim_end());
                self.summary.timeline.change(event.at, fault);
            }
            Body::Operation(ended) => self.tell(event, "asked", &ended.to_string()),
            Body::LogSlice(slice) => {
                if let Some(attempt) = self.attempt(event) {
                    attempt.logs.push(slice.clone());
                }
            }
            Body::StepFinished(finished) => {
                let Some(step) = self.step(event) else { return };
                // A step that never began has no attempt yet.
                if step.attempts.last().is_none_or(|attempt| attempt.verdict.is_some()) {
                    step.attempts.push(Attempt { at: event.at, ..Attempt::default() });
                }
                if let Some(attempt) = step.attempts.last_mut() {
                    attempt.verdict = Some(finished.verdict);
                    attempt.message.clone_from(&finished.message);
                    attempt.duration_ms = finished.duration_ms;
                    attempt.observations = finished.observations;
                    attempt.repeated = finished.repeated;
                }
            }
            Body::ScenarioFinished(finished) => {
                if let Some(scenario) = self.scenario(event) {
                    scenario.finished_ms += finished.duration_ms;
                }
            }
            Body::Note(note) => self.summary.notes.push(note.text.clone()),
            Body::RunFinished(finished) => self.summary.finished = Some(finished.clone()),
            Body::Unknown => {}
        }
    }

    /// A step that is never finished lasted at least until its last sign of life.
    fn count_on(&mut self, event: &Event) {
        let ms = event.at - self.step_at;
        if let Some(attempt) = self.attempt(event)
            && attempt.verdict.is_none()
        {
            attempt.duration_ms = ms;
        }
    }

    /// What is planned counts from the beginning.
    fn plan(&mut self) {
        let scenarios = self.summary.started.plan.iter().map(|planned| ScenarioSummary {
            id: planned.id.clone(),
            title: planned.title.clone(),
            objective: planned.objective.clone(),
            source: planned.source.clone(),
            steps: planned
                .steps
                .iter()
                .map(|step| StepSummary {
                    id: step.id.clone(),
                    title: step.title.clone(),
                    source: step.source.clone(),
                    budget_ms: step.budget_ms,
                    attempts: Vec::new(),
                })
                .collect(),
            ..ScenarioSummary::default()
        });
        self.summary.scenarios = scenarios.collect();
    }

    fn tell(&mut self, event: &Event, what: &str, text: &str) {
        let ms = event.at - self.step_at;
        if let Some(attempt) = self.attempt(event) {
            attempt.story.tell(ms, what, text);
        }
    }

    fn scenario(&mut self, event: &Event) -> Option<&mut ScenarioSummary> {
        let id = event.scenario.as_deref()?;
        self.summary.scenarios.iter_mut().find(|scenario| scenario.id == id)
    }

    fn step(&mut self, event: &Event) -> Option<&mut StepSummary> {
        let id = event.step.as_deref()?;
        self.scenario(event)?.steps.iter_mut().find(|step| step.id == id)
    }

    fn attempt(&mut self, event: &Event) -> Option<&mut Attempt> {
        self.step(event)?.attempts.last_mut()
    }
}
