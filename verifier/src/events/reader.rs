//! Reads `events.jsonl`, also that of a run that was killed.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
};

use super::{Body, Event, SCHEMA};

/// Why a record cannot be read; follows "failed to read the events".
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{}: {source}; name the folder of a run's results", file.display())]
    Io { file: PathBuf, source: io::Error },
    #[error("{}: line {line}: {source}; is it a record of persys-verifier?", file.display())]
    Line { file: PathBuf, line: usize, source: serde_json::Error },
    #[error("{}: is of schema {found}, this program reads up to {SCHEMA}; use a later release", file.display())]
    Schema { file: PathBuf, found: u32 },
    #[error("{}: does not begin with a run-started event", file.display())]
    NotARun { file: PathBuf },
}

/// All events of a file. A last line that was cut off is passed over.
pub fn read_events(file: &Path) -> Result<Vec<Event>, ReadError> {
    let opened = File::open(file);
    let opened = opened.map_err(|source| ReadError::Io { file: file.to_owned(), source })?;
    read_events_from(file, BufReader::new(opened))
}

/// The same of what is already open. `file` is only named in errors.
pub fn read_events_from(file: &Path, mut reader: impl BufRead) -> Result<Vec<Event>, ReadError> {
    let io = |source| ReadError::Io { file: file.to_owned(), source };
    let mut events: Vec<Event> = Vec::new();
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        if reader.read_until(b'\n', &mut bytes).map_err(io)? == 0 {
            break;
        }
        let whole = bytes.ends_with(b"\n");
        match serde_json::from_slice::<Event>(&bytes) {
            Ok(event) => events.push(event),
            Err(_) if !whole => break,
            Err(source) => {
                return Err(ReadError::Line { file: file.to_owned(), line, source });
            }
        }
        if line == 1 {
            let first = events.first();
            let found = first.and_then(|event| event.schema).unwrap_or(0);
            if found > SCHEMA {
                return Err(ReadError::Schema { file: file.to_owned(), found });
            }
        }
    }
    match events.first() {
        Some(Event { schema: Some(_), body: Body::RunStarted(_), .. }) => Ok(events),
        _ => Err(ReadError::NotARun { file: file.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{EventLog, Note, RunStarted};

    fn written() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("events.jsonl");
        let log = EventLog::create(&file).unwrap();
        let started = RunStarted { run_id: "r".into(), ..RunStarted::default() };
        log.write(None, None, Body::RunStarted(Box::new(started)));
        log.write(Some("s"), Some("a"), Body::Note(Note { text: "hello\n".into() }));
        (folder, file)
    }

    #[test]
    fn what_is_written_is_read() {
        let (_folder, file) = written();
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.starts_with(r#"{"schema":2,"type":"run-started","seq":0,"ts":""#), "{text}");
        let events = read_events(&file).unwrap();
        assert_eq!(events.len(), 2);
        assert_eq!(events[1].seq, 1);
        assert_eq!(events[1].step.as_deref(), Some("a"));
        assert_eq!(events[1].body, Body::Note(Note { text: "hello\n".into() }));
    }

    #[test]
    fn a_cut_last_line_is_passed_over_wherever_it_is_cut() {
        let (_folder, file) = written();
        let whole = std::fs::read(&file).unwrap();
        let first = whole.iter().position(|b| *b == b'\n').unwrap() + 1;
        for end in first..whole.len() - 1 {
            std::fs::write(&file, &whole[..end]).unwrap();
            assert_eq!(read_events(&file).unwrap().len(), 1, "cut at {end}");
        }
        std::fs::write(&file, &whole[..first / 2]).unwrap();
        assert!(matches!(read_events(&file), Err(ReadError::NotARun { .. })));
    }

    #[test]
    fn later_events_are_passed_over_and_later_schemas_refused() {
        let (_folder, file) = written();
        let text = std::fs::read_to_string(&file).unwrap();
        let new = "{\"type\":\"hologram\",\"seq\":2,\"ts\":\"\",\"at\":1.0,\"size\":3}\n";
        std::fs::write(&file, format!("{text}{new}")).unwrap();
        assert_eq!(read_events(&file).unwrap()[2].body, Body::Unknown);
        std::fs::write(&file, text.replace("\"schema\":2", "\"schema\":3")).unwrap();
        let error = read_events(&file).unwrap_err().to_string();
        assert!(error.contains("is of schema 3"), "{error}");
        std::fs::write(&file, text.replacen("\"type\":\"note\"", "\"type\":", 1)).unwrap();
        let error = read_events(&file).unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
    }
}
