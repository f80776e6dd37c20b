use proptest::prelude::*;

use super::*;
use crate::report::soundness::{bears, well_formed, with_text_everywhere};

/// What every reader relies on.
fn assert_sound(xml: &[u8]) {
    well_formed(xml);
    let document = roxmltree::Document::parse(std::str::from_utf8(xml).unwrap()).unwrap();
    let mut names = std::collections::BTreeSet::new();
    for case in document.descendants().filter(|node| node.has_tag_name("testcase")) {
        let name = (case.attribute("classname").unwrap(), case.attribute("name").unwrap());
        assert!(names.insert(name), "{name:?} is there twice");
        assert!(case.attribute("time").unwrap().parse::<f64>().unwrap() >= 0.0);
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
        let xml = junit(&with_text_everywhere(text));
        assert_sound(&xml);
        // The page has each of them dozens of times.
        if text.len() < 1000 {
            bears(text);
        }
        assert!(xml.len() < 2 * 1024 * 1024);
    }
}

#[test]
fn the_essential_facts_stand_in_the_message() {
    let run = with_text_everywhere("timed out waiting until x; last status: <y>\n  waited 1 s");
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
        assert_sound(&junit(&with_text_everywhere(&text)));
    }

    #[test]
    fn any_control_characters_are_borne(text in "[\\x00-\\x7f\\]>&<\u{80}-\u{9f}\u{ffff}]{0,200}") {
        assert_sound(&junit(&with_text_everywhere(&text)));
    }
}

proptest! {
    // A page takes a while.
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_borne_by_every_report(text in any::<String>()) {
        bears(&text);
    }
}
