//! `junit.xml`, in the dialect that Jenkins, GitLab and the GitHub actions share.
//!
//! One suite per scenario, one case per step. What the format's writer cannot say
//! (properties, flakiness) stands in `system-out`.

use junit_report::{Duration, OffsetDateTime, Report, TestCase, TestCaseBuilder, TestSuite};

use super::{
    plain_text::{clean, clean_line, span},
    summary::{Attempt, RunSummary, ScenarioSummary, StepSummary},
};
use crate::events::{RunStarted, Verdict, parse_timestamp};

/// Characters of a name; ours have less, but a record may be anybody's.
const NAME_MAX: usize = 200;
/// Characters of a message; the whole text is in the element's content.
pub(super) const MESSAGE_MAX: usize = 1000;
/// Bytes of each longer text. GitLab takes 30 MB a file.
pub(super) const TEXT_MAX: usize = 64 * 1024;

/// The whole file.
pub fn junit(run: &RunSummary) -> Vec<u8> {
    let mut report = Report::new();
    for scenario in &run.scenarios {
        report.add_testsuite(suite(run, scenario));
    }
    let mut xml = Vec::new();
    // Writing into memory fails only on a timestamp that RFC 3339 cannot say.
    if let Err(error) = report.write_xml(&mut xml) {
        xml = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><testsuites><testsuite name=\"report\" \
             tests=\"1\" errors=\"1\" failures=\"0\"><testcase classname=\"e2e.report\" \
             name=\"junit\"><error type=\"report\" message=\"{}\"/></testcase></testsuite>\
             </testsuites>",
            clean_line(&error.to_string(), MESSAGE_MAX).replace(['<', '&', '"'], "?")
        )
        .into_bytes();
    }
    xml.push(b'\n');
    xml
}

fn suite(run: &RunSummary, scenario: &ScenarioSummary) -> TestSuite {
    let id = clean_line(&scenario.id, NAME_MAX);
    let mut suite = TestSuite::new(&id);
    suite.package = format!("e2e.{id}");
    suite.hostname = clean_line(&run.started.host.hostname, 100);
    let timestamp = scenario.timestamp.as_deref().unwrap_or(&run.timestamp);
    suite.set_timestamp(parse_timestamp(timestamp).unwrap_or(OffsetDateTime::UNIX_EPOCH));
    suite.add_testcases(scenario.steps.iter().map(|step| case(run, scenario, step)));
    suite.set_system_out(&text(&properties(&run.started, run, scenario)));
    suite
}

fn case(run: &RunSummary, scenario: &ScenarioSummary, step: &StepSummary) -> TestCase {
    let name = clean_line(&step.id, NAME_MAX);
    let name = name.as_str();
    let time = Duration::microseconds((step.duration_ms() * 1000.0).round() as i64);
    let whole = step.message();
    let message = clean_line(&step.headline(), MESSAGE_MAX);
    let mut case = match step.verdict() {
        Verdict::Passed => TestCaseBuilder::success(name, time),
        Verdict::Skipped => TestCaseBuilder::skipped_with_cause(name, "skipped", &message),
        Verdict::Quarantined => TestCaseBuilder::skipped_with_cause(name, "quarantined", &message),
        Verdict::Failed => TestCaseBuilder::failure(name, time, "contract", &message),
        Verdict::Error => TestCaseBuilder::error(name, time, "environment", &message),
        Verdict::Flaky if run.started.flaky_fails => {
            TestCaseBuilder::failure(name, time, "flaky", &message)
        }
        Verdict::Flaky => TestCaseBuilder::success(name, time),
    };
    if whole.trim() != message {
        case.set_trace(&text(&whole));
    }
    case.set_classname(&format!("e2e.{}", clean_line(&scenario.id, NAME_MAX)));
    case.set_system_out(&text(&told(run, step)));
    let logs = logs(step);
    if !logs.is_empty() {
        case.set_system_err(&text(&logs));
    }
    case.build()
}

/// What stands in `properties` where a writer knows them.
fn properties(started: &RunStarted, run: &RunSummary, scenario: &ScenarioSummary) -> String {
    let mut lines = vec![
        format!("scenario: {}", scenario.title),
        format!("objective: {}", scenario.objective),
        format!("source: {}", scenario.source),
        format!("run: {}", started.run_id),
        format!("verifier: {}", started.verifier_version),
        format!("topology: {}", started.topology),
        format!("platform: {}", started.platform),
        format!("profile: {}", started.profile),
        format!("seed: {}", started.seed),
        format!("timeout scale: {}", started.timeout_scale),
    ];
    lines.extend(started.facts.iter().map(|(name, value)| format!("{name}: {value}")));
    lines.extend(run.notes.iter().map(|note| format!("note: {note}")));
    lines.extend(
        scenario
            .measurements
            .iter()
            .map(|measured| format!("{}: {} {}", measured.name, measured.value, measured.unit)),
    );
    if scenario.attempts > 1 {
        lines.push(format!("attempts: {}", scenario.attempts));
    }
    lines.join("\n")
}

/// The story of a step.
fn told(run: &RunSummary, step: &StepSummary) -> String {
    let mut lines = vec![step.title.clone()];
    if !step.source.is_empty() {
        lines.push(format!("source: {}", step.source));
    }
    lines.push(format!("budget: {}", span(step.budget_ms as f64)));
    if step.verdict() == Verdict::Flaky && !run.started.flaky_fails {
        lines.push(step.message());
    }
    for (n, attempt) in step.attempts.iter().enumerate() {
        if step.attempts.len() > 1 {
            let verdict = attempt.verdict.map_or("never reported", Verdict::as_str);
            let why = attempt.message.lines().next().unwrap_or_default();
            lines.push(format!("--- attempt {}: {verdict} {why}", n + 1).trim_end().to_owned());
        }
        lines.extend(attempt.story.lines());
        lines.extend(seen(attempt));
    }
    // Readers that know the mark offer the whole logs.
    let mut attached: Vec<String> = step
        .attempts
        .iter()
        .flat_map(|attempt| &attempt.logs)
        .map(|slice| format!("[[ATTACHMENT|logs/{}/{}.log]]", slice.machine, slice.component))
        .collect();
    attached.sort();
    attached.dedup();
    lines.extend(attached);
    lines.join("\n")
}

fn seen(attempt: &Attempt) -> Option<String> {
    (attempt.observations > 0).then(|| {
        format!("observations: {}, and {} repeated", attempt.observations, attempt.repeated)
    })
}

fn logs(step: &StepSummary) -> String {
    let mut text = String::new();
    for slice in step.attempts.iter().flat_map(|attempt| &attempt.logs) {
        text.push_str(&format!("==> {} of {}", slice.component, slice.machine));
        if slice.omitted_bytes > 0 {
            text.push_str(&format!(" ({} bytes before this left out)", slice.omitted_bytes));
        }
        if slice.older {
            text.push_str(" (silent meanwhile; its last lines before)");
        }
        text.push('\n');
        text.push_str(&slice.text);
        if !slice.text.ends_with('\n') {
            text.push('\n');
        }
    }
    text
}

/// Fit for CDATA, and within bounds: the beginning and the end of it.
fn text(text: &str) -> String {
    let text = clean(text).replace("]]>", "]]&gt;");
    if text.len() <= TEXT_MAX {
        return text;
    }
    let head = text.floor_char_boundary(TEXT_MAX / 2);
    let tail = text.ceil_char_boundary(text.len() - TEXT_MAX / 2);
    format!("{}\n… {} bytes left out …\n{}", &text[..head], tail - head, &text[tail..])
}

#[cfg(test)]
#[path = "junit_tests.rs"]
mod tests;
