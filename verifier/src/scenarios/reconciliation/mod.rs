//! Scenario `reconciliation` (strategy §5): what breaks is mended, and what is well is left alone.

mod account;
mod crash_loop;
mod desired_state;
mod image;
mod leader_lost;
mod node_crashed;
mod node_lost;
mod on_request;
mod project;
mod quiet;
mod repair;
mod restarts;
mod statistics;
mod strays;
mod victim;

use persys_contract::topology::Feature;

use crate::{
    plan::{Budget, HEALS, Requirement, Scenario, Step},
    step,
};

/// One pass to see it, one to mend it, the back-off's first second, and a start.
const REPAIR: Budget = Budget::seconds(15).plus_monitors(2).plus_reconciles(3);

const WHOLE: Step = Step { needs: &["workload-runs"], budget: REPAIR, ..Step::BLANK };

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
            run: step!(victim::workload_runs),
            ..WHOLE
        },
        Step {
            id: "reconcile-on-request",
            title: "a workload and a whole pass are reconciled on request: what is broken is mended by the time of the answer, and what is well is left alone",
            source: "contract §3.1",
            requires: &[Requirement::Feature(Feature::ReconciliationApi)],
            budget: Budget::seconds(30).plus_monitors(4).plus_reconciles(6),
            run: step!(on_request::reconciled),
            ..WHOLE
        },
        Step {
            id: "stopped-container-restarted",
            title: "a stopped container is started again, in a time that is reported",
            source: "strategy §5 steps 2 to 4, result 1, strategy metric 6, §1 step 7",
            run: step!(repair::stopped),
            ..WHOLE
        },
        Step {
            id: "killed-container-restarted",
            title: "a killed container is started again",
            source: "strategy §5 step 5, result 1",
            run: step!(repair::killed),
            ..WHOLE
        },
        Step {
            id: "crashed-container-restarted",
            title: "a container that ends by itself is started again",
            source: "strategy §5 step 5, result 1",
            run: step!(crash_loop::restarted),
            ..WHOLE
        },
        Step {
            id: "paused-container-unpaused",
            title: "a paused container goes on, without a restart",
            source: "strategy §5 step 5",
            run: step!(repair::paused),
            ..WHOLE
        },
        Step {
            id: "removed-container-recreated",
            title: "a removed container is made again as it was",
            source: "strategy §5 step 5, result 1",
            run: step!(repair::removed),
            ..WHOLE
        },
        Step {
            id: "statistics-updated",
            title: "the statistics, the workload's metadata and the metrics tell of the repairs",
            source: "strategy §5 result 2, contract §7",
            // It counts what these do: two restarts and one container made anew.
            needs: &[
                "stopped-container-restarted",
                "killed-container-restarted",
                "removed-container-recreated",
            ],
            requires: &[Requirement::Feature(Feature::ReconciliationApi)],
            budget: Budget::seconds(10).plus_reconciles(2),
            run: step!(statistics::updated),
            ..WHOLE
        },
        Step {
            id: "image-missing-reported",
            title: "a missing image shows as ImagePullBackOff with Docker's message",
            source: "strategy §5 step 5, result 3",
            run: step!(image::missing),
            ..WHOLE
        },
        Step {
            id: "image-present-runs",
            labels: &[HEALS],
            title: "once the image is there, the workload runs",
            source: "strategy §5 step 5",
            needs: &["image-missing-reported"],
            // The pause between tries may have doubled by then.
            budget: Budget::seconds(30).plus_monitors(2).plus_reconciles(2),
            run: step!(image::then_present),
            ..WHOLE
        },
        Step {
            id: "project-made-whole",
            title: "a project that has lost a container gets it again, and its other containers are left alone",
            source: "strategy §5 step 5, result 1, contract §3.3",
            budget: Budget::seconds(40).plus_monitors(3).plus_reconciles(4),
            run: step!(project::made_whole),
            ..WHOLE
        },
        Step {
            id: "one-shot-ends-exited",
            title: "a one-shot workload that ends well ends as Exited",
            source: "contract §6",
            run: step!(quiet::one_shot_ends),
            ..WHOLE
        },
        Step {
            id: "stray-container-removed",
            title: "the container of a workload that has no record is removed",
            source: "strategy §5 step 5",
            run: step!(strays::of_deleted_workload),
            ..WHOLE
        },
        Step {
            id: "copy-on-wrong-node-removed",
            title: "a second container on a node that the workload is not assigned to is removed",
            source: "strategy §5 step 5",
            run: step!(strays::on_the_wrong_node),
            ..WHOLE
        },
        Step {
            id: "desired-stopped-stops",
            title: "a workload that is to be stopped is stopped and stays so",
            source: "strategy §5 step 5",
            requires: &[Requirement::Feature(Feature::DesiredState)],
            budget: Budget::seconds(20).plus_monitors(2).plus_reconciles(8),
            run: step!(desired_state::stopped),
            ..WHOLE
        },
        Step {
            id: "desired-running-runs-again",
            labels: &[HEALS],
            title: "a stopped workload that is to run runs again",
            source: "strategy §5 step 5",
            needs: &["desired-stopped-stops"],
            requires: &[Requirement::Feature(Feature::DesiredState)],
            run: step!(desired_state::runs_again),
            ..WHOLE
        },
        Step {
            id: "crash-loop-given-up",
            title: "a crashing container is restarted after doubling pauses, five times, and is then Failed with the reason",
            source: "strategy §5 step 5, result 3, contract §6",
            needs: &["crashed-container-restarted"],
            // 1 + 2 + 4 + 8 s between the restarts, and six starts.
            budget: Budget::seconds(45).plus_monitors(6).plus_reconciles(3),
            run: step!(crash_loop::gives_up),
            ..WHOLE
        },
        Step {
            id: "mended-and-left-alone",
            title: "two more passes leave alone what was mended, what has ended and what was given up",
            source: "strategy §5 result 3, contract §6",
            needs: &["removed-container-recreated", "one-shot-ends-exited", "crash-loop-given-up"],
            budget: Budget::seconds(15).plus_reconciles(6),
            run: step!(quiet::left_alone),
            ..WHOLE
        },
        Step {
            id: "given-up-tried-again-when-asked",
            title: "what was given up is started again when somebody asks for it",
            source: "contract §6",
            needs: &["mended-and-left-alone"],
            requires: &[Requirement::Feature(Feature::DesiredState)],
            run: step!(crash_loop::tried_again_when_asked),
            ..WHOLE
        },
        Step {
            id: "agent-restart-survived",
            title: "a restart of the agent leaves the workload's container alone",
            source: "strategy §5 step 5",
            budget: Budget::seconds(20).plus_monitors(2).plus_reconciles(6),
            run: step!(restarts::of_agent),
            ..WHOLE
        },
        Step {
            id: "docker-restart-survived",
            title: "after a restart of Docker the same container runs, and no other",
            source: "strategy §5 step 5",
            budget: Budget::seconds(45).plus_monitors(4).plus_reconciles(8),
            run: step!(restarts::of_docker),
            ..WHOLE
        },
        Step {
            id: "leader-killed-mid-repair",
            title: "a repair is finished once, although the leader dies in the middle of it",
            source: "strategy §5 step 5",
            // The lease of the dead leader runs out after 15 s.
            budget: Budget::seconds(45).plus_monitors(4).plus_reconciles(8),
            run: step!(leader_lost::repair_is_finished),
            ..WHOLE
        },
        Step {
            id: "killed-leader-back",
            labels: &[HEALS],
            title: "the killed leader comes back and nothing is started twice",
            source: "strategy §5 step 5",
            needs: &["leader-killed-mid-repair"],
            budget: Budget::seconds(20).plus_discoveries(2).plus_reconciles(8),
            run: step!(leader_lost::comes_back),
            ..WHOLE
        },
        Step {
            id: "lost-node-failed-over",
            title: "the workload of a lost node runs on another node",
            source: "strategy §5 step 5",
            requires: &[Requirement::Feature(Feature::Failover)],
            budget: Budget::seconds(25).plus_node_timeouts(2).plus_monitors(3).plus_reconciles(3),
            run: step!(node_lost::failed_over),
            ..WHOLE
        },
        Step {
            id: "returned-node-runs-nothing-twice",
            labels: &[HEALS],
            title: "a node that is back removes what runs elsewhere now, within one reconcile interval",
            source: "strategy §5 step 5",
            needs: &["lost-node-failed-over"],
            requires: &[Requirement::Feature(Feature::Failover)],
            budget: Budget::seconds(25).plus_heartbeats(3).plus_monitors(3).plus_reconciles(3),
            run: step!(node_lost::returned),
        },
        Step {
            id: "crashed-node-failed-over",
            title: "the workload of a node whose machine lost its power runs on another node",
            source: "strategy §5 step 5",
            requires: &[Requirement::Feature(Feature::Failover), Requirement::HostChannel],
            budget: Budget::seconds(40).plus_node_timeouts(2).plus_monitors(3).plus_reconciles(3),
            run: step!(node_crashed::failed_over),
            ..WHOLE
        },
        Step {
            id: "crashed-node-runs-nothing-twice",
            title: "a crashed node that has booted again is active, and removes what runs elsewhere now",
            source: "strategy §5 step 5",
            needs: &["crashed-node-failed-over"],
            requires: &[Requirement::Feature(Feature::Failover), Requirement::HostChannel],
            // A machine boots within one minute.
            budget: Budget::seconds(90).plus_heartbeats(3).plus_monitors(3).plus_reconciles(3),
            run: step!(node_crashed::back),
            ..WHOLE
        },
    ],
};
