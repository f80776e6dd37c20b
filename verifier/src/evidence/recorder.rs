//! What steps saw, and whether they saw anything at all.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

use crate::events::{Body, EventLog, Evidence, FaultChange, Measurement, Note, OperationEnded};

/// Longer texts are cut in the middle; the ends tell most.
const LONGEST_TEXT: usize = 64 * 1024;
/// These kinds are no look at the platform.
const INWARD: [&str; 2] = ["check", "note"];

/// Writes down what is seen, under the step that is running now.
#[derive(Clone)]
pub struct Recorder {
    inner: Arc<Inner>,
}

struct Inner {
    log: Arc<EventLog>,
    scope: Mutex<Scope>,
}

#[derive(Default)]
struct Scope {
    scenario: Option<String>,
    step: Option<String>,
    seen: HashSet<u64>,
    look: Look,
}

/// What a step has recorded so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Looks at the platform that differ from each other.
    pub observations: u64,
    /// Looks that showed what an earlier one had shown.
    pub repeated: u64,
    /// The latest look's summary.
    pub last: Option<String>,
    /// Promises that the platform broke in answers to the step; it fails for them.
    pub violations: Vec<String>,
    /// Defects of the step itself, such as checks that were never finished.
    pub defects: Vec<String>,
}

impl Recorder {
    pub fn new(log: Arc<EventLog>) -> Self {
        Self { inner: Arc::new(Inner { log, scope: Mutex::default() }) }
    }

    /// Keeps what is recorded, for tests: see [`Recorder::log`] and [`EventLog::events`].
    pub fn in_memory() -> Self {
        Self::new(Arc::new(EventLog::in_memory()))
    }

    pub fn log(&self) -> &Arc<EventLog> {
        &self.inner.log
    }

    /// Records something that was seen. What is exactly as before in the same
    /// step, as when something is polled, is counted and not written again.
    ///
    /// `kind` says how it was seen: `http`, `etcd`, `dns`, `docker`, `cli`, `metrics`, ….
    pub fn record(&self, kind: &str, summary: impl Into<String>, data: Value) {
        self.record_passing(kind, summary, data, Value::Null);
    }

    /// The same with fields that differ each time, such as durations and request
    /// ids. They are written too and do not make anything new.
    pub(crate) fn record_passing(
        &self,
        kind: &str,
        summary: impl Into<String>,
        data: Value,
        passing: Value,
    ) {
        let mut evidence = Evidence { kind: kind.to_owned(), summary: summary.into(), data };
        shorten(&mut evidence.data);
        let mut hasher = DefaultHasher::new();
        (kind, &evidence.summary, evidence.data.to_string()).hash(&mut hasher);
        match (&mut evidence.data, passing) {
            (Value::Object(fields), Value::Object(passing)) => fields.extend(passing),
            (data @ Value::Null, passing) => *data = passing,
            _ => {}
        }
        let mut scope = self.scope();
        let new = scope.seen.insert(hasher.finish());
        if !INWARD.contains(&kind) {
            scope.look.observations += u64::from(new);
            scope.look.repeated += u64::from(!new);
            scope.look.last = Some(format!("{kind}: {}", evidence.summary));
        }
        if new {
            self.write(&scope, Body::Evidence(evidence));
        }
    }

    /// Records that a fault came or went.
    pub fn fault(&self, change: FaultChange) {
        self.emit(Body::Fault(change));
    }

    /// Records what came of one operation of many.
    pub fn operation(&self, ended: OperationEnded) {
        self.emit(Body::Operation(ended));
    }

    /// Records a figure of the scenario.
    pub fn measure(&self, name: &str, value: f64, unit: &str) {
        let (name, unit) = (name.to_owned(), unit.to_owned());
        self.emit(Body::Measurement(Measurement { name, value, unit }));
    }

    /// Records a remark that every report shows.
    pub fn note(&self, text: impl Into<String>) {
        self.emit(Body::Note(Note { text: text.into() }));
    }

    /// Takes this text out of everything that is written from now on.
    pub fn hide(&self, secret: &str) {
        self.inner.log.hide(secret);
    }

