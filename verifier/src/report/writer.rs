//! Keeps the reports in step with the run.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    Digest, Paint, ResultsFolder, fold::Fold, json::json, junit::junit, page::page,
    summary::RunSummary, trace::trace,
};
use crate::{
    atomic_file::replace_file,
    events::{Body, Event, EventLog, RunStarted, SCHEMA},
    plan::PlanFile,
};

/// Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct ReportWriter {
    state: Arc<Mutex<State>>,
}

struct State {
    fold: Fold,
    folder: ResultsFolder,
    broken: Option<String>,
}

impl ReportWriter {
    pub fn new(folder: ResultsFolder) -> Self {
        let state = State { fold: Fold::default(), folder, broken: None };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Writes the reports anew whenever something is known that changes them,
    /// the first time when the run starts: then everything planned is an error.
    pub fn follow(&self, log: &EventLog) {
        let this = self.clone();
        log.follow(move |event| this.apply(event));
    }

    pub fn summary(&self) -> RunSummary {
        self.lock().fold.summary.clone()
    }

    /// The first error of writing a report.
    pub fn broken(&self) -> Option<String> {
        self.lock().broken.clone()
    }

    fn apply(&self, event: &Event) {
        let mut state = self.lock();
        state.fold.apply(event);
        let tells = matches!(
            event.body,
            Body::RunStarted(_)
                | Body::StepFinished(_)
                | Body::ScenarioFinished(_)
                | Body::RunFinished(_)
        );
        // The pictures grow with the run: not one after every step.
        let ends = matches!(event.body, Body::ScenarioFinished(_) | Body::RunFinished(_));
        let written =
            if tells { write_reports(&state.folder, &state.fold.summary) } else { Ok(()) };
        let drawn = if ends { write_pictures(&state.folder, &state.fold.summary) } else { Ok(()) };
        if let Err(error) = written.and(drawn) {
            state.broken.get_or_insert(error.to_string());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes the page and the trace of a run.
pub fn write_pictures(folder: &ResultsFolder, run: &RunSummary) -> io::Result<()> {
    let page = page(run).map_err(io::Error::other)?;
    replace_file(&folder.page(), page.as_bytes())?;
    replace_file(&folder.trace(), &trace(run))
}

/// Writes the reports that programs and a last look at the terminal need.
pub fn write_reports(folder: &ResultsFolder, run: &RunSummary) -> io::Result<()> {
    replace_file(&folder.junit(), &junit(run))?;
    replace_file(&folder.json(), &json(run))?;
    let digest = Digest::new(run, folder.shown()).render(Paint::plain());
    replace_file(&folder.digest(), digest.as_bytes())
}

/// Writes the record of a run that is over.
pub fn write_events(folder: &ResultsFolder, events: &[Event]) -> io::Result<()> {
    let mut text = Vec::new();
    for event in events {
        serde_json::to_writer(&mut text, event)?;
        text.push(b'\n');
    }
    replace_file(&folder.events(), &text)
}

/// Writes what is going to be run.
pub fn write_plan(folder: &ResultsFolder, started: &RunStarted) -> anyhow::Result<()> {
    let plan = PlanFile {
        schema: SCHEMA,
        run_id: started.run_id.clone(),
        profile: started.profile.clone(),
        seed: started.seed,
        timeout_scale: started.timeout_scale,
        scenarios: started.plan.clone(),
    };
    let mut text = serde_json::to_vec_pretty(&plan)?;
    text.push(b'\n');
    let file = folder.plan();
    replace_file(&file, &text).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))
}
