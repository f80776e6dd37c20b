//! A search for secrets wherever the platform writes anything.

use std::collections::BTreeSet;

use persys_contract::StoreKeys;
use serde_json::json;

use super::secret_shapes;
use crate::{
    context::{Checks, Context},
    evidence::{LogName, LogSource, StepError, StepResult},
};

/// Bytes of a log that are asked for at a time.
const PIECE: u64 = 1 << 20;

/// Looks for every secret of the run by its value, and for others by their form. Whoever
/// searches looks for marks too, which are no secrets: a search that does not find them would
/// not find a secret either.
#[must_use = "call finish()?, or what was found goes unnoticed"]
pub struct SecretSearch<'a> {
    cx: &'a Context,
    pub checks: Checks,
    places: usize,
}

impl<'a> SecretSearch<'a> {
    pub fn begin(cx: &'a Context) -> Self {
        Self { cx, checks: cx.checks(), places: 0 }
    }

    fn text(&mut self, place: &str, text: &str) {
        let mut found = self.cx.probes().secrets().found_in(text);
        found.extend(secret_shapes::found_in(text).into_iter().map(str::to_owned));
        self.places += 1;
        if !found.is_empty() {
            self.checks.violated(place, format!("gives away {}", found.join(", ")));
        }
    }

    /// Searches every log of every machine; the components in whose logs `mark` is.
    pub async fn logs(&mut self, mark: &str) -> Result<Vec<String>, StepError> {
        let source = self.cx.probes().logs(self.cx.timeout_scale());
        let (names, errors) = source.logs().await;
        let failed = |error| StepError::error(format!("failed to read the logs of {error}"));
        if let Some(error) = errors.into_iter().next() {
            return Err(failed(error));
        }
        let mut marked = Vec::new();
        for name in names {
            let text = whole(&*source, &name).await.map_err(failed)?;
            let place = format!("log of {} of {}", name.component, name.machine);
            self.text(&place, &text);
            if text.contains(mark) {
                marked.push(name.component);
            }
        }
        Ok(marked)
    }

    /// Searches every key of etcd; the keys that were searched. A workload's git token belongs
    /// into its record: the agent needs it again at every start.
    pub async fn etcd(&mut self) -> Result<BTreeSet<String>, StepError> {
        let entries = self.cx.etcd().list("").await?;
        for entry in &entries {
            let mut text = String::from_utf8_lossy(&entry.value).into_owned();
            if entry.key.starts_with(StoreKeys::WORKLOADS) {
                let mut record = entry.json();
                record.as_object_mut().map(|fields| fields.remove("gitToken"));
                text = record.to_string();
            }
            self.text(&format!("etcd's {}", entry.key), &text);
        }
        Ok(entries.into_iter().map(|entry| entry.key).collect())
    }

    /// Searches every container's environment, command and labels; whether one of them has this
    /// variable.
    pub async fn containers(&mut self, (name, value): (&str, &str)) -> Result<bool, StepError> {
        let probes = self.cx.probes();
        let mut seen = false;
        for (node, docker) in probes.dockers() {
            for listed in docker.list(&[]).await? {
                let Some(container) = docker.inspect(&listed.id).await? else { continue };
                let env = container.env();
                seen |= env.get(name).is_some_and(|own| own == value);
                let text = json!([env, container.command(), container.labels()]).to_string();
                self.text(&format!("container {} of {node}", listed.name), &text);
            }
        }
        Ok(seen)
    }

    pub fn finish(self) -> StepResult {
        let summary = format!("{} places searched for secrets", self.places);
        self.cx.record("search", summary, json!({ "places": self.places }));
        self.checks.finish()
    }
}

async fn whole(
    source: &dyn LogSource,
    name: &LogName,
) -> Result<String, crate::evidence::LogError> {
    let (mut text, mut next) = (String::new(), 0);
    loop {
        let piece = source.read(name, next, PIECE).await?;
        if piece.next <= next {
            return Ok(text);
        }
        text.push_str(&piece.text);
        next = piece.next;
    }
}
