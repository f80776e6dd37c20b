//! Scenario `error-handling` (strategy §6): what goes wrong is told as the contract
//! says, the rest keeps working, and all is well again once the cause is gone.

mod aftermath;
mod agent_away;
mod clients;
mod exhausted;
mod invalid;
mod links;
mod ongoing;
mod port_taken;
mod refused;
mod steady;
mod store_away;
mod store_rebooted;

use persys_contract::topology::Feature;

use crate::{
    plan::{Budget, HEALS, Requirement, Scenario, Step},
    step,
};

/// Dead links are noticed by timeouts, and an agent is asked twice.
const FAULT: Budget = Budget::seconds(35).plus_monitors(3).plus_node_timeouts(2);
const RECOVERY: Budget =
    Budget::seconds(35).plus_heartbeats(3).plus_monitors(4).plus_reconciles(2).plus_discoveries(2);

const WHOLE: Step = Step {
    id: "",
    title: "",
    source: "strategy §6 step 2",
    labels: &[],
    needs: &["steady-workloads-run"],
    requires: &[],
    budget: FAULT,
    run: step!(steady::run),
};

/// A recovery; its id, title and what it needs are still to be said.
const BACK: Step = Step {
    labels: &[HEALS],
    source: "strategy §6 expected results",
    budget: RECOVERY,
    run: step!(ongoing::recovered),
    ..WHOLE
};

