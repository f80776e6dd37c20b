//! Ends a run in which the verifier itself hangs: a step that blocks its thread
//! cannot be cut off by any deadline.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use super::Exit;
use crate::events::{Body, EventLog, RunFinished, RunOutcome, StepFinished, Verdict};

#[derive(Clone, Default)]
struct Running {
    scenario: Option<String>,
    step: Option<String>,
    attempt: u32,
    since: Option<Instant>,
    deadline: Option<Instant>,
    /// The run has come to its end, so that nothing is left to watch.
    over: bool,
}

/// Watches the run from a thread of its own. `patience` is what a step has beyond
/// its budget: its own deadline ends it long before, and what follows it, such as
/// fetching logs, is bounded by less.
pub fn watch(log: &Arc<EventLog>, patience: Duration) {
    let running = Arc::new(Mutex::new(Running::default()));
    let seen = running.clone();
    log.follow(move |event| {
        let mut running = seen.lock().unwrap_or_else(PoisonError::into_inner);
        match &event.body {
            Body::StepStarted(started) => {
                let now = Instant::now();
                *running = Running {
                    scenario: event.scenario.clone(),
                    step: event.step.clone(),
                    attempt: started.attempt,
                    since: Some(now),
                    deadline: Some(now + Duration::from_millis(started.budget_ms) + patience),
                    over: false,
                };
            }
            Body::StepFinished(_) => *running = Running::default(),
            Body::RunFinished(_) => *running = Running { over: true, ..Running::default() },
            _ => {}
        }
    });
    let log = log.clone();
    thread::spawn(move || {
        loop {
            thread::sleep(Duration::from_secs(1));
            let now = running.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if now.over {
                return;
            }
            if let (Some(since), Some(deadline)) = (now.since, now.deadline)
                && Instant::now() > deadline
            {
                give_up(&log, &now, since.elapsed());
            }
        }
    });
}

fn give_up(log: &EventLog, running: &Running, elapsed: Duration) {
    let message = format!(
        "the verifier hangs in this step: it blocks its thread and could not be cut off in {} s",
        elapsed.as_secs()
    );
    eprintln!("error: {message}");
    log.write(
        running.scenario.as_deref(),
        running.step.as_deref(),
        Body::StepFinished(StepFinished {
            verdict: Verdict::Error,
            message,
            duration_ms: elapsed.as_millis() as f64,
            attempt: running.attempt,
            observations: 0,
            repeated: 0,
        }),
    );
    let outcome = RunOutcome::Error;
    log.write(
        None,
        None,
        Body::RunFinished(RunFinished {
            outcome,
            exit_code: outcome.exit_code(),
            duration_ms: log.elapsed_ms(),
        }),
    );
    std::process::exit(Exit::Environment as i32);
}
