//! Scenario `reconciliation` (strategy §5): what breaks is mended.

mod repair;
mod statistics;

use persys_contract::topology::Feature;

use crate::{
    plan::{Budget, Requirement, Scenario, Step},
    step,
};

/// One pass to see it, one to mend it, the back-off's first second, and a start.
const REPAIR: Budget = Budget::seconds(15).plus_monitors(2).plus_reconciles(3);

const WHOLE: Step = Step {
    id: "",
    title: "",
    source: "",
    labels: &[],
    needs: &["workload-runs"],
    requires: &[],
    budget: REPAIR,
    run: step!(repair::workload_runs),
};

pub const SCENARIO: Scenario = Scenario {
    id: "reconciliation",
    title: "Reconciliation",
    objective: "a container that ends behind the platform's back is brought back, and the platform tells of it",
    source: "strategy §5",
    labels: &[],
    requires: &[],
    steps: &[
        Step {
            id: "workload-runs",
            title: "a workload runs",
            source: "strategy §5 step 1",
            needs: &[],
            budget: Budget::seconds(20).plus_monitors(3),
            run: step!(repair::workload_runs),
            ..WHOLE
        },
        Step {
            id: "stopped-container-restarted",
            title: "a stopped container is started again, in a time that is reported",
            source: "strategy §5 steps 2 to 4",
            run: step!(repair::stopped),
            ..WHOLE
        },
        Step {
            id: "killed-container-restarted",
            title: "a killed container is started again",
            source: "strategy §5 step 5",
            run: step!(repair::killed),
            ..WHOLE
        },
        Step {
            id: "removed-container-recreated",
            title: "a removed container is made again as it was",
            source: "strategy §5 step 5",
            run: step!(repair::removed),
            ..WHOLE
        },
        Step {
            id: "statistics-updated",
            title: "the statistics, the workload's metadata and the metrics tell of the repairs",
            source: "strategy §5 expected results",
            needs: &["removed-container-recreated"],
            requires: &[Requirement::Feature(Feature::ReconciliationApi)],
            budget: Budget::seconds(10).plus_reconciles(2),
            run: step!(statistics::updated),
            ..WHOLE
        },
        Step {
            id: "mended-and-left-alone",
            title: "after the repairs two more passes leave the container alone",
            source: "strategy §5 expected results",
            needs: &["removed-container-recreated"],
            budget: Budget::seconds(10).plus_reconciles(6),
            run: step!(repair::left_alone),
            ..WHOLE
        },
    ],
};
