use insta::assert_snapshot;
use persys_contract::topology::Feature;

use super::*;
use crate::{
    context::Context,
    evidence::StepResult,
    plan::{Budget, Filter, Requirement, Scenario, Step},
    step,
};

async fn nothing(_: &mut Context) -> StepResult {
    Ok(())
}

const PLAIN: Step = Step {
    id: "ready",
    title: "every component answers",
    source: "strategy §1 step 1",
    labels: &[],
    needs: &[],
    requires: &[],
    budget: Budget::seconds(10),
    run: step!(nothing),
};
const BASIC: Scenario = Scenario {
    id: "basic-workflow",
    title: "Basic workflow",
    objective: "a workload runs as it was asked for",
    source: "strategy §1",
    labels: &["smoke"],
    requires: &[],
    steps: &[
        PLAIN,
        Step {
            id: "delete-leaves-nothing",
            title: "a deleted workload is gone",
            labels: &["full"],
            needs: &["ready"],
            requires: &[Requirement::Feature(Feature::Delete), Requirement::Capability("nft")],
            budget: Budget::millis(1500).plus_reconciles(2),
            ..PLAIN
        },
    ],
};
const REPAIR: Scenario = Scenario {
    id: "reconciliation",
    title: "Reconciliation",
    labels: &[],
    requires: &[Requirement::Feature(Feature::ReconciliationApi)],
    steps: &[PLAIN],
    ..BASIC
};

fn plan() -> Vec<PlannedScenario> {
    let selection = Filter::default().select(&[&BASIC, &REPAIR]).unwrap();
    planned(&selection, true, Pace { timings: &Timings::PRODUCTION, scale: 1.0 })
}

#[test]
fn as_a_table() {
    assert_snapshot!(table(&plan(), 80));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let selection = Filter::default().select(crate::scenarios::ALL).unwrap();
    let pace = Pace { timings: &Timings::PRODUCTION, scale: 1.0 };
    let plan = planned(&selection, true, pace);
    for width in [80, 160] {
        let text = table(&plan, width);
        let longest = text.lines().max_by_key(|line| line.chars().count()).unwrap();
        assert!(longest.chars().count() <= width, "{longest}");
        for step in plan.iter().flat_map(|scenario| &scenario.steps) {
            assert!(text.lines().any(|line| line.trim().split(' ').next() == Some(&step.id)));
        }
    }
}

#[test]
fn as_json() {
    assert_snapshot!(json(&plan()[..1]));
}
