use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

use super::{
    markdown::proofs,
    proofs::{PROOFS, Proof},
    *,
};
use crate::{
    plan::{CLEAN_UP, INVARIANTS},
    report::{fold, json},
    scenarios,
};

/// How many lines the strategy has of each kind. A line that its reader passes over is missed here.
const LINES: [(&str, usize); 8] = [
    ("objective ", 7),
    ("§", 7 + 37 + 25),
    ("data ", 3),
    ("sketch ", 12),
    ("metric ", 6),
    ("report ", 12),
    ("criterion ", 15),
    ("", 124),
];

fn project(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn no_line_of_the_strategy_is_forgotten() {
    let strategy = Strategy::read();
    for (prefix, count) in LINES {
        let found = strategy.lines().iter().filter(|line| line.key.starts_with(prefix)).count();
        assert_eq!(found, count, "lines whose key begins with {prefix:?}");
    }
    let keys: BTreeSet<_> = strategy.lines().iter().map(|line| &line.key).collect();
    assert_eq!(keys.len(), strategy.lines().len(), "a key stands for two lines");
    let (proofs, _) = proofs(&strategy, scenarios::ALL).unwrap();
    let unproved: Vec<_> =
        strategy.lines().iter().filter(|line| !proofs.contains_key(&line.key)).collect();
    assert!(unproved.is_empty(), "proved by nothing: {unproved:#?}");
}

#[test]
fn every_proof_exists() {
    let strategy = Strategy::read();
    let steps: BTreeSet<String> = scenarios::ALL
        .iter()
        .flat_map(|scenario| {
            let own = scenario.steps.iter().map(|step| step.id);
            own.chain([CLEAN_UP, INVARIANTS]).map(move |step| format!("{}/{step}", scenario.id))
        })
        .collect();
    for (key, proofs) in PROOFS {
        assert!(strategy.line(key).is_some(), "the strategy has no line {key:?}");
        assert!(!proofs.is_empty(), "{key}");
        for proof in *proofs {
            match proof {
                Proof::Scenario(id) => {
                    assert!(scenarios::ALL.iter().any(|scenario| scenario.id == *id), "{id}");
                }
                Proof::Step(name) => {
                    assert!(steps.contains(*name), "{key}: there is no step {name}")
                }
                Proof::Measured(command, file) => {
                    assert!(project(file).contains(command), "{key}: {file} has no {command}");
                }
                Proof::Test(file, test) => {
                    let wanted = format!("fn {test}(");
                    assert!(project(file).contains(&wanted), "{key}: {file} has no {test}");
                }
            }
        }
    }
}

#[test]
fn every_source_exists() {
    let (strategy, contract) = (Strategy::read(), project("docs/contract.md"));
    let headings: BTreeSet<String> = contract
        .lines()
        .filter_map(|line| line.strip_prefix("##"))
        .filter_map(|line| Some(line.trim_start_matches('#').split_whitespace().next()?.to_owned()))
        .map(|number| format!("§{}", number.trim_end_matches('.')))
        .chain(["introduction".to_owned()])
        .collect();
    let mut named = Vec::new();
    for scenario in scenarios::ALL {
        named.push((scenario.id.to_owned(), scenario.source));
        let own = scenario.steps.iter();
        named.extend(own.map(|step| (format!("{}/{}", scenario.id, step.id), step.source)));
    }
    for (name, source) in named {
        let references = strategy.references(source);
        let references = references.unwrap_or_else(|error| panic!("{name}: {source:?}: {error}"));
        assert!(!references.is_empty(), "{name} names no source");
        for reference in references {
            if let Reference::Contract(section) = reference {
                assert!(headings.contains(&section), "{name}: the contract has no {section:?}");
            }
        }
    }
}

#[test]
fn the_document_is_up_to_date() {
    let made = markdown(scenarios::ALL).unwrap();
    assert!(
        project("docs/coverage.md") == made,
        "docs/coverage.md is out of date; write it with `make coverage`"
    );
}

/// On a record of a run: every field of the strategy's example, by its path.
#[test]
fn every_field_of_the_strategy_s_report_is_in_ours() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/events.jsonl");
    let events = crate::events::read_events(&file).unwrap();
    let report: Value = serde_json::from_slice(&json(&fold(&events))).unwrap();
    let strategy = Strategy::read();
    let wanted = strategy.lines().iter().filter_map(|line| line.key.strip_prefix("report "));
    for path in wanted {
        let (mut level, mut there) = (vec![&report], false);
        for name in path.split('.') {
            let fields = level.iter().filter_map(|value| value.get(name));
            let next: Vec<&Value> = fields
                .flat_map(|value| match value {
                    Value::Array(values) => values.iter().collect(),
                    value => vec![value],
                })
                .collect();
            there = !next.is_empty();
            level = next;
        }
        assert!(there, "report.json has no {path}");
    }
}
