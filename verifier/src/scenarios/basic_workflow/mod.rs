//! Scenario `basic-workflow` (strategy §1): from a client's request to a running
//! container and back to nothing.

mod create;
mod delete;
mod execution;
mod logs;
mod memory;
mod metrics;
mod monitoring;
mod nodes;
mod placement;
mod projects;
mod readiness;
mod scheduling;
mod tracing;

use persys_contract::topology::Feature;

use crate::{
    plan::{Budget, Requirement, Scenario, Step},
    step,
};

/// From the platform's start to containers that run.
const FIRST: [Step; 16] = [
    Step {
        id: "components-ready",
        title: "every component answers in the way the contract gives it",
        source: "strategy §1 step 1",
        budget: Budget::seconds(15).plus_discoveries(2),
        run: step!(readiness::components_ready),
        ..Step::BLANK
    },
    Step {
        id: "nodes-registered",
        title: "the API, etcd and DNS agree on every registered node",
        source: "strategy §1 step 2",
        needs: &["components-ready"],
        budget: Budget::seconds(10).plus_heartbeats(3),
        run: step!(nodes::registered),
        ..Step::BLANK
    },
    Step {
        id: "heartbeats-advance",
        title: "every node's heartbeat goes on advancing",
        source: "strategy §1 step 2",
        needs: &["nodes-registered"],
        budget: Budget::seconds(5).plus_heartbeats(6),
        run: step!(nodes::heartbeats_advance),
        ..Step::BLANK
    },
    Step {
        id: "node-registers-again",
        title: "a node that no scheduler knows any more is refused its heartbeat and registers again",
        source: "contract §3.2, §6",
        needs: &["nodes-registered"],
        budget: Budget::seconds(8).plus_heartbeats(3),
        run: step!(nodes::registered_again),
        ..Step::BLANK
    },
    Step {
        id: "workload-created",
        title: "a workload handed in through the API is accepted at once",
        source: "strategy §1 step 3, strategy data simple-nginx",
        needs: &["nodes-registered"],
        run: step!(create::through_api),
        ..Step::BLANK
    },
    Step {
        id: "workload-created-by-cli",
        title: "a user's persys-cli hands a workload in",
        source: "strategy §1 step 3",
        needs: &["nodes-registered"],
        run: step!(create::by_cli),
        ..Step::BLANK
    },
    Step {
        id: "workload-running",
        title: "the workloads come to run",
        source: "strategy §1 step 5, result 1",
        needs: &["workload-created", "workload-created-by-cli"],
        budget: Budget::seconds(20).plus_monitors(3),
        run: step!(monitoring::comes_to_run),
        ..Step::BLANK
    },
    Step {
        id: "stored-before-run",
        title: "the record in etcd is older than the container, and its statuses went in the contract's order",
        source: "strategy §1 step 4, result 3",
        needs: &["workload-running"],
        run: step!(scheduling::stored_before_run),
        ..Step::BLANK
    },
    Step {
        id: "container-as-requested",
        title: "the container is what was asked for: image, command, environment, ports, volumes, network, labels, restart policy",
        source: "strategy §1 step 5, result 2",
        needs: &["workload-running"],
        run: step!(execution::as_requested),
        ..Step::BLANK
    },
    Step {
        id: "published-port-answers",
        title: "the published port answers on the client's machine",
        source: "strategy §1 step 5, result 2",
        needs: &["workload-running"],
        run: step!(execution::published_port_answers),
        ..Step::BLANK
    },
    Step {
        id: "status-agrees",
        title: "the API, etcd, the agent and Docker agree on what runs",
        source: "strategy §1 step 6, results 3 and 4",
        needs: &["workload-running"],
        budget: Budget::seconds(5).plus_monitors(3),
        run: step!(monitoring::status_agrees),
        ..Step::BLANK
    },
    Step {
        id: "logs-captured",
        title: "what a container prints is in its workload's logs",
        source: "strategy §1 step 6, result 4",
        needs: &["workload-running"],
        budget: Budget::seconds(10).plus_monitors(4),
        run: step!(monitoring::logs_captured),
        ..Step::BLANK
    },
    Step {
        id: "request-id-followed",
        title: "one request's id is in the logs of the gateway, a scheduler and the agent",
        source: "strategy §1 step 6, contract §3.1",
        requires: &[
            Requirement::Feature(Feature::RequestId),
            Requirement::Feature(Feature::ReconciliationApi),
        ],
        needs: &["workload-running"],
        run: step!(tracing::request_id_followed),
        ..Step::BLANK
    },
    Step {
        id: "metrics-moved",
        title: "the metrics tell of the nodes, the workloads and the requests",
        source: "strategy §1 step 6, result 4, contract §7",
        needs: &["workload-running"],
        budget: Budget::seconds(10).plus_monitors(3),
        run: step!(monitoring::metrics_moved),
        ..Step::BLANK
    },
    Step {
        id: "metrics-complete",
        title: "every component has the contract's metrics, by name, type and labels",
        source: "contract §7",
        needs: &["workload-running"],
        budget: Budget::seconds(10).plus_reconciles(2),
        run: step!(metrics::complete),
        ..Step::BLANK
    },
    Step {
        id: "log-lines-well-formed",
        title: "what the components log is lines of JSON with time, level, service and message",
        source: "contract §7",
        needs: &["workload-running"],
        run: step!(logs::well_formed),
        ..Step::BLANK
    },
];

