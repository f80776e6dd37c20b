//! How probes write down what they saw.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Cause, ProbeError, Question};
use crate::{evidence::Recorder, standstill::Standstills};

/// The recorder of a scenario, as probes use it.
#[derive(Clone)]
pub(super) struct Evidence {
    recorder: Recorder,
    standstills: Standstills,
    muted: bool,
}

impl Evidence {
    pub fn new(recorder: Recorder) -> Self {
        Self { recorder, standstills: Standstills::default(), muted: false }
    }

    /// The same, and when this machine stands still from now on is known.
    pub fn watching(self) -> Self {
        Self { standstills: Standstills::watch(), ..self }
    }

    /// For how long this machine has stood still since then.
    pub fn standstill(&self, since: Instant) -> Duration {
        self.standstills.between(since, Instant::now())
    }

    /// The same without records of answers; violations are still told.
    pub fn muted(&self) -> Self {
        Self { muted: true, ..self.clone() }
    }

    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Records an answer. `passing` holds what differs each time the same is
    /// seen, such as durations and request ids; it does not make an answer new.
    pub fn saw(&self, kind: &str, summary: impl Into<String>, data: Value, passing: Value) {
        if !self.muted {
            self.recorder.record_passing(kind, summary, data, passing);
        }
    }

    /// Fails the running step: the platform broke a promise that holds always.
    pub fn violation(&self, text: impl Into<String>) {
        let text = text.into();
        self.recorder.record("violation", text.clone(), Value::Null);
        self.recorder.violation(text);
    }

    /// Records that there was no answer, and hands the error on.
    pub fn unanswered(&self, kind: &str, question: Question, cause: Cause) -> ProbeError {
        let Question { who, address, what } = &question;
        let data = json!({ "address": address, "asked": what, "unanswered": cause.to_string() });
        self.saw(kind, format!("{who}: {what}: {cause}"), data, Value::Null);
        ProbeError::unanswered(question, cause)
    }
}
