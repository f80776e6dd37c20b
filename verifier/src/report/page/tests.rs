use std::path::Path;

use super::page;
use crate::{
    events::read_events,
    report::{RunSummary, fold, timeline::Usage},
};

fn run() -> RunSummary {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/events.jsonl");
    fold(&read_events(&file).unwrap())
}

#[test]
fn the_page_says_what_the_run_says() {
    let html = page(&run()).unwrap();
    for text in ["<h1>incomplete</h1>", "never healed"] {
        assert_eq!(html.contains(text), text.starts_with('<'), "{text}");
    }
    for (scenario, step) in run().steps() {
        assert!(html.contains(&format!("id=\"{}.{}\"", scenario.id, step.id)), "{}", step.id);
    }
    for name in run().started.machines.keys() {
        assert!(html.contains(&format!("aria-label=\"{name}: ")), "{name}");
    }
}

#[test]
fn people_are_told_the_second_and_programs_all_of_the_time() {
    let html = page(&run()).unwrap();
    let timestamp = run().timestamp;
    let (second, _) = timestamp.split_once('.').unwrap_or(timestamp.split_at(19));
    let told = format!("{} UTC", second.replace('T', " "));
    assert!(html.contains(&format!("<time datetime=\"{timestamp}\">{told}</time>")), "{told}");
}

#[test]
fn the_page_fetches_nothing() {
    let html = page(&run()).unwrap();
    for fetched in ["src=", "@import", "url(", "<link"] {
        assert!(!html.contains(fetched), "{fetched}");
    }
}

#[test]
fn every_landmark_has_a_name_of_its_own() {
    let html = page(&run()).unwrap();
    let tags =
        html.split('<').filter(|tag| tag.starts_with("section") || tag.contains("role=\"region\""));
    let name = |tag: &str| {
        let named = ["aria-label=\"", "aria-labelledby=\""].into_iter().find_map(|attribute| {
            tag.split_once(attribute).and_then(|(_, rest)| rest.split('"').next())
        });
        named.unwrap_or_else(|| panic!("{tag} has no name")).to_owned()
    };
    let names: Vec<String> = tags.map(name).collect();
    let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
    assert!(names.len() > 3 && names.len() == distinct.len(), "{names:?}");
}

#[test]
fn what_is_one_picture_to_a_screen_reader_holds_no_link() {
    let html = page(&run()).unwrap();
    let pictures = html
        .split("<svg ")
        .skip(1)
        .filter(|svg| svg.split('>').next().is_some_and(|tag| tag.contains("role=\"img\"")));
    for picture in pictures {
        let inside = picture.split("</svg>").next().unwrap_or_default();
        assert!(!inside.contains("<a "), "{inside}");
    }
}

#[test]
fn no_text_becomes_markup() {
    let mut run = run();
    let evil = "</style><script>alert(1)</script>\u{0}\u{1b}[31m\"' onload=x";
    run.notes.push(evil.to_owned());
    run.started.platform = evil.to_owned();
    run.started.facts.insert(evil.to_owned(), evil.to_owned());
    for scenario in &mut run.scenarios {
        scenario.title = evil.to_owned();
        for step in &mut scenario.steps {
            step.title = evil.to_owned();
            for attempt in &mut step.attempts {
                attempt.message = evil.to_owned();
                for slice in &mut attempt.logs {
                    slice.text = evil.to_owned();
                }
            }
        }
    }
    run.timeline.usage = [1.0, 2.0]
        .map(|at| Usage {
            at,
            machine: evil.to_owned(),
            component: evil.to_owned(),
            rss_bytes: 1.0,
            open_fds: 1.0,
            cpu_seconds: at,
        })
        .into();
    let html = page(&run).unwrap();
    assert!(!html.contains("<script>alert"));
    assert_eq!(html.matches("<script>").count(), 1);
    assert_eq!(html.matches("</style>").count(), 1);
    assert!(html.contains("&lt;script&gt;alert(1)"));
}