    /// Notes that the running step is not written as it should be; if it passes,
    /// that becomes an error.
    pub(crate) fn defect(&self, text: impl Into<String>) {
        self.scope().look.defects.push(text.into());
    }

    /// Notes that the platform broke a promise that holds for every answer, also
    /// where the step does not look; the step then cannot pass.
    pub(crate) fn violation(&self, text: impl Into<String>) {
        let text = text.into();
        let mut scope = self.scope();
        if !scope.look.violations.contains(&text) {
            scope.look.violations.push(text);
        }
    }

    pub(crate) fn emit(&self, body: Body) {
        let scope = self.scope();
        self.write(&scope, body);
    }

    /// What is recorded from now on belongs to this step.
    pub(crate) fn enter(&self, scenario: Option<&str>, step: Option<&str>) {
        *self.scope() = Scope {
            scenario: scenario.map(str::to_owned),
            step: step.map(str::to_owned),
            ..Scope::default()
        };
    }

    pub(crate) fn look(&self) -> Look {
        self.scope().look.clone()
    }

    fn write(&self, scope: &Scope, body: Body) {
        self.inner.log.write(scope.scenario.as_deref(), scope.step.as_deref(), body);
    }

    fn scope(&self) -> MutexGuard<'_, Scope> {
        self.inner.scope.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn shorten(value: &mut Value) {
    match value {
        Value::String(text) if text.len() > LONGEST_TEXT => *text = cut_middle(text, LONGEST_TEXT),
        Value::Array(values) => values.iter_mut().for_each(shorten),
        Value::Object(fields) => fields.values_mut().for_each(shorten),
        _ => {}
    }
}

/// The beginning and the end of a text, with a mark for what is left out.
pub(crate) fn cut_middle(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let head = text.floor_char_boundary(most / 2);
    let tail = text.ceil_char_boundary(text.len() - most / 2);
    format!("{}\n… {} bytes left out …\n{}", &text[..head], tail - head, &text[tail..])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_seen_again_is_counted_and_not_written() {
        let recorder = Recorder::in_memory();
        recorder.enter(Some("s"), Some("a"));
        for status in [200, 200, 200, 503] {
            recorder.record("http", format!("GET / → {status}"), json!({ "status": status }));
        }
        recorder.record("check", "status is 200", Value::Null);
        let look = recorder.look();
        assert_eq!((look.observations, look.repeated), (2, 2));
        assert_eq!(look.last.as_deref(), Some("http: GET / → 503"));
        assert_eq!(recorder.log().events().len(), 3);
        recorder.enter(Some("s"), Some("b"));
        assert_eq!(recorder.look(), Look::default());
    }

    #[test]
    fn what_differs_each_time_does_not_make_it_new() {
        let recorder = Recorder::in_memory();
        for ms in 1..4 {
            recorder.record_passing("http", "GET /", json!({ "status": 200 }), json!({ "ms": ms }));
            recorder.violation("no X-Service-Name header");
        }
        let events = serde_json::to_value(recorder.log().events()).unwrap();
        assert_eq!(events.as_array().map(Vec::len), Some(1));
        assert!(events.to_string().contains(r#"{"ms":1,"status":200}"#), "{events}");
        assert_eq!((recorder.look().observations, recorder.look().repeated), (1, 2));
        assert_eq!(recorder.look().violations.len(), 1);
    }

    #[test]
    fn long_texts_keep_their_ends() {
        let text = "é".repeat(100_000);
        let cut = cut_middle(&text, 1000);
        assert!(cut.len() < 1100 && cut.starts_with("é") && cut.ends_with("é"));
        let recorder = Recorder::in_memory();
        recorder.record("http", "big", json!({ "body": text }));
        assert!(serde_json::to_string(&recorder.log().events()).unwrap().len() < 70_000);
    }

    #[test]
    fn hidden_texts_are_not_written() {
        let recorder = Recorder::in_memory();
        recorder.hide("the-agent-secret");
        recorder.record("http", "with the-agent-secret", json!(["the-agent-secret"]));
        let events = serde_json::to_string(&recorder.log().events()).unwrap();
        assert!(!events.contains("the-agent-secret") && events.contains("[redacted]"));
    }
}
