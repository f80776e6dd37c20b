//! The audit's page: one file that fetches nothing.

use minijinja::{Environment, context};
use serde::Serialize;

use super::{AuditRecord, Defect, Outcome, Reasons, Registry};

/// Its name's ending makes every text in it escaped.
const NAME: &str = "audit.html";
const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    component: &'a str,
    category: &'a str,
    section: &'a str,
    promise: &'a str,
    breaks: &'a str,
    expected: &'a [String],
    /// `caught`, `elsewhere`, `missed`, `timeout`, `unjudged` or `waiting`.
    outcome: String,
    detail: String,
    message: &'a str,
    also: &'a [String],
    seconds: Option<String>,
    results: Option<&'a str>,
}

impl<'a> Row<'a> {
    fn of(defect: &'a Defect, record: &'a AuditRecord) -> Self {
        let judged = record.of(&defect.name);
        let outcome = judged.map(|judged| &judged.outcome);
        let (message, also) = match outcome {
            Some(Outcome::Caught { message, by, .. }) => (message.as_str(), by.as_slice()),
            _ => ("", [].as_slice()),
        };
        Self {
            name: &defect.name,
            component: &defect.component,
            category: &defect.category,
            section: &defect.section,
            promise: &defect.promise,
            breaks: &defect.breaks,
            expected: &defect.steps,
            outcome: outcome.map_or("waiting", Outcome::word).to_lowercase(),
            detail: outcome.map_or_else(String::new, Outcome::detail),
            message,
            also: also.get(1..).unwrap_or_default(),
            seconds: judged.map(|judged| format!("{:.1}", judged.seconds)),
            results: judged.map(|judged| judged.results.as_str()),
        }
    }
}

pub fn page(
    record: &AuditRecord,
    registry: &Registry,
    reasons: &Reasons,
    defects: &[&Defect],
) -> Result<String, minijinja::Error> {
    let mut rows: Vec<Row> = defects.iter().map(|defect| Row::of(defect, record)).collect();
    let count = |word: &str| rows.iter().filter(|row| row.outcome == word).count();
    let counts = ["caught", "elsewhere", "missed", "timeout", "unjudged", "waiting"];
    let counts = counts.map(|word| (word, count(word)));
    // What is to be mended comes first.
    rows.sort_by_key(|row| (row.outcome == "caught", row.category, row.name));
    let idle = record.idle_steps().into_iter();
    let idle: Vec<_> = idle.map(|step| (reasons.of(&step).map(str::to_owned), step)).collect();
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.add_template(NAME, TEMPLATE)?;
    environment.get_template(NAME)?.render(context! {
        counts => counts.iter().filter(|(_, n)| *n > 0).collect::<Vec<_>>(),
        good => count_of(&counts, "caught") == rows.len(),
        rows => rows,
        all => registry.defects.len(),
        baseline => record.baseline,
        idle => idle,
        style => STYLE,
    })
}

fn count_of(counts: &[(&str, usize)], wanted: &str) -> usize {
    counts.iter().find(|(word, _)| *word == wanted).map_or(0, |(_, n)| *n)
}
