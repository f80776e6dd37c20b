use super::*;
use crate::{context::Context, evidence::StepResult, plan::Budget, step};

async fn nothing(_: &mut Context) -> StepResult {
    Ok(())
}

const fn made(
    id: &'static str,
    labels: &'static [&'static str],
    needs: &'static [&'static str],
) -> Step {
    let budget = Budget::seconds(1);
    Step { id, title: "", source: "", labels, needs, requires: &[], budget, run: step!(nothing) }
}

const fn scenario(
    id: &'static str,
    labels: &'static [&'static str],
    steps: &'static [Step],
) -> Scenario {
    Scenario { id, title: "", objective: "", source: "", labels, requires: &[], steps }
}

const BASIC: Scenario = scenario(
    "basic-workflow",
    &["smoke"],
    &[
        made("ready", &[], &[]),
        made("create", &["workloads"], &["ready"]),
        made("slow", &["full"], &["create"]),
        made("delete", &[], &["create"]),
    ],
);
const REPAIR: Scenario = scenario(
    "reconciliation",
    &[],
    &[made("stop", &[], &[]), made("quick", &["smoke"], &["stop"])],
);
const CHAOS: Scenario = scenario("chaos", &["chaos"], &[made("storm", &[], &[])]);
const TABLE: &[&Scenario] = &[&BASIC, &REPAIR, &CHAOS];

fn filter(only: &[&str], labels: &[&str], skip: &[&str]) -> Filter {
    let patterns = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
    Filter {
        profile: None,
        only: patterns(only),
        labels: labels.iter().map(|&label| label.into()).collect(),
        skip: patterns(skip),
    }
}

fn names(filter: &Filter) -> Vec<String> {
    filter
        .select(TABLE)
        .unwrap()
        .iter()
        .flat_map(|s| s.steps.iter().map(move |step| format!("{}/{}", s.scenario.id, step.id)))
        .collect()
}

#[test]
fn profiles_select_by_label() {
    let mut all = filter(&[], &[], &[]);
    assert_eq!(names(&all).len(), 6, "all but chaos");
    assert_eq!(all.profile_name(), "full");
    all.profile = Some(Profile::Smoke);
    assert_eq!(
        names(&all),
        [
            "basic-workflow/ready",
            "basic-workflow/create",
            "basic-workflow/delete",
            "reconciliation/stop",
            "reconciliation/quick",
        ]
    );
}

#[test]
fn a_step_brings_what_it_needs() {
    assert_eq!(
        names(&filter(&["basic-workflow/delete"], &[], &[])),
        ["basic-workflow/ready", "basic-workflow/create", "basic-workflow/delete"]
    );
    assert_eq!(
        names(&filter(&[], &["workloads"], &[])),
        ["basic-workflow/ready", "basic-workflow/create"]
    );
}

#[test]
fn a_step_that_disturbs_brings_the_one_that_heals() {
    const FAULT: Scenario = scenario(
        "fault",
        &[],
        &[
            made("cut", &[], &[]),
            made("used", &[], &["cut"]),
            made("calm", &[], &[]),
            made("joined", &[HEALS], &["calm", "cut"]),
            made("after", &[], &["joined"]),
        ],
    );
    let ids = |only: &str, skip: &[&str]| -> Vec<&str> {
        let selected = filter(&[only], &[], skip).select(&[&FAULT]).unwrap();
        selected[0].steps.iter().map(|step| step.id).collect()
    };
    assert_eq!(ids("fault/cut", &[]), ["cut", "calm", "joined"]);
    assert_eq!(ids("fault/used", &[]), ["cut", "used", "calm", "joined"]);
    assert_eq!(ids("fault/cut", &["fault/joined"]), ["cut", "calm"]);
}

#[test]
fn what_is_named_runs_whatever_its_profile() {
    assert_eq!(names(&filter(&["chaos"], &[], &[])), ["chaos/storm"]);
    assert_eq!(filter(&["chaos"], &[], &[]).profile_name(), "selection");
}

#[test]
fn what_is_skipped_stays_out_although_it_is_needed() {
    assert_eq!(
        names(&filter(&["basic-workflow"], &[], &["basic-workflow/create"])),
        ["basic-workflow/ready", "basic-workflow/slow", "basic-workflow/delete"]
    );
    assert_eq!(names(&filter(&[], &[], &["basic-workflow"])).len(), 2);
}

#[test]
fn a_filter_that_selects_nothing_says_which() {
    let error = |filter: Filter| filter.select(TABLE).unwrap_err().to_string();
    assert_eq!(
        error(filter(&["basic-worklow"], &[], &[])),
        "--only basic-worklow names nothing; did you mean basic-workflow?"
    );
    assert_eq!(
        error(filter(&[], &[], &["xyz/abc"])),
        "--skip xyz/abc names nothing; `persys-verifier list` shows what there is"
    );
    assert_eq!(
        error(filter(&[], &["smok"], &[])),
        "no step has the label smok; there are chaos, full, smoke, workloads"
    );
    assert_eq!(error(filter(&["chaos"], &["workloads"], &[])), "the filters leave nothing to run");
}
