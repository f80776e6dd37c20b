use std::{collections::BTreeMap, fs, path::Path};

use super::{campaign::conclude, page::page, reading::outcome, *};
use crate::{
    events::{RunFinished, RunOutcome, Verdict},
    report::{Attempt, RunSummary, ScenarioSummary, StepSummary},
    scenarios::ALL,
};

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn registry() -> Registry {
    Registry::read(&top().join("reference/defects.json"), ALL).unwrap()
}

/// Words alone, as lines are broken elsewhere.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_defect_breaks_a_sentence_of_the_contract() {
    let contract = plain(&fs::read_to_string(top().join("docs/contract.md")).unwrap());
    for defect in registry().defects {
        assert!(contract.contains(&plain(&defect.promise)), "{}: {}", defect.name, defect.promise);
        let head = format!("## {}", defect.section);
        let known = contract.contains(&head) || defect.section == "introduction";
        assert!(known, "{}: there is no section {}", defect.name, defect.section);
        assert!(!defect.breaks.is_empty(), "{}: says not what it does", defect.name);
    }
}

#[test]
fn the_page_of_defects_is_up_to_date() {
    let written = fs::read_to_string(top().join("reference/DEFECTS.md")).unwrap();
    assert_eq!(written, document(&registry()), "run `make defects`");
}

fn defect(json: &str) -> Defect {
    let common = r#"{"component":"c","category":"errors","section":"1","promise":"p","breaks":"b""#;
    serde_json::from_str(&format!("{common},{json}}}")).unwrap()
}

