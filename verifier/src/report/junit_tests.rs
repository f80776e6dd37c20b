use proptest::prelude::*;

use super::*;
use crate::{
    events::LogSlice,
    report::summary::{Attempt, StepSummary},
};

/// A run of which every text is the same nasty one.
fn nasty(text: &str) -> RunSummary {
    let verdicts = [
        Some(Verdict::Passed),
        Some(Verdict::Failed),
        Some(Verdict::Error),
        Some(Verdict::Skipped),
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
        let id = format!("step-{n}");
        StepSummary {
            id,
            title: text.into(),
            source: text.into(),
            attempts: vec![attempt],
            ..StepSummary::default()
        }
    });
    let mut run = RunSummary { notes: vec![text.to_owned()], ..RunSummary::default() };
    run.started.host.hostname = text.to_owned();
    run.started.facts.insert(text.to_owned(), text.to_owned());
    run.scenarios = vec![ScenarioSummary {
        id: "nasty".into(),
        title: text.into(),
        objective: text.into(),
        steps: steps.collect(),
        ..ScenarioSummary::default()
    }];
    run
}

/// What every reader relies on.
fn assert_sound(xml: &[u8]) {
    let text = std::str::from_utf8(xml).unwrap();
    // Stricter than most readers: illegal characters are errors, and so is a DTD.
    let document = roxmltree::Document::parse(text).unwrap();
    let suites: Vec<_> = document.descendants().filter(|n| n.has_tag_name("testsuite")).collect();
    let number =
        |node: &roxmltree::Node<'_, '_>, name| node.attribute(name).unwrap().parse::<usize>();
    let mut names = std::collections::BTreeSet::new();
    for suite in &suites {
        let cases: Vec<_> = suite.children().filter(|n| n.has_tag_name("testcase")).collect();
        let with = |name: &str| {
            cases.iter().filter(|c| c.children().any(|n| n.has_tag_name(name))).count()
        };
        assert_eq!(number(suite, "tests"), Ok(cases.len()));
        assert_eq!(number(suite, "failures"), Ok(with("failure")));
        assert_eq!(number(suite, "errors"), Ok(with("error")));
        for case in &cases {
            let name = (case.attribute("classname").unwrap(), case.attribute("name").unwrap());
            assert!(names.insert(name), "{name:?} is there twice");
            assert!(case.attribute("time").unwrap().parse::<f64>().unwrap() >= 0.0);
            for node in case.children().filter(|n| n.is_element()) {
                let long = node.text().map_or(0, str::len);
                assert!(long < TEXT_MAX + 100, "{} has {long} bytes", node.tag_name().name());
                assert!(node.attribute("message").is_none_or(|m| m.len() <= 4 * MESSAGE_MAX));
            }
        }
    }
    assert!(!names.is_empty());
}

#[test]
fn a_corpus_of_nasty_texts_is_borne() {
    let endless = "x".repeat(1 << 20);
    let wide = "🦀]]>\u{0}".repeat(100_000);
    for text in [
        "",
        "\u{0}",
        "]]>",
        "]]]]>>",
        "<![CDATA[x]]>",
        "</system-out>&lt;&#0;&amp;",
        "\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7} \u{9b}31m",
        "\u{fffd}\u{fffe}\u{ffff}\u{d7ff}\u{e000}",
        "a\r\nb\rc\n\n\t",
        "\"quotes\" 'and' <tags>",
        "é 🦀 \u{202e}right to left",
        &String::from_utf8_lossy(b"\xed\xa0\x80 lone surrogate \xff"),
        &endless,
        &wide,
    ] {
        let xml = junit(&nasty(text));
        assert_sound(&xml);
        assert!(xml.len() < 2 * 1024 * 1024);
    }
}

#[test]
fn the_essential_facts_stand_in_the_message() {
    let run = nasty("timed out waiting until x; last status: <y>\n  waited 1 s");
    let xml = String::from_utf8(junit(&run)).unwrap();
    let document = roxmltree::Document::parse(&xml).unwrap();
    let failure = document.descendants().find(|n| n.has_tag_name("failure")).unwrap();
    assert_eq!(failure.attribute("message"), Some("timed out waiting until x; last status: <y>"));
    assert!(failure.text().unwrap().ends_with("\n  waited 1 s"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_borne(text in any::<String>()) {
        assert_sound(&junit(&nasty(&text)));
    }

    #[test]
    fn any_control_characters_are_borne(text in "[\\x00-\\x7f\\]>&<\u{80}-\u{9f}\u{ffff}]{0,200}") {
        assert_sound(&junit(&nasty(&text)));
    }
}
