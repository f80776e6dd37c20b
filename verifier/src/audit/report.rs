//! The files that an audit leaves beside its record.

use std::{fmt::Write, path::Path};

use super::{AuditRecord, Defect, Judged, Outcome, Reasons, Registry, page::page};
use crate::{atomic_file::replace_file, bisect::BisectError};

/// What stands for the reason of a step that has none.
pub const UNEXPLAINED: &str = "UNEXPLAINED";

/// Writes `caught.txt`, `elsewhere.txt`, `missed.txt`, `timeout.txt`, `idle-steps.txt` and `index.html`.
pub fn write_reports(
    folder: &Path,
    record: &AuditRecord,
    (registry, reasons): (&Registry, &Reasons),
    defects: &[&Defect],
) -> Result<(), BisectError> {
    let of = |wanted: fn(&Outcome) -> bool| lines(record, wanted);
    let page = page(record, registry, reasons, defects).map_err(|error| {
        BisectError::environment(format!("failed to make the audit's page: {error}"))
    })?;
    let mut idle = String::new();
    for step in record.idle_steps() {
        let why = reasons.of(&step).unwrap_or(UNEXPLAINED);
        let _ = writeln!(idle, "{step}  {why}");
    }
    let files = [
        ("caught.txt", of(Outcome::is_caught)),
        ("elsewhere.txt", of(Outcome::is_elsewhere)),
        ("missed.txt", of(|outcome| *outcome == Outcome::Missed)),
        ("timeout.txt", of(|outcome| matches!(outcome, Outcome::Timeout { .. }))),
        ("unjudged.txt", of(|outcome| matches!(outcome, Outcome::Unjudged { .. }))),
        ("idle-steps.txt", idle),
        ("index.html", page),
    ];
    for (name, text) in files {
        let file = folder.join(name);
        replace_file(&file, text.as_bytes()).map_err(|error| {
            BisectError::environment(format!("failed to write {}: {error}", file.display()))
        })?;
    }
    Ok(())
}

/// The defects with such an outcome, by name.
fn lines(record: &AuditRecord, wanted: impl Fn(&Outcome) -> bool) -> String {
    let mut found: Vec<&Judged> =
        record.judged.iter().filter(|judged| wanted(&judged.outcome)).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let mut text = String::new();
    for judged in found {
        let _ = match &judged.outcome {
            Outcome::Caught { by, .. } => writeln!(text, "{}  {}", judged.name, by.join(" ")),
            other => writeln!(text, "{}  {}", judged.name, other.detail()),
        };
    }
    text
}
