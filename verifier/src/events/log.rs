//! Writes events as they happen and hands them to whoever follows the run.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use time::OffsetDateTime;

use super::{Body, Event, SCHEMA, event::Evidence, redaction::Redaction, timestamp};

type Follower = Box<dyn FnMut(&Event) + Send>;

/// The one place through which everything goes that a run has to say.
pub struct EventLog {
    start: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    file: Option<File>,
    kept: Option<Vec<Event>>,
    followers: Vec<Follower>,
    redaction: Redaction,
    next: u64,
    broken: Option<io::Error>,
}

impl EventLog {
    /// Starts a file, which must not exist.
    pub fn create(file: &Path) -> io::Result<Self> {
        let file = File::options().append(true).create_new(true).open(file)?;
        Ok(Self::with(State { file: Some(file), ..State::default() }))
    }

    /// Keeps the events to be asked for with [`EventLog::events`].
    pub fn in_memory() -> Self {
        Self::with(State { kept: Some(Vec::new()), ..State::default() })
    }

    fn with(state: State) -> Self {
        Self { start: Instant::now(), state: Mutex::new(state) }
    }

    /// Calls `follower` with every later event. It must not write events itself.
    pub fn follow(&self, follower: impl FnMut(&Event) + Send + 'static) {
        self.lock().followers.push(Box::new(follower));
    }

    /// Takes this text out of everything that is written from now on.
    pub fn hide(&self, secret: &str) {
        self.lock().redaction.hide(secret);
    }

    /// Takes the hidden texts out of a text that is to be written elsewhere.
    pub fn redacted(&self, mut text: String) -> String {
        self.lock().redaction.clean_text(&mut text);
        text
    }

    /// Writes an event. A file that cannot be written does not stop the run: it
    /// is told by [`EventLog::broken`].
    pub fn write(&self, scenario: Option<&str>, step: Option<&str>, body: Body) {
        let at = self.start.elapsed().as_secs_f64() * 1000.0;
        let mut state = self.lock();
        let event = Event {
            schema: (state.next == 0).then_some(SCHEMA),
            seq: state.next,
            ts: timestamp(OffsetDateTime::now_utc()),
            at: (at * 1000.0).round() / 1000.0,
            scenario: scenario.map(str::to_owned),
            step: step.map(str::to_owned),
            body,
        };
        state.next += 1;
        let (event, mut line) = state.redact(event);
        line.push('\n');
        // One write per line: a reader never sees half of one, unless the disk is full.
        if let Some(Err(error)) = state.file.as_mut().map(|file| file.write_all(line.as_bytes())) {
            state.broken.get_or_insert(error);
        }
        for follower in &mut state.followers {
            follower(&event);
        }
        if let Some(kept) = &mut state.kept {
            kept.push(event);
        }
    }

    /// The events of a log made with [`EventLog::in_memory`].
    pub fn events(&self) -> Vec<Event> {
        self.lock().kept.clone().unwrap_or_default()
    }

    /// The first error of writing the file.
    pub fn broken(&self) -> Option<String> {
        self.lock().broken.as_ref().map(ToString::to_string)
    }

    /// Milliseconds since the log was started.
    pub fn elapsed_ms(&self) -> f64 {
        self.start.elapsed().as_secs_f64() * 1000.0
    }

    /// A follower that panicked must not silence the rest of the run.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn redact(&self, event: Event) -> (Event, String) {
        let line = json(&event);
        if !self.redaction.concerns(&line) {
            return (event, line);
        }
        let redacted = serde_json::to_value(&event).map(|mut value| {
            self.redaction.clean(&mut value);
            value
        });
        match redacted.and_then(serde_json::from_value::<Event>) {
            Ok(event) => {
                let line = json(&event);
                (event, line)
            }
            // Only a secret that is also a part of the schema comes here.
            Err(error) => {
                let summary = format!("an event with a secret could not be written: {error}");
                let evidence = Evidence { kind: "note".into(), summary, ..Evidence::default() };
                let event = Event { body: Body::Evidence(evidence), ..event };
                let line = json(&event);
                (event, line)
            }
        }
    }
}

/// No event holds a map with other keys than text, so this does not fail.
fn json(event: &Event) -> String {
    serde_json::to_string(event).unwrap_or_else(|error| {
        format!(r#"{{"type":"unknown","seq":{},"ts":"{}","at":{}}}"#, event.seq, event.ts, event.at)
            + &format!(" {error}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Note;

    fn note(text: &str) -> Body {
        Body::Note(Note { text: text.to_owned() })
    }

    #[test]
    fn a_record_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("events.jsonl");
        EventLog::create(&file).unwrap().write(None, None, note("one"));
        assert!(EventLog::create(&file).is_err());
        assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 1);
    }

    #[test]
    fn followers_see_what_is_written_and_no_secret() {
        let log = EventLog::in_memory();
        let (sender, seen) = std::sync::mpsc::channel();
        log.follow(move |event| drop(sender.send(event.clone())));
        log.hide("the-agent-secret");
        log.write(Some("s"), None, note("it is the-agent-secret"));
        let event = seen.try_recv().unwrap();
        assert_eq!(event.body, note("it is [redacted]"));
        assert_eq!(log.events(), [event]);
        assert_eq!(log.redacted("the-agent-secret".into()), "[redacted]");
    }

    #[test]
    fn a_file_that_cannot_be_written_is_told_and_stops_nothing() {
        // Writing to it always fails for want of space.
        let state = State {
            file: Some(File::options().append(true).open("/dev/full").unwrap()),
            kept: Some(Vec::new()),
            ..State::default()
        };
        let log = EventLog::with(state);
        log.write(None, None, note("one"));
        log.write(None, None, note("two"));
        assert_eq!(log.events().len(), 2);
        assert!(log.broken().unwrap().contains("No space left"));
    }
}
