//! What holds for any input, said once for the property tests and the fuzz targets.

use std::path::Path;

use persys_contract::topology::Topology;

use crate::{
    compare::Comparison,
    events::{Body, SCHEMA, read_events_from},
    merge::{ShardRecord, fitting, join},
    plan::{PlanFile, Quarantine},
    probe::carried_out,
    report::{bears, fold, sound},
    scenarios::ALL,
    workloads::Definition,
};

/// A record of a run is refused with the file's name, or every report can be made of it, by
/// itself and as a shard with others.
///
/// # Panics
/// When it is neither.
pub fn events(bytes: &[u8]) {
    let file = Path::new("e.jsonl");
    let events = match read_events_from(file, bytes) {
        Ok(events) => events,
        Err(error) => {
            assert!(error.to_string().starts_with("e.jsonl: "), "{error}");
            return;
        }
    };
    assert!(matches!(events[0].body, Body::RunStarted(_)));
    assert!(events[0].schema.is_some_and(|schema| schema <= SCHEMA));
    let run = fold(&events);
    sound(&run);
    // A run is no worse than itself.
    assert!(!Comparison::of(&run, &run).is_worse());
    let mut again = Vec::new();
    for event in &events {
        serde_json::to_writer(&mut again, event).unwrap();
        again.push(b'\n');
    }
    assert_eq!(read_events_from(file, &again[..]).unwrap().len(), events.len());
    let shard = ShardRecord::of("shard".into(), events);
    match fitting([shard].into_iter()) {
        Ok(shards) => sound(&fold(&join(&shards))),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Reports bear a text wherever it may stand.
///
/// # Panics
/// When one of them is broken by it.
pub fn report_text(bytes: &[u8]) {
    bears(&String::from_utf8_lossy(bytes));
}

/// A plan is refused, or means what it says.
///
/// # Panics
/// When written again it is read as another.
pub fn plan(bytes: &[u8]) {
    let Ok(plan) = serde_json::from_slice::<PlanFile>(bytes) else { return };
    let text = serde_json::to_vec(&plan).unwrap();
    let mut again: PlanFile = serde_json::from_slice(&text).unwrap();
    // A fraction may come back with another last digit.
    again.timeout_scale = plan.timeout_scale;
    assert_eq!(again, plan);
}

/// A quarantine is refused with the file's name, or says of each of its steps who answers for it.
///
/// # Panics
/// When it does neither.
pub fn quarantine(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let today = time::OffsetDateTime::UNIX_EPOCH.date();
    match Quarantine::parse(Path::new("q.json"), text, ALL, today) {
        Ok(quarantine) => {
            let steps = ALL.iter().flat_map(|s| s.steps.iter().map(|step| (s.id, step.id)));
            for known in steps.filter_map(|(scenario, step)| quarantine.current(scenario, step)) {
                assert!(known.until >= today && !known.owner.trim().is_empty(), "{known}");
            }
        }
        Err(error) => {
            let error = error.to_string();
            assert!(error.starts_with("failed to use q.json: "), "{error}");
        }
    }
}

/// A workload's file makes a valid workload, or is refused with its name.
///
/// # Panics
/// When it does neither.
pub fn workload_file(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let topology = include_str!("../../topology.json");
    let topology = Topology::parse(Path::new("topology.json"), topology).unwrap();
    let beside = [("app/docker-compose.yml", "services: {}")];
    let workload = Definition::parse("w.yaml", text)
        .and_then(|definition| definition.workload("w.yaml", &topology, &beside));
    match workload {
        Ok(workload) => assert_eq!(workload.validate(), Ok(())),
        Err(error) => assert!(error.to_string().contains("w.yaml"), "{error}"),
    }
}

/// The host's answer says that its request was carried out, or the reason why not is told.
///
/// # Panics
/// When something else is taken for a success.
pub fn host_answer(bytes: &[u8]) {
    const ID: u64 = 7;
    match carried_out(bytes, ID) {
        Ok(()) => {
            // Fields that nobody reads may hold what no value can, such as 1e999.
            let Ok(answer) = serde_json::from_slice::<serde_json::Value>(bytes) else { return };
            let of = |name: usize, field: &str| answer.get(field).or_else(|| answer.get(name));
            assert_eq!(of(0, "id"), Some(&ID.into()), "{answer}");
            assert_eq!(of(1, "ok"), Some(&true.into()), "{answer}");
        }
        Err(why) => assert!(!why.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use persys_hostile::almost;
    use proptest::prelude::*;

    const GOLDEN: &[u8] = include_bytes!("../tests/golden/events.jsonl");
    const WORKLOADS: [&[u8]; 4] = [
        include_bytes!("../workloads/simple-nginx.yaml"),
        include_bytes!("../workloads/complex-app.yaml"),
        include_bytes!("../workloads/git-repo.yaml"),
        b"name: b\ntype: docker-compose\ncomposeDir: ./app/\nenvVars: {KEY: '{worker}'}\n",
    ];
    const PLAN: &[u8] = br#"{"schema": 1, "runId": "r", "profile": "full", "seed": 1,
        "timeoutScale": 1.5, "scenarios": [{"id": "a", "title": "A", "objective": "o",
        "source": "strategy", "labels": [], "requires": [], "steps": [{"id": "s", "title": "S",
        "source": "x", "labels": ["heals"], "needs": [], "requires": ["docker"],
        "budget": "10s", "budgetMs": 10000}]}]}"#;
    const QUARANTINE: &[u8] = br#"{"quarantine": [{"steps": ["basic-workflow/clean-up",
        "error-handling/disk-full-told"], "owner": "us", "why": "P-1", "until": "2026-12-31"}]}"#;
    const ANSWERS: [&[u8]; 2] =
        [br#"{"id": 7, "ok": true}"#, br#"{"id": 7, "ok": false, "error": "no such machine"}"#];

    /// The same as the only shard of a run.
    fn shard() -> Vec<u8> {
        let end = GOLDEN.iter().position(|byte| *byte == b'\n').unwrap();
        let mut started: serde_json::Value = serde_json::from_slice(&GOLDEN[..end]).unwrap();
        let plan = started["plan"].as_array().unwrap().iter();
        let selection: Vec<_> = plan.map(|scenario| scenario["id"].clone()).collect();
        started["shard"] = serde_json::json!({ "index": 1, "of": 1, "selection": selection });
        [started.to_string().as_bytes(), &GOLDEN[end..]].concat()
    }

    #[test]
    fn the_files_are_right_before_anything_is_changed() {
        use super::*;

        events(GOLDEN);
        events(&shard());
        let shard = read_events_from(Path::new("e"), &shard()[..]).unwrap();
        assert!(fitting([ShardRecord::of("s".into(), shard)].into_iter()).is_ok());
        assert!(serde_json::from_slice::<PlanFile>(PLAN).is_ok());
        assert!(carried_out(ANSWERS[0], 7).is_ok());
        let text = std::str::from_utf8(QUARANTINE).unwrap();
        let today = time::OffsetDateTime::UNIX_EPOCH.date();
        let read = Quarantine::parse(Path::new("q"), text, ALL, today).unwrap();
        assert!(read.current("error-handling", "disk-full-told").is_some());
        for workload in WORKLOADS {
            assert!(Definition::parse("w", std::str::from_utf8(workload).unwrap()).is_ok());
        }
    }

    /// Lines of a megabyte, without an end, of nothing but depth; numbers beyond all bounds.
    #[test]
    fn what_is_too_long_deep_or_large_is_read_or_refused() {
        let first = GOLDEN.split_inclusive(|byte| *byte == b'\n').next().unwrap();
        let long = format!(
            r#"{{"type":"note","seq":1,"ts":"","at":1.0,"text":"{}"}}"#,
            "x".repeat(1 << 20)
        );
        let deep = "[".repeat(1 << 20);
        let deep = format!(r#"{{"type":"evidence","seq":1,"ts":"","at":1.0,"data":{deep}"#);
        for line in [&long, &deep, &"\0".repeat(1 << 20)] {
            for end in ["", "\n"] {
                super::events(&[first, line.as_bytes(), end.as_bytes()].concat());
            }
        }
        super::host_answer(br#"{"id": 7, "": 1e999, "ok": true}"#);
        super::workload_file("[".repeat(1 << 16).as_bytes());
        super::plan("[".repeat(1 << 20).as_bytes());
        super::quarantine("[".repeat(1 << 20).as_bytes());
    }

    proptest! {
        // Two pages are made of each record that can be read.
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn records_with_mistakes_are_refused_or_reported(record in almost(&[GOLDEN, &shard()])) {
            super::events(&record);
        }

    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn plans_with_mistakes_are_refused_or_taken_at_their_word(plan in almost(&[PLAN])) {
            super::plan(&plan);
        }

        #[test]
        fn quarantines_with_mistakes_are_refused_or_owned(list in almost(&[QUARANTINE])) {
            super::quarantine(&list);
        }

        #[test]
        fn workload_files_with_mistakes_are_refused_or_valid(file in almost(&WORKLOADS)) {
            super::workload_file(&file);
        }

        #[test]
        fn answers_with_mistakes_are_no_success(answer in almost(&ANSWERS)) {
            super::host_answer(&answer);
        }
    }
}
