//! What is kept of a bisection: a log to read, and the same for programs.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{BisectError, Judged, git::short};
use crate::atomic_file::replace_file;

/// One commit that was judged.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    pub commit: String,
    pub subject: String,
    /// `good`, `bad` or `skip`.
    pub judgement: &'static str,
    pub reason: String,
    pub seconds: f64,
    /// Logs and results of the commit.
    pub folder: PathBuf,
    #[serde(skip)]
    pub results: Option<PathBuf>,
}

/// The whole of it, as `bisect.json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record<'a> {
    pub schema: u32,
    pub step: String,
    pub good: &'a str,
    pub bad: &'a str,
    /// Absent when it was not found.
    pub first_bad: Option<&'a str>,
    /// The commits of which one is the first bad one, when all of them were skipped.
    pub candidates: &'a [String],
    pub commits: &'a [Entry],
}

pub struct Logbook {
    folder: PathBuf,
    log: File,
    pub entries: Vec<Entry>,
}

impl Logbook {
    pub fn open(folder: &Path) -> Result<Self, BisectError> {
        let path = folder.join("log");
        let log = OpenOptions::new().create(true).append(true).open(&path);
        let log = log.map_err(|error| BisectError::io("open", &path, &error))?;
        Ok(Self { folder: folder.to_owned(), log, entries: Vec::new() })
    }

    /// Where the next commit's logs and results go.
    pub fn place(&self, commit: &str) -> PathBuf {
        let n = self.entries.len() + 1;
        self.folder.join("commits").join(format!("{n:02}-{}", short(commit)))
    }

    /// A line for people, on the screen and in the log.
    pub fn say(&mut self, line: &str) {
        eprintln!("{line}");
        // The screen has it.
        let _ = writeln!(self.log, "{line}");
    }

    pub fn add(&mut self, commit: &str, subject: &str, folder: PathBuf, judged: Judged) {
        let n = self.entries.len() + 1;
        let (judgement, reason) = (judged.judgement.as_str(), &judged.reason);
        let seconds = judged.took.as_secs_f64();
        self.say(&format!(
            "{n:>3}  {}  {judgement:<4}  {seconds:>6.1} s  {subject}\n{:18}{reason}",
            short(commit),
            "",
        ));
        self.entries.push(Entry {
            commit: commit.to_owned(),
            subject: subject.to_owned(),
            judgement,
            reason: judged.reason,
            seconds,
            folder,
            results: judged.results,
        });
    }

    pub fn entry(&self, commit: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.commit == commit)
    }

    /// A file beside the log.
    pub fn keep(&self, name: &str, content: &str) -> Result<(), BisectError> {
        let path = self.folder.join(name);
        replace_file(&path, content.as_bytes())
            .map_err(|error| BisectError::io("write", &path, &error))
    }

    /// A link beside the log to a commit's logs and results.
    pub fn point(&self, name: &str, entry: &Entry) -> Result<(), BisectError> {
        let link = self.folder.join(name);
        let target = entry.folder.strip_prefix(&self.folder).unwrap_or(&entry.folder);
        std::os::unix::fs::symlink(target, &link)
            .map_err(|error| BisectError::io("make", &link, &error))
    }
}
