//! Scenario `chaos`: random faults over random operations, and what must hold all the same
//! (contract §6). The plan, the verdicts and their reasons are in [`crate::chaos`].

mod carry_out;
mod conduct;
mod disturb;
mod final_look;
mod fresh;
mod invariants;
mod prepare;
mod recovery;
mod reply;
mod sampler;
mod stage;
mod steadiness;
mod through_cli;
mod through_gateway;
mod workloads;

pub use prepare::read_plan;

use std::time::Duration;

use persys_contract::topology::Feature;

use crate::{
    chaos::ChaosOrder,
    plan::{Budget, Requirement, Scenario, Step},
    step,
};

/// What every invariant may take: it waits until all is as it must be, at most until the
/// platform has had its time since the last healing.
const SETTLING: Budget = Budget::seconds(75)
    .plus_monitors(2)
    .plus_reconciles(2)
    .plus_node_timeouts(2)
    .plus_heartbeats(4)
    .plus_discoveries(2);

/// Its name in the table.
pub const ID: &str = "chaos";

const NEEDED: &[&str] = &["platform-whole", "plan-carried-out"];

pub const SCENARIO: Scenario = Scenario {
    id: ID,
    title: "Chaos",
    objective: "whatever is broken while users go on, nothing acknowledged is lost, nothing runs twice and all is true in the end",
    source: "strategy §6 results 2 and 4, contract §6",
    labels: &["chaos", crate::plan::EXCLUSIVE],
    // What the promises are of, and what makes an id of an order.
    requires: &[
        Requirement::Feature(Feature::Delete),
        Requirement::Feature(Feature::Failover),
        Requirement::Feature(Feature::LeasedDiscovery),
    ],
    steps: &STEPS,
};

const STEPS: [Step; 10] = [
    Step {
        id: "platform-whole",
        title: "everything is there before anything is broken, and the plan is made",
        source: "strategy §6 result 2",
        budget: Budget::seconds(90).plus_heartbeats(2).plus_discoveries(1),
        run: step!(prepare::platform_whole),
        ..Step::BLANK
    },
    Step {
        id: "plan-carried-out",
        title: "users asked and machines broke as the plan has it",
        source: "contract §6",
        needs: &["platform-whole"],
        budget: storm(ChaosOrder::DURATION),
        run: step!(carry_out::carried_out),
        ..Step::BLANK
    },
    Step {
        id: "faults-healed",
        title: "every fault was healed, and every component is there again",
        source: "strategy §6 result 4",
        needs: NEEDED,
        budget: SETTLING,
        run: step!(invariants::faults_healed),
        ..Step::BLANK
    },
    Step {
        id: "recovery-bounded",
        title: "once the last fault is gone, each kind of request succeeds again in bounded time",
        source: "strategy §6 result 4, contract §6",
        needs: NEEDED,
        budget: SETTLING,
        run: step!(recovery::bounded),
        ..Step::BLANK
    },
    Step {
        id: "answers-keep-contract",
        title: "every answer on the way was one that the contract has",
        source: "strategy §6 results 1 and 3, contract §3.1",
        needs: NEEDED,
        budget: SETTLING,
        run: step!(invariants::answers),
        ..Step::BLANK
    },
    Step {
        id: "nothing-acknowledged-lost",
        title: "what was acknowledged is there, what was removed is gone, what is unknown is everywhere the same",
        source: "strategy §6 result 2, contract §2",
        needs: NEEDED,
        budget: SETTLING,
        run: step!(invariants::presence),
        ..Step::BLANK
    },
    Step {
        id: "nothing-runs-twice",
        title: "no workload ran twice, none was run again, and no container is without one",
        source: "strategy §6 result 2, contract §6",
        needs: NEEDED,
        budget: SETTLING,
        run: step!(invariants::runs),
        ..Step::BLANK
    },
    Step {
        id: "statuses-true",
        title: "every status says what Docker says, and everything is as it was asked for",
        source: "strategy §6 results 2 and 4, contract §6",
        needs: NEEDED,
        budget: SETTLING,
        run: step!(invariants::statuses),
        ..Step::BLANK
    },
    Step {
        id: "discovery-agrees",
        title: "DNS, the registry and the schedulers agree, one leads, and every node is active",
        source: "strategy §3 result 1, contract §5",
        needs: NEEDED,
        budget: SETTLING,
        run: step!(invariants::discovery),
        ..Step::BLANK
    },
    Step {
        id: "stays-so",
        title: "two reconcile passes later nothing has changed",
        source: "strategy §6 result 2, contract §6",
        needs: &["nothing-acknowledged-lost", "nothing-runs-twice", "statuses-true"],
        budget: SETTLING.plus_reconciles(10),
        run: step!(steadiness::stays_so),
        ..Step::BLANK
    },
];

/// The plan's own time, and what its last requests, faults and healings take beyond it.
const fn storm(duration: Duration) -> Budget {
    Budget::millis(duration.as_millis() as u64 + 90_000).plus_monitors(2)
}

/// The scenario with the budget of a plan of this length. It is made once a run and lives as
/// long as the program.
pub fn of_length(duration: Duration) -> &'static Scenario {
    let steps = STEPS.map(|step| match step.id {
        "plan-carried-out" => Step { budget: storm(duration), ..step },
        _ => step,
    });
    Box::leak(Box::new(Scenario { steps: Box::leak(Box::new(steps)), ..SCENARIO }))
}