/// What stays as it is, and what else is told.
const MIDDLE: [Step; 6] = [
    Step {
        id: "nothing-restarted",
        title: "two reconcile passes leave running containers alone",
        source: "strategy §1 step 7",
        needs: &["workload-running"],
        // It watches for as long as two passes take; the smoke profile has no time for that.
        labels: &["full"],
        budget: Budget::seconds(10).plus_reconciles(6),
        run: step!(monitoring::nothing_restarted),
        ..Step::BLANK
    },
    Step {
        id: "placed-by-labels",
        title: "a workload goes to the node that has its labels",
        source: "strategy §1 step 4",
        needs: &["nodes-registered"],
        run: step!(placement::by_labels),
        ..Step::BLANK
    },
    Step {
        id: "no-suitable-node",
        title: "a workload that fits no node is refused, and nothing is stored",
        source: "strategy §1 step 4",
        needs: &["nodes-registered"],
        run: step!(placement::no_suitable_node),
        ..Step::BLANK
    },
    Step {
        id: "lists-filtered",
        title: "the list of workloads is filtered by status and by node",
        source: "strategy §1 step 6",
        needs: &["workload-running"],
        run: step!(monitoring::lists_filtered),
        ..Step::BLANK
    },
    Step {
        id: "cli-shows-the-same",
        title: "persys-cli shows a user what the API says",
        source: "strategy §1 step 6",
        needs: &["workload-running"],
        run: step!(monitoring::cli_shows_the_same),
        ..Step::BLANK
    },
    Step {
        id: "placed-by-free-memory",
        title: "of the nodes that fit, a workload goes to the one with most free memory",
        source: "strategy §1 step 4, contract §6",
        needs: &["workload-running"],
        // Every agent stands still for it; the smoke profile disturbs nobody.
        labels: &["full"],
        requires: &[Requirement::Feature(Feature::Hmac)],
        budget: Budget::seconds(25).plus_monitors(3).plus_reconciles(3),
        run: step!(memory::by_free_memory),
    },
];

/// The end.
const LAST: [Step; 1] = [Step {
    id: "delete-leaves-nothing",
    title: "a deleted workload is gone from the API, Docker, its port, and every key of etcd",
    source: "strategy §1 result 1, contract §3.1",
    needs: &["workload-running"],
    requires: &[Requirement::Feature(Feature::Delete)],
    budget: Budget::seconds(15).plus_reconciles(3).plus_monitors(2),
    run: step!(delete::leaves_nothing),
    ..Step::BLANK
}];

const PARTS: [&[Step]; 5] = [&FIRST, &projects::BEGIN, &MIDDLE, &projects::END, &LAST];

const COUNT: usize =
    FIRST.len() + projects::BEGIN.len() + MIDDLE.len() + projects::END.len() + LAST.len();

pub const SCENARIO: Scenario = Scenario {
    id: "basic-workflow",
    title: "Basic workflow",
    objective: "a workload goes the whole way from a client's request to a running container, is monitored, and is deleted without a trace",
    source: "strategy §1",
    labels: &["smoke"],
    requires: &[],
    steps: &Step::join::<COUNT>(&PARTS),
};
