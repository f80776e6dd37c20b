//! What readers of the reports rely on, whatever stands in them.

use std::path::Path;

use serde_json::Value;

use super::{
    Attempt, Digest, Paint, RunSummary, ScenarioSummary, StepSummary, json,
    junit::{self, MESSAGE_MAX, TEXT_MAX},
    page, trace,
};
use crate::events::{LogSlice, Verdict};

/// Every report of a run is of its form.
///
/// # Panics
/// When one is not.
pub(crate) fn sound(run: &RunSummary) {
    well_formed(&junit::junit(run));
    let _: Value = serde_json::from_slice(&json(run)).expect("report.json is JSON");
    let trace: Value = serde_json::from_slice(&trace(run)).expect("trace.json is JSON");
    assert!(trace["traceEvents"].is_array());
    tag_names(&page(run).expect("the page is made"));
    let digest = Digest::new(run, Path::new("results/1")).render(Paint::plain());
    assert!(digest.lines().count() <= 20, "{digest}");
    assert!(!digest.contains(|c: char| c.is_control() && c != '\n'), "{digest:?}");
}

/// XML with the counts that it claims, and no text beyond its bounds. The parser is stricter
/// than most readers: forbidden characters are errors, and so is a DTD.
pub(super) fn well_formed(xml: &[u8]) {
    let text = std::str::from_utf8(xml).unwrap();
    let document = roxmltree::Document::parse(text).expect("junit.xml is XML");
    for suite in document.descendants().filter(|node| node.has_tag_name("testsuite")) {
        let cases: Vec<_> = suite.children().filter(|n| n.has_tag_name("testcase")).collect();
        let with = |name: &str| {
            cases.iter().filter(|c| c.children().any(|n| n.has_tag_name(name))).count()
        };
        let claimed = |name| suite.attribute(name).unwrap().parse::<usize>();
        assert_eq!(claimed("tests"), Ok(cases.len()));
        assert_eq!(claimed("failures"), Ok(with("failure")));
        assert_eq!(claimed("errors"), Ok(with("error")));
        for case in &cases {
            for node in case.children().filter(roxmltree::Node::is_element) {
                let long = node.text().map_or(0, str::len);
                assert!(long < TEXT_MAX + 100, "{} has {long} bytes", node.tag_name().name());
                assert!(node.attribute("message").is_none_or(|m| m.len() <= 4 * MESSAGE_MAX));
            }
        }
    }
}

/// Where a text stands changes nothing but the text: the page of a run with it has the same
/// elements as with a plain one.
///
/// # Panics
/// When it has others, or another report is not sound.
pub(crate) fn bears(text: &str) {
    let run = with_text_everywhere(text);
    sound(&run);
    // Not empty, which would leave elements out, whatever becomes of the rest.
    let elements = |text: &str| {
        let run = with_text_everywhere(&format!("x{text}"));
        tag_names(&page(&run).unwrap())
    };
    assert_eq!(elements(text), elements(""));
}

/// The names of all tags in order, closing ones with their slash.
fn tag_names(html: &str) -> Vec<String> {
    let name = |tag: &'_ str| tag.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(0);
    let tags = html.split('<').skip(1);
    let names: Vec<String> = tags.map(|tag| tag[..name(tag)].to_owned()).collect();
    for once in ["script", "/script", "style", "/style", "/html"] {
        let count = names.iter().filter(|name| name.eq_ignore_ascii_case(once)).count();
        assert_eq!(count, 1, "<{once}>");
    }
    names
}

/// A run of which every text is the same, with a step of each verdict.
pub(super) fn with_text_everywhere(text: &str) -> RunSummary {
    let verdicts = [
        Some(Verdict::Passed),
        Some(Verdict::Failed),
        Some(Verdict::Error),
        Some(Verdict::Skipped),
        Some(Verdict::Quarantined),
        None,
    ];
    let steps = verdicts.iter().enumerate().map(|(n, verdict)| {
        let mut attempt = Attempt {
            verdict: *verdict,
            message: text.to_owned(),
            duration_ms: 12.5,
            logs: vec![LogSlice {
                machine: text.to_owned(),
                component: text.to_owned(),
                text: text.to_owned(),
                omitted_bytes: 3,
                older: true,
            }],
            ..Attempt::default()
        };
        attempt.story.tell(1.0, "http", text);
        StepSummary {
            id: format!("step-{n}{text}"),
            title: text.into(),
            source: text.into(),
            attempts: vec![attempt],
            ..StepSummary::default()
        }
    });
    let mut run = RunSummary { notes: vec![text.to_owned()], ..RunSummary::default() };
    run.timestamp = text.to_owned();
    let started = &mut run.started;
    for field in [
        &mut started.run_id,
        &mut started.verifier_version,
        &mut started.topology,
        &mut started.platform,
        &mut started.profile,
        &mut started.reproduce,
        &mut started.host.hostname,
        &mut started.host.kernel,
    ] {
        *field = text.to_owned();
    }
    started.features = vec![text.to_owned()];
    started.facts.insert(text.to_owned(), text.to_owned());
    started.machines.insert(text.to_owned(), text.to_owned());
    run.scenarios = vec![ScenarioSummary {
        id: format!("nasty{text}"),
        title: text.into(),
        objective: text.into(),
        source: text.into(),
        steps: steps.collect(),
        ..ScenarioSummary::default()
    }];
    run
}
