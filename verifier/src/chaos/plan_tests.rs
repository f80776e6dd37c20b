use persys_faultd::protocol::Direction;

use super::*;
use crate::chaos::{generate, ground::fixture};

fn plan() -> ChaosPlan {
    generate(3, Duration::from_secs(60), &fixture::whole())
}

fn written(plan: &ChaosPlan) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.json");
    std::fs::write(&file, plan.to_text()).unwrap();
    (folder, file)
}

fn refused(plan: &ChaosPlan) -> String {
    let (_folder, file) = written(plan);
    let error = ChaosPlan::read(&file, &fixture::whole()).unwrap_err().to_string();
    assert!(error.contains("plan.json"), "{error}");
    error
}

#[test]
fn a_plan_comes_back_from_its_file() {
    let plan = plan();
    let (_folder, file) = written(&plan);
    assert_eq!(ChaosPlan::read(&file, &fixture::whole()).unwrap(), plan);
}

#[test]
fn a_plan_that_does_not_fit_is_told_with_the_mend() {
    let good = plan();
    let refused_with = |change: fn(&mut ChaosPlan)| {
        let mut plan = good.clone();
        change(&mut plan);
        refused(&plan)
    };
    let error = refused_with(|plan| plan.schema = 9);
    assert!(error.contains("schema: 9 is not 1; make it anew"), "{error}");
    let error = refused_with(|plan| plan.entries.reverse());
    assert!(error.contains("atMs goes back; sort them"), "{error}");
    let error = refused_with(|plan| {
        let peers = vec!["mars".to_owned()];
        let breakage = Breakage::Cut { peers, direction: Direction::Both };
        let act = Act::Fault { machine: "prow1".into(), breakage, for_ms: 1 };
        plan.entries = vec![Entry { at_ms: 0, act }];
    });
    assert!(error.contains("entries[0]: there is no machine mars; name one"), "{error}");
    let error = refused_with(|plan| {
        let operation = Operation::Get { workload: 9 };
        let act = Act::Operation { client: Client::Cli, operation };
        plan.entries = vec![Entry { at_ms: 0, act }];
    });
    assert!(error.contains("nobody schedules workload 9"), "{error}");
    let missing = ChaosPlan::read(Path::new("/no/plan"), &fixture::whole()).unwrap_err();
    assert!(missing.to_string().starts_with("read the plan /no/plan: "), "{missing}");
    assert!(ChaosPlan::parse("{\"schema\": 1, \"odd\": 2}").is_err());
}

#[test]
fn a_prefix_lasts_as_long_as_its_entries() {
    let plan = plan();
    let half = plan.prefix(plan.entries.len() / 2);
    assert_eq!(half.entries, plan.entries[..plan.entries.len() / 2]);
    assert!(half.duration_ms < plan.duration_ms);
    assert!(half.duration_ms >= half.entries.last().unwrap().at_ms);
    let less = half.without(0);
    assert_eq!(less.entries, half.entries[1..]);
    assert_eq!(plan.prefix(0).duration_ms, 0);
    assert_eq!(plan.without(99_999).entries, plan.entries);
}

#[test]
fn an_entry_is_told_in_words() {
    let breakage = Breakage::Kill { component: "prow-scheduler".into() };
    let act = Act::Fault { machine: "prow1".into(), breakage, for_ms: 3210 };
    let entry = Entry { at_ms: 12_300, act };
    assert_eq!(entry.to_string(), "+12.300 s  kill prow-scheduler on prow1 for 3.2 s");
    let operation = Operation::Schedule { workload: 4, kind: Kind::OneShot, node: None };
    let act = Act::Operation { client: Client::Cli, operation };
    assert_eq!(act.to_string(), "schedule w4, a one-shot with persys-cli");
}
