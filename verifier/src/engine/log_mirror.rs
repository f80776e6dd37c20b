//! Brings the machines' logs into the results folder while the run goes on, and
//! cuts out of them what was logged while a step went wrong.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use futures::future::join_all;
use time::OffsetDateTime;
use tokio::time::timeout;

use super::log_slice;
use crate::{
    events::{EventLog, LogSlice},
    evidence::{LogError, LogName, LogSource},
};

/// Bytes asked for at a time.
const CHUNK: u64 = 256 * 1024;
/// Bytes of one log that one visit brings at most.
const VISIT_MAX: usize = 8 * 1024 * 1024;
/// Bytes of one log kept for cutting slices out of them.
const WINDOW_MAX: usize = 256 * 1024;
/// Bytes of the last lines of a log.
const TAIL_MAX: usize = 2 * 1024;
/// How long one visit to all machines takes at most, and the last one, on ordinary
/// hardware.
const VISIT: Duration = Duration::from_secs(4);
const LAST_VISIT: Duration = Duration::from_secs(15);
/// A machine that did not answer so often is not asked again until the end.
const PATIENCE: u32 = 2;

pub struct LogMirror {
    source: Arc<dyn LogSource>,
    folder: PathBuf,
    events: Arc<EventLog>,
    logs: BTreeMap<LogName, Mirrored>,
    silent: BTreeMap<String, u32>,
    scale: f64,
}

#[derive(Default)]
struct Mirrored {
    next: u64,
    /// The beginning of a line whose end is not there yet.
    partial: String,
    /// What came since the window was opened, whole lines.
    window: String,
    cut: u64,
    /// The last lines, however old.
    tail: String,
}

impl LogMirror {
    /// Logs go to `<folder>/<machine>/<component>.log`, without secrets.
    pub fn new(source: Arc<dyn LogSource>, folder: PathBuf, events: Arc<EventLog>) -> Self {
        let (logs, silent) = (BTreeMap::new(), BTreeMap::new());
        Self { source, folder, events, logs, silent, scale: 1.0 }
    }

    /// `scale` multiplies how long visits may take, as it does budgets.
    #[must_use]
    pub fn paced(self, scale: f64) -> Self {
        Self { scale, ..self }
    }

    /// Slices reach back to this moment.
    pub(crate) async fn begin_window(&mut self) {
        self.visit(VISIT).await;
        for log in self.logs.values_mut() {
            log.window.clear();
            log.cut = 0;
        }
    }

    /// What was logged within the last `duration`, and since the last call. Of
    /// the machines that the failure is about, the last lines are told even if
    /// they are older: a component that is dead says nothing more.
    pub(crate) async fn slices(&mut self, duration: Duration, about: &[String]) -> Vec<LogSlice> {
        let since = OffsetDateTime::now_utc() - duration;
        self.visit(VISIT).await;
        let windows: Vec<(&LogName, &str, u64)> =
            self.logs.iter().map(|(name, log)| (name, log.window.as_str(), log.cut)).collect();
        let mut slices = log_slice::slices(&windows, since);
        for (name, log) in &self.logs {
            let told =
                slices.iter().any(|s| s.machine == name.machine && s.component == name.component);
            if !told && about.contains(&name.machine) && !log.tail.is_empty() {
                slices.push(LogSlice {
                    machine: name.machine.clone(),
                    component: name.component.clone(),
                    text: log.tail.clone(),
                    omitted_bytes: 0,
                    older: true,
                });
            }
        }
        for log in self.logs.values_mut() {
            log.window.clear();
            log.cut = 0;
        }
        slices
    }

    /// What does not run now, as far as can be found out soon.
    pub(crate) async fn ailing(&self) -> Vec<String> {
        timeout(VISIT.mul_f64(self.scale), self.source.ailing()).await.unwrap_or_default()
    }

