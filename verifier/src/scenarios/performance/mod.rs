//! Scenario `performance` (strategy §7): how much the platform carries, how fast it
//! answers meanwhile, and what that costs.

mod batch;
mod calibration;
mod criteria;
mod figures;
mod knee;
mod leak;
mod lists;
mod mix;
mod reads;
mod resources;
mod rounds;
mod types;
mod verdict;

use persys_contract::topology::Feature;

use crate::{
    plan::{Budget, EXCLUSIVE, Requirement, Scenario, Step},
    step,
};

const WHOLE: Step = Step {
    id: "",
    title: "",
    source: "",
    labels: &[],
    needs: &[],
    requires: &[],
    budget: Budget::seconds(10),
    run: step!(calibration::generator_calibrated),
};

pub const SCENARIO: Scenario = Scenario {
    id: "performance",
    title: "Performance",
    objective: "under load that arrives whether or not it is answered the platform stays within the strategy's criteria, and gives back what it took",
    source: "strategy §7",
    // In the full profile, and not in smoke.
    labels: &[EXCLUSIVE],
    requires: &[],
    steps: &[
        Step {
            id: "generator-calibrated",
            title: "the load generator keeps its rate against a server that does nothing, and etcd takes writes",
            source: "strategy §7 step 4",
            budget: Budget::seconds(45),
            run: step!(calibration::generator_calibrated),
            ..WHOLE
        },
        Step {
            id: "steady-reads-answered",
            title: "reads that arrive at a fixed rate over mutual TLS are answered",
            source: "strategy §7 step 4",
            needs: &["generator-calibrated"],
            budget: Budget::seconds(90),
            run: step!(reads::steady),
            ..WHOLE
        },
        Step {
            id: "concurrent-workloads-run",
            title: "containers handed in at once, in equal rounds, on one agent and on two, all run and all go",
            source: "strategy §7 step 1",
            needs: &["generator-calibrated"],
            requires: &[Requirement::Feature(Feature::Delete)],
            budget: Budget::seconds(150).plus_monitors(12),
            run: step!(rounds::concurrent_workloads_run),
            ..WHOLE
        },
        Step {
            id: "every-type-runs-together",
            title: "workloads of all three types, two of each, handed in at once, all run together and all go",
            source: "strategy §7 step 3",
            needs: &["generator-calibrated"],
            requires: &[Requirement::Feature(Feature::Delete)],
            budget: Budget::seconds(90).plus_monitors(8),
            run: step!(types::run_together),
            ..WHOLE
        },
        Step {
            id: "lists-scale",
            title: "a list of ten times as many workloads takes not nearly ten times as long",
            source: "strategy §7 step 5, result 4",
            requires: &[Requirement::Feature(Feature::Delete)],
            budget: Budget::seconds(120).plus_reconciles(4),
            run: step!(lists::scale),
            ..WHOLE
        },
        Step {
            id: "response-under-5-seconds",
            title: "reads and schedule requests are answered within 5 s of their intended send time",
            source: "strategy, success criteria: response times < 5 seconds",
            needs: &[
                "steady-reads-answered",
                "concurrent-workloads-run",
                "every-type-runs-together",
            ],
            run: step!(criteria::response),
            ..WHOLE
        },
        Step {
            id: "more-than-10-workloads-a-minute",
            title: "more than 10 workloads a minute come from a request to a started container",
            source: "strategy, success criteria: throughput > 10 workloads/minute",
            needs: &["concurrent-workloads-run"],
            run: step!(criteria::throughput),
            ..WHOLE
        },
        Step {
            id: "success-above-95-percent",
            title: "more than 95 % of all operations succeed",
            source: "strategy, success criteria: success rate > 95 %",
            needs: &[
                "steady-reads-answered",
                "concurrent-workloads-run",
                "every-type-runs-together",
            ],
            run: step!(criteria::success),
            ..WHOLE
        },
        Step {
            id: "as-fast-as-plain-docker",
            title: "workloads start at 0.8 or more of the rate of a plain docker run loop on the same engine",
            source: "strategy §7 expected results: system handles concurrent load",
            needs: &["concurrent-workloads-run"],
            run: step!(criteria::plain_docker),
            ..WHOLE
        },
        Step {
            id: "two-agents-scale",
            title: "a second agent takes its share, and does not slow the start of workloads",
            source: "strategy §7 step 5",
            needs: &["concurrent-workloads-run"],
            run: step!(criteria::scaling),
            ..WHOLE
        },
        Step {
            id: "knee-found",
            title: "the rate is raised until answers become slow or the bound is reached; afterwards the platform answers as before",
            source: "strategy §7 step 5",
            needs: &["steady-reads-answered"],
            budget: Budget::seconds(60),
            run: step!(knee::found),
            ..WHOLE
        },
        Step {
            id: "resources-within-limits",
            title: "memory, descriptors, processor time, the size of etcd and what Docker keeps on disk stay within their limits",
            source: "strategy §7 step 2; success criteria: resource usage within limits",
            needs: &[
                "steady-reads-answered",
                "concurrent-workloads-run",
                "every-type-runs-together",
            ],
            run: step!(resources::within_limits),
            ..WHOLE
        },
        Step {
            id: "no-leak",
            title: "over equal rounds neither memory nor descriptors of a component nor the keys of etcd surely grow",
            source: "strategy §7 expected results; success criteria: no memory leaks",
            needs: &["concurrent-workloads-run"],
            run: step!(leak::none),
            ..WHOLE
        },
    ],
};