#[test]
fn a_list_that_names_unknown_steps_is_refused() {
    let list = |defects: &[&str]| Registry {
        variable: "V".to_owned(),
        defects: defects.iter().map(|json| defect(json)).collect(),
    };
    let good = r#""name":"a-b","steps":["basic-workflow","basic-workflow/invariants"]"#;
    assert_eq!(list(&[good]).problems(ALL), Vec::<String>::new());
    for (wrong, told) in [
        (r#""name":"a","steps":["basic-workflow/nodes-registred"]"#, "is no step"),
        (r#""name":"a","steps":["basic"]"#, "is no step"),
        (r#""name":"a","steps":[]"#, "name a step"),
        (r#""name":"A b","steps":["basic-workflow"]"#, "kebab-case"),
    ] {
        let problems = list(&[wrong]).problems(ALL);
        assert!(problems.iter().any(|problem| problem.contains(told)), "{problems:?}");
    }
    assert!(list(&[good, good]).problems(ALL)[0].contains("twice"));
}

fn run(outcome: RunOutcome, verdicts: &[(&str, Option<Verdict>, &str)]) -> RunSummary {
    let steps = verdicts.iter().enumerate().map(|(n, (id, verdict, message))| StepSummary {
        id: (*id).to_owned(),
        attempts: verdict
            .map(|verdict| Attempt {
                at: n as f64,
                verdict: Some(verdict),
                message: (*message).to_owned(),
                ..Attempt::default()
            })
            .into_iter()
            .collect(),
        ..StepSummary::default()
    });
    let scenario =
        ScenarioSummary { id: "s".to_owned(), steps: steps.collect(), ..Default::default() };
    let finished = RunFinished { outcome, exit_code: outcome.exit_code(), duration_ms: 1.0 };
    RunSummary { scenarios: vec![scenario], finished: Some(finished), ..RunSummary::default() }
}

#[test]
fn only_a_step_that_failed_has_caught_a_defect() {
    use RunOutcome::{Error as Broken, Failed as Red, Interrupted, Passed as Green};
    use Verdict::{Error, Failed, Passed, Skipped};
    let defect = defect(r#""name":"d","steps":["s/y"]"#);
    let of = |outcome_of_run, verdicts: &[_]| outcome(&run(outcome_of_run, verdicts), &defect);
    let x = ("x", Some(Passed), "");

    let caught = of(Red, &[x, ("y", Some(Failed), "why\nmore"), ("z", Some(Failed), "too")]);
    let by = vec!["s/y".to_owned(), "s/z".to_owned()];
    assert_eq!(caught, Outcome::Caught { by, message: "why".to_owned(), expected: true });
    let also = of(Red, &[("x", Some(Failed), "too"), ("y", Some(Failed), "why")]);
    assert!(matches!(&also, Outcome::Caught { message, .. } if message == "why"), "{also:?}");
    assert!(also.is_caught(), "by one that ought to, if not first");
    let elsewhere = of(Red, &[("x", Some(Failed), "why"), ("y", None, "")]);
    assert!(elsewhere.is_elsewhere() && !elsewhere.is_caught(), "{elsewhere:?}");

    assert_eq!(of(Green, &[x, ("y", Some(Passed), "")]), Outcome::Missed);
    for (result, verdicts) in [
        (Broken, [x, ("y", Some(Error), "nobody answers")]),
        (Green, [x, ("y", Some(Skipped), "needs netem")]),
        (Green, [x, ("y", None, "")]),
        (Interrupted, [x, ("y", Some(Passed), "")]),
    ] {
        let outcome = of(result, &verdicts);
        assert!(matches!(outcome, Outcome::Unjudged { .. }), "{verdicts:?}: {outcome:?}");
    }

    let fatal = Defect { shows_as_error: true, ..defect.clone() };
    let died = run(Broken, &[x, ("y", Some(Error), "nobody answers")]);
    assert!(outcome(&died, &fatal).is_caught());
    // What was only planned shows nothing.
    let unbegun = run(Broken, &[x, ("y", None, "")]);
    assert!(!outcome(&unbegun, &fatal).is_caught());
}

fn judged(name: &str, outcome: Outcome) -> Judged {
    Judged {
        name: name.to_owned(),
        outcome,
        seconds: 1.5,
        fingerprint: "f".to_owned(),
        results: format!("runs/{name}"),
    }
}

fn caught(by: &str) -> Outcome {
    Outcome::Caught { by: vec![by.to_owned()], message: "<b>".to_owned(), expected: true }
}

#[test]
fn a_miss_weighs_more_than_what_cannot_be_judged() {
    let (a, b) = (defect(r#""name":"a","steps":["s"]"#), defect(r#""name":"b","steps":["s"]"#));
    let both = [&a, &b];
    let unjudged = || Outcome::Unjudged { why: "broken".to_owned() };
    let late = || Outcome::Timeout { seconds: 9 };
    let elsewhere =
        || Outcome::Caught { by: vec!["s/z".to_owned()], message: String::new(), expected: false };
    for (one, other, expected) in [
        (caught("s/x"), caught("s/x"), Conclusion::AllCaught),
        (caught("s/x"), late(), Conclusion::Unjudged),
        (caught("s/x"), elsewhere(), Conclusion::Unjudged),
        (caught("s/x"), unjudged(), Conclusion::Unjudged),
        (Outcome::Missed, unjudged(), Conclusion::Missed),
    ] {
        let mut record = AuditRecord::new();
        record.enter(judged("a", one));
        record.enter(judged("b", other));
        assert_eq!(conclude(&both, &record), expected);
    }
    let mut record = AuditRecord::new();
    record.enter(judged("a", caught("s/x")));
    assert_eq!(conclude(&both, &record), Conclusion::Unjudged, "one was never looked at");
}

#[test]
fn a_record_is_read_again_and_names_the_idle_steps() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.json");
    assert!(AuditRecord::read(&file).unwrap().judged.is_empty());
    let mut record = AuditRecord::new();
    let passed = ["s/x", "s/y"].map(|step| (step.to_owned(), 1.0));
    let baseline = record::Baseline {
        seconds: 2.0,
        passed: BTreeMap::from(passed),
        skipped: BTreeMap::new(),
        fingerprint: "f".to_owned(),
        is_whole: true,
    };
    record.baseline.insert("s".to_owned(), baseline);
    record.enter(judged("a", Outcome::Missed));
    record.enter(judged("a", caught("s/x")));
    record.write(&file).unwrap();
    let again = AuditRecord::read(&file).unwrap();
    assert_eq!(again.of("a").unwrap().outcome, caught("s/x"));
    assert_eq!(again.judged.len(), 1);
    assert_eq!(again.idle_steps(), ["s/y"]);

    let a = defect(r#""name":"a","steps":["s"]"#);
    let registry = Registry { variable: "V".to_owned(), defects: vec![a.clone()] };
    let html = page(&again, &registry, &Reasons::default(), &[&a]).unwrap();
    assert!(html.contains("no reason is given"), "{html}");
    assert!(html.contains("Every defect was caught") && html.contains("&lt;b&gt;"), "{html}");

    fs::write(&file, r#"{"schema":99,"baseline":{},"judged":[]}"#).unwrap();
    assert!(AuditRecord::read(&file).unwrap_err().message.contains("--resume"));
}

fn reasons(json: &str) -> Result<Reasons, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("idle.json");
    fs::write(&file, json).unwrap();
    Reasons::read(&file, ALL).map_err(|error| error.message)
}

#[test]
fn reasons_are_of_steps_that_are_planned_and_each_once() {
    let file = top().join("reference/idle-steps.json");
    Reasons::read(&file, ALL).unwrap();
    let list = |steps: &str, why: &str| {
        reasons(&format!(r#"{{"idle":[{{"steps":[{steps}],"why":"{why}"}}]}}"#))
    };
    let known = r#""basic-workflow/invariants""#;
    let good = list(known, "because").unwrap();
    assert_eq!(good.of("basic-workflow/invariants"), Some("because"));
    for (steps, why, told) in [
        (r#""basic-workflow/none""#, "because", "is no step"),
        (r#""basic-workflow""#, "because", "is no step"),
        (known, " ", "say why"),
        ("", "because", "say why"),
        (r#""basic-workflow/invariants","basic-workflow/invariants""#, "because", "twice"),
    ] {
        let error = list(steps, why).unwrap_err();
        assert!(error.contains(told) && error.contains("idle.json"), "{error}");
    }
}

#[test]
fn every_idle_step_wants_a_reason_and_no_other() {
    let reasons = reasons(
        r#"{"idle":[{"steps":["basic-workflow/invariants","basic-workflow/clean-up"],"why":"w"}]}"#,
    )
    .unwrap();
    let idle = ["basic-workflow/clean-up", "basic-workflow/metrics-moved"].map(str::to_owned);
    let problems = reasons.problems(&idle, |step| step.ends_with("invariants"));
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].starts_with("basic-workflow/metrics-moved has caught nothing"));
    assert!(problems[1].starts_with("basic-workflow/invariants is said to be idle"));
    assert_eq!(reasons.problems(&idle[..1], |_| false), Vec::<String>::new());
}

#[test]
fn the_parts_together_are_all_and_none_twice() {
    let parts: Vec<Part> = (1..=3).map(|n| format!("{n}/3").parse().unwrap()).collect();
    for position in 0..10 {
        assert_eq!(parts.iter().filter(|part| part.takes(position)).count(), 1);
    }
    for wrong in ["0/3", "4/3", "1", "a/b", "1/0"] {
        assert!(wrong.parse::<Part>().is_err(), "{wrong}");
    }
}