pub const SCENARIO: Scenario = Scenario {
    id: "error-handling",
    title: "Error handling",
    objective: "errors are told as the contract says, the rest keeps working, and all recovers",
    source: "strategy §6",
    labels: &[],
    requires: &[],
    steps: &[
        Step {
            id: "logs-and-memory-noted",
            title: "every component's log and the platform's memory are noted before the first fault",
            source: "strategy §6 expected results",
            needs: &[],
            budget: Budget::seconds(20),
            run: step!(aftermath::look),
            ..WHOLE
        },
        Step {
            id: "steady-workloads-run",
            title: "one workload runs on each node",
            source: "strategy §6 expected results",
            needs: &[],
            budget: Budget::seconds(30).plus_monitors(4),
            ..WHOLE
        },
        Step {
            id: "invalid-workloads-refused",
            title: "each invalid workload is refused by the exact code and the field's name, and nothing is stored",
            source: "strategy §6 step 1",
            budget: Budget::seconds(40),
            run: step!(invalid::fields_refused),
            ..WHOLE
        },
        Step {
            id: "broken-json-refused",
            title: "a body that is no workload in JSON is refused as invalid_json",
            source: "strategy §6 step 1",
            budget: Budget::seconds(20),
            run: step!(invalid::broken_json_refused),
            ..WHOLE
        },
        Step {
            id: "too-large-refused",
            title: "a body of 1 MiB is read, one of a byte more is refused as too_large, and the next request is served",
            source: "strategy §6 step 1",
            budget: Budget::seconds(20),
            run: step!(invalid::too_large_refused),
            ..WHOLE
        },
        Step {
            id: "unknown-and-broken-refused",
            title: "the API refuses what is asked of an unknown workload with 404, and a desired state that is none with 400",
            source: "contract §3.1",
            budget: Budget::seconds(20),
            run: step!(refused::by_api),
            ..WHOLE
        },
        Step {
            id: "unknown-and-broken-refused-by-agents",
            title: "every agent refuses what is asked of an unknown container with 404, and a body that is no order with 400",
            source: "contract §3.3",
            requires: &[Requirement::Feature(Feature::Hmac)],
            budget: Budget::seconds(20),
            run: step!(refused::by_agents),
            ..WHOLE
        },
        Step {
            id: "duplicate-id-refused",
            title: "an id that is taken is refused as duplicate_id, and the first workload stays as it is",
            source: "strategy §6 step 1",
            budget: Budget::seconds(20),
            run: step!(invalid::duplicate_refused),
            ..WHOLE
        },
        Step {
            id: "no-suitable-node-refused",
            title: "a workload that no node can have is refused as no_suitable_node, and nothing is stored",
            source: "strategy §6 step 5",
            budget: Budget::seconds(20),
            run: step!(invalid::no_suitable_node),
            ..WHOLE
        },
        Step {
            id: "stalled-clients-hold-nobody-up",
            title: "clients that stall in the handshake, a head or a body hold nobody up",
            budget: Budget::seconds(30),
            run: step!(clients::hold_nobody_up),
            ..WHOLE
        },
        Step {
            id: "port-taken-told",
            title: "a workload whose port is taken is Failed with Docker's message, and the holder runs on",
            source: "strategy §6 step 5",
            budget: Budget::seconds(30).plus_monitors(4),
            run: step!(port_taken::refused_by_docker),
            ..WHOLE
        },
        Step {
            id: "port-free-again-runs",
            title: "once the port is free, the workload that waited for it runs",
            needs: &["port-taken-told"],
            run: step!(port_taken::runs_once_free),
            ..BACK
        },
        Step {
            id: "disk-full-told",
            title: "a workload for which a node's disk has no room is Failed with Docker's message, and the rest works",
            source: "strategy §6 step 5",
            run: step!(exhausted::disk_full),
            ..WHOLE
        },
        Step {
            id: "disk-full-recovered",
            title: "once the disk has room the workload runs, and the others were not lost",
            needs: &["disk-full-told"],
            run: step!(exhausted::recovered),
            ..BACK
        },
        Step {
            id: "memory-exhausted-told",
            title: "a workload for which a node has no memory is told as killed, and the rest works",
            source: "strategy §6 step 5",
            run: step!(exhausted::memory_short),
            ..WHOLE
        },
        Step {
            id: "memory-exhausted-recovered",
            title: "once there is memory the workload runs, and the others were not lost",
            needs: &["memory-exhausted-told"],
            run: step!(exhausted::recovered),
            ..BACK
        },
        Step {
            id: "descriptors-exhausted-told",
            title: "an agent that can open nothing more is no reason to lose a workload or to keep anybody waiting",
            source: "strategy §6 step 5",
            run: step!(exhausted::descriptors_short),
            ..WHOLE
        },
        Step {
            id: "descriptors-exhausted-recovered",
            title: "once the agent has descriptors the workload that waited runs, by the same process",
            needs: &["descriptors-exhausted-told"],
            run: step!(exhausted::recovered),
            ..BACK
        },
        Step {
            id: "gateway-cut-off-told",
            title: "a gateway that is cut off from the schedulers says so in time, and nothing is stored",
            run: step!(links::gateway_cut_off),
            ..WHOLE
        },
        Step {
            id: "gateway-cut-off-recovered",
            title: "the gateway serves again once the link is back",
            needs: &["gateway-cut-off-told"],
            ..BACK
        },
        Step {
            id: "gateway-hears-nothing-told",
            title: "a gateway whose link is cut in one direction says so",
            run: step!(links::gateway_hears_nothing),
            ..WHOLE
        },
        Step {
            id: "gateway-hears-nothing-recovered",
            title: "the gateway serves again once it hears the schedulers",
            needs: &["gateway-hears-nothing-told"],
            ..BACK
        },
        Step {
            id: "lossy-link-served",
            title: "on a link that loses 20 % of the packets reads are served or refused in time",
            run: step!(links::lossy),
            ..WHOLE
        },
        Step {
            id: "lossy-link-recovered",
            title: "all is as it was once the link is good again",
            needs: &["lossy-link-served"],
            ..BACK
        },
        Step {
            id: "agent-cut-off-unknown",
            title: "the workloads of an agent that is cut off are Unknown, and the others run on",
            run: step!(links::agent_cut_off),
            ..WHOLE
        },
        Step {
            id: "agent-cut-off-recovered",
            title: "once the link is back the same container is Running, and was not restarted",
            needs: &["agent-cut-off-unknown"],
            ..BACK
        },
        Step {
            id: "agent-hears-nothing-unknown",
            title: "the workloads of an agent that hears nobody are Unknown, and the others run on",
            run: step!(links::agent_hears_nothing),
            ..WHOLE
        },
        Step {
            id: "agent-hears-nothing-recovered",
            title: "once the agent hears again the same container is Running, and was not restarted",
            needs: &["agent-hears-nothing-unknown"],
            ..BACK
        },
        Step {
            id: "store-link-cut-told",
            title: "while the schedulers are cut off from etcd, reads and schedules are refused as store_unavailable",
            run: step!(store_away::link_cut),
            ..WHOLE
        },
        Step {
            id: "store-link-cut-recovered",
            title: "the platform works again without a restart, and nothing was half-written",
            needs: &["store-link-cut-told"],
            run: step!(store_away::recovered),
            ..BACK
        },
        Step {
            id: "store-hears-nothing-told",
            title: "while etcd hears no scheduler, reads and schedules are refused as store_unavailable",
            run: step!(store_away::hears_nothing),
            ..WHOLE
        },
        Step {
            id: "store-hears-nothing-recovered",
            title: "once etcd hears the schedulers the platform works, and nothing was half-written",
            needs: &["store-hears-nothing-told"],
            run: step!(store_away::recovered),
            ..BACK
        },
        Step {
            id: "store-stopped-told",
            title: "while etcd is stopped, reads and schedules are refused as store_unavailable",
            source: "strategy §6 step 4",
            run: step!(store_away::stopped),
            ..WHOLE
        },
        Step {
            id: "store-stopped-recovered",
            title: "once etcd is started the platform works, and nothing was half-written",
            needs: &["store-stopped-told"],
            run: step!(store_away::recovered),
            ..BACK
        },
        Step {
            id: "store-frozen-told",
            title: "while etcd is frozen, reads and schedules are refused as store_unavailable",
            source: "strategy §6 step 4",
            run: step!(store_away::frozen),
            ..WHOLE
        },
        Step {
            id: "store-frozen-recovered",
            title: "once etcd goes on the platform works, and nothing was half-written",
            needs: &["store-frozen-told"],
            run: step!(store_away::recovered),
            ..BACK
        },
        Step {
            id: "store-machine-rebooted-nothing-lost",
            title: "etcd's machine is rebooted, and no workload and no node is lost",
            source: "strategy §6 step 4",
            requires: &[Requirement::HostChannel],
            // A machine boots within one minute.
            budget: Budget::seconds(120)
                .plus_heartbeats(3)
                .plus_monitors(4)
                .plus_reconciles(2)
                .plus_discoveries(2),
            run: step!(store_rebooted::nothing_lost),
            ..WHOLE
        },
        Step {
            id: "store-restarted-served",
            title: "while etcd restarts, reads are served or refused as store_unavailable, and nothing else",
            source: "strategy §6 step 4",
            run: step!(store_away::restarted),
            ..WHOLE
        },
        Step {
            id: "store-restarted-recovered",
            title: "after the restart of etcd the workloads are as they were, and new ones run",
            needs: &["store-restarted-served"],
            run: step!(store_away::restart_survived),
            ..BACK
        },
        Step {
            id: "agent-away-told",
            title: "an agent that is away turns inactive, gets no work, and the other node does",
            source: "strategy §6 step 3",
            run: step!(agent_away::agent_stopped),
            ..WHOLE
        },
        Step {
            id: "agent-away-recovered",
            title: "the agent is back, and the same container is Running and was not restarted",
            needs: &["agent-away-told"],
            ..BACK
        },
        Step {
            id: "docker-frozen-unknown",
            title: "while Docker is frozen, the agent's health is 503 and its workloads are Unknown",
            source: "strategy §6 step 5",
            run: step!(agent_away::docker_frozen),
            ..WHOLE
        },
        Step {
            id: "docker-frozen-recovered",
            title: "Docker goes on, and the same container is Running and was not restarted",
            needs: &["docker-frozen-unknown"],
            ..BACK
        },
        Step {
            id: "docker-away-unknown",
            title: "while Docker is away, the agent's health is 503 and its workloads are Unknown",
            source: "strategy §6 step 5",
            run: step!(agent_away::docker_stopped),
            ..WHOLE
        },
        Step {
            id: "docker-away-recovered",
            title: "Docker is back, and the same container is Running",
            needs: &["docker-away-unknown"],
            ..BACK
        },
        Step {
            id: "nothing-made-again",
            title: "two passes after the last fault, no container was ever made again in all of them",
            source: "contract §6",
            needs: &["docker-frozen-recovered", "docker-away-recovered"],
            budget: Budget::seconds(15).plus_reconciles(8),
            run: step!(agent_away::nothing_made_again),
            ..WHOLE
        },
        Step {
            id: "memory-back",
            title: "after all faults no program of the platform holds more than half as much memory again as before, and 32 MiB",
            source: "strategy §6 expected results",
            needs: &["logs-and-memory-noted"],
            budget: Budget::seconds(20),
            run: step!(aftermath::memory_back),
            ..WHOLE
        },
        Step {
            id: "no-panic",
            title: "no component has written a panic to its log",
            source: "strategy §6 expected results",
            needs: &["logs-and-memory-noted"],
            budget: Budget::seconds(30),
            run: step!(aftermath::no_panic),
            ..WHOLE
        },
    ],
};
