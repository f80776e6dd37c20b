use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::chaos::{
    Act, Breakage, Kind, Operation,
    ground::fixture::{ground, whole},
    legal::clash,
};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn the_same_seed_makes_the_same_bytes() {
    let text = |seed| generate(seed, MINUTE, &whole()).to_text();
    assert_eq!(text(7), text(7));
    assert_ne!(text(7), text(8));
}

/// A plan that is written down in an issue must be had again by its seed, with a later build too.
#[test]
fn the_plan_of_a_seed_stays_the_same() {
    let plan = generate(7, Duration::from_secs(20), &whole());
    let lines: Vec<String> = plan.entries.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn what_the_machines_cannot_do_is_in_no_plan() {
    for seed in 0..20 {
        let plan = generate(seed, 3 * MINUTE, &ground(&["docker"]));
        assert!(plan.left_out.iter().any(|why| why.contains("netem")), "{:?}", plan.left_out);
        let link = |act: &Act| match act {
            Act::Fault { breakage, .. } => matches!(
                breakage,
                Breakage::Cut { .. }
                    | Breakage::Loss { .. }
                    | Breakage::Delay { .. }
                    | Breakage::Rate { .. }
            ),
            _ => false,
        };
        assert!(!plan.entries.iter().any(|entry| link(&entry.act)));
        let asked = |plan: &ChaosPlan| -> Vec<_> {
            plan.entries.iter().filter(|entry| !entry.is_fault()).cloned().collect()
        };
        assert_eq!(asked(&plan), asked(&generate(seed, 3 * MINUTE, &whole())), "the same is asked");
    }
}

/// Every kind of operation and of fault comes up, or the weights are wrong.
#[test]
fn ten_plans_have_everything() {
    let plans: Vec<_> = (1..=10).map(|seed| generate(seed, 3 * MINUTE, &whole())).collect();
    let entries = || plans.iter().flat_map(|plan| &plan.entries);
    let operations: BTreeSet<&str> = entries()
        .filter_map(|entry| match &entry.act {
            Act::Operation { operation, .. } => Some(operation.name()),
            _ => None,
        })
        .collect();
    assert_eq!(operations.len(), 9, "{operations:?}");
    let faults: BTreeSet<String> = entries()
        .filter_map(|entry| match &entry.act {
            Act::Fault { breakage, .. } => breakage.to_string().split(' ').next().map(Into::into),
            Act::Restart { .. } => Some("restart".to_owned()),
            Act::Blow { .. } => Some("blow".to_owned()),
            Act::Operation { .. } => None,
        })
        .collect();
    assert!(faults.len() >= 10, "{faults:?}");
    for plan in &plans {
        let (operations, disturbances) = plan.counts();
        assert!(operations > 100 && disturbances > 20, "{operations} and {disturbances}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_plan_is_legal_and_survives_its_file(seed: u64, seconds in 10_u64..240) {
        let ground = whole();
        let plan = generate(seed, Duration::from_secs(seconds), &ground);
        prop_assert_eq!(&ChaosPlan::parse(&plan.to_text()).unwrap(), &plan);
        let windows = plan.windows();
        for (position, window) in windows.iter().enumerate() {
            let mut others = windows.clone();
            others.remove(position);
            prop_assert_eq!(clash(&ground, &others, window), None, "{:?}", window);
            prop_assert!(window.to_ms <= plan.duration_ms);
        }
        prop_assert!(plan.entries.is_sorted_by_key(|entry| entry.at_ms));
        prop_assert!(plan.entries.iter().all(|entry| entry.at_ms < plan.duration_ms + 40));
    }

    /// In the end something is to be stopped, wherever there is something that could be.
    #[test]
    fn something_is_stopped_in_the_end(seed: u64, seconds in 10_u64..240) {
        let plan = generate(seed, Duration::from_secs(seconds), &whole());
        let (mut services, mut stopped) = (BTreeSet::new(), BTreeSet::new());
        for entry in &plan.entries {
            let Act::Operation { operation, .. } = &entry.act else { continue };
            match operation {
                Operation::Schedule { workload, kind, .. } if *kind != Kind::OneShot => {
                    services.insert(*workload);
                }
                Operation::Stop { workload } => drop(stopped.insert(*workload)),
                Operation::Start { workload } => drop(stopped.remove(workload)),
                Operation::Delete { workload } => {
                    services.remove(workload);
                    stopped.remove(workload);
                }
                _ => {}
            }
        }
        prop_assert_eq!(stopped.is_empty(), services.is_empty());
    }

    /// Nobody asks for a workload before it is scheduled, nor schedules one twice.
    #[test]
    fn every_workload_is_scheduled_once_and_first(seed: u64) {
        let plan = generate(seed, MINUTE, &whole());
        let mut known = BTreeSet::new();
        for entry in &plan.entries {
            let Act::Operation { operation, .. } = &entry.act else { continue };
            match operation {
                Operation::Schedule { workload, .. } => prop_assert!(known.insert(*workload)),
                other => {
                    prop_assert!(other.workload().is_none_or(|w| known.contains(&w)), "{}", entry);
                }
            }
        }
    }
}