    /// Brings the rest; says what could not be had.
    pub(crate) async fn finish(&mut self) -> Vec<String> {
        self.silent.clear();
        let errors = self.visit(LAST_VISIT).await;
        for name in self.logs.keys().cloned().collect::<Vec<_>>() {
            self.keep(&name, "\n");
        }
        errors.into_iter().map(|error| format!("failed to read the logs of {error}")).collect()
    }

    async fn visit(&mut self, bound: Duration) -> Vec<LogError> {
        let bound = bound.mul_f64(self.scale);
        let Ok((names, mut errors)) = timeout(bound, self.source.logs()).await else {
            let reason = format!("no list of logs within {} s", bound.as_secs());
            return vec![LogError { machine: "all machines".into(), reason }];
        };
        let wanted: Vec<(LogName, u64)> = names
            .into_iter()
            .filter(|name| self.silent.get(&name.machine).is_none_or(|n| *n < PATIENCE))
            .map(|name| {
                let next = self.logs.get(&name).map_or(0, |log| log.next);
                (name, next)
            })
            .collect();
        let source = &*self.source;
        let readings = wanted.into_iter().map(|(name, offset)| async move {
            let mut read = Reading { name, next: offset, text: String::new(), error: None };
            if timeout(bound, read.read(source)).await.is_err() {
                let machine = read.name.machine.clone();
                let reason = format!("no answer within {} s", bound.as_secs());
                read.error = Some(LogError { machine, reason });
            }
            read
        });
        for read in join_all(readings).await {
            match read.error {
                Some(error) => {
                    *self.silent.entry(error.machine.clone()).or_default() += 1;
                    errors.push(error);
                }
                None => drop(self.silent.remove(&read.name.machine)),
            }
            self.logs.entry(read.name.clone()).or_default().next = read.next;
            self.keep(&read.name, &read.text);
        }
        errors.dedup_by(|a, b| a.machine == b.machine);
        errors
    }

    fn keep(&mut self, name: &LogName, text: &str) {
        let Some(log) = self.logs.get_mut(name) else { return };
        log.partial.push_str(text);
        let Some(end) = log.partial.rfind('\n') else { return };
        let rest = log.partial.split_off(end + 1);
        let lines = std::mem::replace(&mut log.partial, rest);
        let lines = self.events.redacted(lines);
        if lines.trim().is_empty() {
            return;
        }
        log.tail.push_str(&lines);
        log.tail = log_slice::last_lines(&log.tail, TAIL_MAX).to_owned();
        log.window.push_str(&lines);
        if log.window.len() > WINDOW_MAX {
            let from = log.window.ceil_char_boundary(log.window.len() - WINDOW_MAX);
            log.cut += from as u64;
            log.window.drain(..from);
        }
        if let Err(error) = append(&self.folder, name, &lines) {
            self.silent.entry(name.machine.clone()).or_default();
            tell_unwritable(&self.events, name, &error);
        }
    }
}

/// A log that cannot be written is told, and the run goes on.
fn tell_unwritable(events: &EventLog, name: &LogName, error: &io::Error) {
    let text =
        format!("failed to write the log of {} of {}: {error}", name.component, name.machine);
    events.write(None, None, crate::events::Body::Note(crate::events::Note { text }));
}

fn append(folder: &std::path::Path, name: &LogName, text: &str) -> io::Result<()> {
    let plain = |text: &str| text.replace(['/', '\0'], "_").trim_start_matches('.').to_owned();
    let folder = folder.join(plain(&name.machine));
    fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{}.log", plain(&name.component)));
    File::options().append(true).create(true).open(file)?.write_all(text.as_bytes())
}

struct Reading {
    name: LogName,
    next: u64,
    text: String,
    error: Option<LogError>,
}

impl Reading {
    async fn read(&mut self, source: &dyn LogSource) {
        while self.text.len() < VISIT_MAX {
            match source.read(&self.name, self.next, CHUNK).await {
                Ok(chunk) if chunk.next <= self.next => return,
                Ok(chunk) => {
                    self.text.push_str(&chunk.text);
                    self.next = chunk.next;
                }
                Err(error) => {
                    self.error = Some(error);
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "log_mirror_tests.rs"]
mod tests;
