//! Whether a table of scenarios keeps the rules that reports rely on.

use std::collections::BTreeSet;

use super::{CLEAN_UP, INVARIANTS, Scenario};

/// Every broken rule, in the words of a fragment.
pub fn validate(table: &[&Scenario]) -> Vec<String> {
    let mut broken = Vec::new();
    let mut scenarios = BTreeSet::new();
    for scenario in table {
        let id = scenario.id;
        if !is_id(id) {
            broken.push(format!("scenario {id:?}: the id must match [a-z0-9][a-z0-9-]*"));
        }
        if !scenarios.insert(id) {
            broken.push(format!("scenario {id}: the id is used twice"));
        }
        if scenario.steps.is_empty() {
            broken.push(format!("scenario {id}: has no steps"));
        }
        let mut earlier = BTreeSet::new();
        for step in scenario.steps {
            let name = format!("{id}/{}", step.id);
            if !is_id(step.id) {
                broken.push(format!("step {name:?}: the id must match [a-z0-9][a-z0-9-]*"));
            }
            if [INVARIANTS, CLEAN_UP].contains(&step.id) {
                broken.push(format!("step {name}: every scenario has this step by itself"));
            }
            for need in step.needs {
                if !earlier.contains(need) {
                    broken.push(format!("step {name}: needs {need}, which is no earlier step"));
                }
            }
            if !earlier.insert(step.id) {
                broken.push(format!("step {name}: the id is used twice"));
            }
        }
    }
    broken
}

fn is_id(id: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    id.bytes().next().is_some_and(plain) && id.bytes().all(|b| plain(b) || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        context::Context,
        evidence::StepResult,
        plan::{Budget, Step},
        scenarios, step,
    };

    async fn nothing(_: &mut Context) -> StepResult {
        Ok(())
    }

    const fn made(id: &'static str, needs: &'static [&'static str]) -> Step {
        let budget = Budget::seconds(1);
        let run = step!(nothing);
        Step { id, title: "", source: "", labels: &[], needs, requires: &[], budget, run }
    }

    const fn scenario(id: &'static str, steps: &'static [Step]) -> Scenario {
        Scenario { id, title: "", objective: "", source: "", labels: &[], requires: &[], steps }
    }

    #[test]
    fn the_project_s_own_table_keeps_the_rules() {
        assert_eq!(validate(scenarios::ALL), Vec::<String>::new());
    }

    #[test]
    fn each_broken_rule_is_told() {
        const A: Scenario = scenario(
            "a",
            &[made("late", &["b"]), made("b", &[]), made("b", &[]), made("clean-up", &[])],
        );
        const ODD: Scenario = scenario("Odd", &[]);
        let broken = validate(&[&A, &A, &ODD]);
        for part in [
            "step a/late: needs b, which is no earlier step",
            "step a/b: the id is used twice",
            "step a/clean-up: every scenario has",
            "scenario a: the id is used twice",
            "scenario \"Odd\": the id must match",
            "scenario Odd: has no steps",
        ] {
            assert!(broken.iter().any(|line| line.contains(part)), "{part}: {broken:#?}");
        }
    }
}
