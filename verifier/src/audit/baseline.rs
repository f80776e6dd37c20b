//! What the sound platform does: no step that fails anyway may count as one that notices.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::{Duration, Instant},
};

use super::{
    Defect,
    lab::Lab,
    reading::{name, red, summary},
    record::Baseline,
};
use crate::{
    bisect::{BisectError, Children, last_line},
    events::Verdict,
    plan::Pattern,
};

/// A run of the sound platform may take so long.
const WITHIN: Duration = Duration::from_secs(3600);

/// What `--only` is to name in each scenario, for these defects together.
pub fn selections<'a>(
    defects: impl IntoIterator<Item = &'a Defect>,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut by_scenario: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for defect in defects {
        for selection in defect.selections() {
            let Ok(pattern) = selection.parse::<Pattern>();
            by_scenario.entry(pattern.scenario).or_default().insert(selection);
        }
    }
    by_scenario
}

/// Runs one scenario's steps against the sound platform. The inner error says what
/// is red.
pub async fn measure(
    lab: &Lab,
    children: &Children,
    selection: &BTreeSet<String>,
    (results, log): (&Path, &Path),
    fingerprint: String,
) -> Result<Result<Baseline, String>, BisectError> {
    let begun = Instant::now();
    let patterns: Vec<String> = selection.iter().cloned().collect();
    let ended = lab.run(children, None, &patterns, false, (results, log), WITHIN).await?;
    let run = match summary(results) {
        Ok(run) => run,
        Err(why) => return Ok(Err(format!("{why}: {ended}: {}", last_line(log)))),
    };
    if let Some(why) = red(&run) {
        return Ok(Err(why));
    }
    let of = |wanted: Verdict| run.steps().filter(move |(_, step)| step.verdict() == wanted);
    let seconds = |ms: f64| (ms / 100.0).round() / 10.0;
    let passed = of(Verdict::Passed).map(|(s, step)| (name(s, step), seconds(step.duration_ms())));
    let skipped = of(Verdict::Skipped).map(|(s, step)| (name(s, step), step.headline()));
    Ok(Ok(Baseline {
        seconds: begun.elapsed().as_secs_f64(),
        passed: passed.collect(),
        skipped: skipped.collect(),
        fingerprint,
        is_whole: patterns.iter().any(|pattern| !pattern.contains('/')),
    }))
}
