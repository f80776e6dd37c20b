//! Scenario `async-execution` (strategy §4): work is accepted at once and done in
//! the background.

mod clients;
mod frozen;
mod orphaned;
mod timeouts;
mod updates;
mod workloads;

use crate::{
    plan::{Budget, HEALS, Scenario, Step},
    step,
};

pub const SCENARIO: Scenario = Scenario {
    id: "async-execution",
    title: "Async execution",
    objective: "a workload is accepted at once, executed in the background, and what becomes of it is told",
    source: "strategy §4",
    labels: &[],
    requires: &[],
    steps: &[
        Step {
            id: "immediate-answer-agent-frozen",
            title: "a workload is accepted at once and stored while the agent that is to run it stands still",
            source: "strategy §4 steps 1 and 2, result 1",
            budget: Budget::seconds(20).plus_monitors(2),
            run: step!(frozen::agent_frozen),
            ..Step::BLANK
        },
        Step {
            id: "runs-after-agent-thaws",
            labels: &[HEALS],
            title: "once the agent goes on, the workload comes to run without being asked for again",
            source: "strategy §4 steps 3 and 4, result 3",
            needs: &["immediate-answer-agent-frozen"],
            budget: Budget::seconds(30).plus_monitors(2).plus_reconciles(5),
            run: step!(frozen::agent_thawed),
            ..Step::BLANK
        },
        Step {
            id: "immediate-answer-docker-frozen",
            title: "a workload is accepted at once, and questions are answered at once, while its start hangs in Docker",
            source: "strategy §4 steps 1 and 2, result 1",
            needs: &["runs-after-agent-thaws"],
            budget: Budget::seconds(20).plus_monitors(2),
            run: step!(frozen::docker_frozen),
            ..Step::BLANK
        },
        Step {
            id: "slow-start-in-background",
            labels: &[HEALS],
            title: "a start that took long ends in one running container",
            source: "strategy §4 steps 3 and 4, result 3",
            needs: &["immediate-answer-docker-frozen"],
            budget: Budget::seconds(40).plus_monitors(2).plus_reconciles(6),
            run: step!(frozen::docker_thawed),
            ..Step::BLANK
        },
        Step {
            id: "transitions-in-order",
            title: "the history of a workload's record shows its statuses in the contract's order",
            source: "strategy §4 step 3, result 4",
            needs: &["immediate-answer-agent-frozen"],
            budget: Budget::seconds(20).plus_monitors(3),
            run: step!(updates::transitions),
            ..Step::BLANK
        },
        Step {
            id: "logs-arrive",
            title: "what a long-running workload prints arrives while it runs",
            source: "strategy §4 steps 1 and 5, result 4",
            needs: &["transitions-in-order"],
            budget: Budget::seconds(15).plus_monitors(6),
            run: step!(updates::logs),
            ..Step::BLANK
        },
        Step {
            id: "completion-told",
            title: "work that ends is told to have ended, with its logs, and is not begun again",
            source: "strategy §4 step 5, result 4",
            needs: &["immediate-answer-agent-frozen"],
            budget: Budget::seconds(25).plus_monitors(4).plus_reconciles(6),
            run: step!(updates::completion),
            ..Step::BLANK
        },
        Step {
            id: "hang-up-changes-nothing",
            title: "what a client handed in runs although the client hung up before the answer",
            source: "strategy §4 result 3",
            needs: &["immediate-answer-agent-frozen"],
            budget: Budget::seconds(30).plus_monitors(3),
            run: step!(clients::hang_up),
            ..Step::BLANK
        },
        Step {
            id: "twenty-at-once",
            title: "twenty workloads handed in at the same time are all answered at once",
            source: "strategy §4 step 2, result 1",
            budget: Budget::seconds(20),
            run: step!(clients::twenty_at_once),
            ..Step::BLANK
        },
        Step {
            id: "twenty-run",
            title: "the twenty all come to run in the background",
            source: "strategy §4 step 4, result 3",
            needs: &["twenty-at-once"],
            budget: Budget::seconds(90).plus_monitors(4).plus_reconciles(2),
            run: step!(clients::twenty_run),
            ..Step::BLANK
        },
        Step {
            id: "no-http-timeout",
            title: "no request of all these ran into a timeout",
            source: "strategy §4 result 2",
            needs: &["immediate-answer-agent-frozen"],
            run: step!(timeouts::none),
            ..Step::BLANK
        },
        Step {
            id: "accepted-outlives-scheduler",
            title: "what a leader had accepted when it died runs once under the next one, when its agent goes on",
            source: "strategy §4 step 3, result 3",
            needs: &["immediate-answer-agent-frozen"],
            // The lease of the dead leader runs out after 15 s.
            budget: Budget::seconds(60).plus_monitors(4).plus_reconciles(6).plus_discoveries(2),
            run: step!(orphaned::finished_by_another),
            ..Step::BLANK
        },
    ],
};
