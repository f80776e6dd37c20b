//! `audit.json`: all that an audit has found out, written anew after each defect.

use std::{collections::BTreeMap, fs, path::Path};

use serde::{Deserialize, Serialize};

use super::Judged;
use crate::{atomic_file::replace_file, bisect::BisectError};

/// Raised when a reader of an older record could not make sense of it.
const SCHEMA: u32 = 1;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditRecord {
    pub schema: u32,
    /// What the sound platform does, by scenario.
    pub baseline: BTreeMap<String, Baseline>,
    pub judged: Vec<Judged>,
}

/// A run of one scenario's steps against the sound platform.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Baseline {
    /// Of the whole run, the lab's coming up included.
    pub seconds: f64,
    /// The steps that were run and passed, and how long each took, in seconds.
    pub passed: BTreeMap<String, f64>,
    /// Why those that were skipped were.
    pub skipped: BTreeMap<String, String>,
    pub fingerprint: String,
    /// Whether all of the scenario's steps were to be run.
    #[serde(default)]
    pub is_whole: bool,
}

impl AuditRecord {
    /// What an earlier audit has left; nothing if there was none.
    pub fn read(file: &Path) -> Result<Self, BisectError> {
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::new()),
            Err(error) => return Err(unreadable(file, &error)),
        };
        let record: Self = serde_json::from_str(&text).map_err(|error| unreadable(file, &error))?;
        if record.schema != SCHEMA {
            let why = format!("it has schema {}, not {SCHEMA}", record.schema);
            return Err(unreadable(file, &why));
        }
        Ok(record)
    }

    pub fn new() -> Self {
        Self { schema: SCHEMA, ..Self::default() }
    }

    pub fn write(&self, file: &Path) -> Result<(), BisectError> {
        let text = serde_json::to_vec_pretty(self).unwrap_or_default();
        replace_file(file, &text).map_err(|error| {
            BisectError::environment(format!("failed to write {}: {error}", file.display()))
        })
    }

    /// Puts a verdict in the place of an older one.
    pub fn enter(&mut self, judged: Judged) {
        self.judged.retain(|one| one.name != judged.name);
        self.judged.push(judged);
    }

    pub fn of(&self, name: &str) -> Option<&Judged> {
        self.judged.iter().find(|one| one.name == name)
    }

    /// The steps of the baseline that caught nothing.
    pub fn idle_steps(&self) -> Vec<String> {
        let steps = self.baseline.values().flat_map(|baseline| baseline.passed.keys());
        steps.filter(|step| !self.has_caught(step)).cloned().collect()
    }

    pub fn has_caught(&self, step: &str) -> bool {
        self.judged.iter().any(|one| match &one.outcome {
            super::Outcome::Caught { by, .. } => by.iter().any(|other| other == step),
            _ => false,
        })
    }
}

fn unreadable(file: &Path, why: &dyn std::fmt::Display) -> BisectError {
    BisectError::usage(format!(
        "failed to read {}: {why}; leave --resume out to begin anew",
        file.display()
    ))
}
