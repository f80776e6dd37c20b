//! What proves a line of the strategy beside the steps that name it as their source: lines that
//! speak of whole scenarios, and those that no step of a run can prove.

/// What proves a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    /// All of a scenario.
    Scenario(&'static str),
    /// `scenario/step`.
    Step(&'static str),
    /// A file of the project and the test in it.
    Test(&'static str, &'static str),
    /// What no single run can prove: the command that measures it, and the document that tells how.
    Measured(&'static str, &'static str),
}

use Proof::{Measured, Scenario, Step, Test};

const REPORT: Proof = Test(
    "verifier/src/coverage/coverage_tests.rs",
    "every_field_of_the_strategy_s_report_is_in_ours",
);
/// One run that passes says little of the next; many say how often one does not.
const MANY_RUNS: Proof = Measured("persys-verifier stress", "docs/reports.md");
const WHOLE_WAY: Proof = Test("lab/tests/it/verdict.rs", "the_reference_platform_passes");

pub const PROOFS: &[(&str, &[Proof])] = &[
    ("objective 1", &[Scenario("basic-workflow")]),
    ("objective 2", &[Scenario("authentication")]),
    ("objective 3", &[Scenario("service-discovery")]),
    ("objective 4", &[Scenario("basic-workflow"), Scenario("async-execution")]),
    ("objective 5", &[Scenario("reconciliation")]),
    ("objective 6", &[Scenario("error-handling")]),
    ("objective 7", &[Scenario("performance")]),
    (
        "§6 result 1",
        &[
            Step("error-handling/gateway-cut-off-told"),
            Step("error-handling/agent-cut-off-unknown"),
            Step("error-handling/store-stopped-told"),
            Step("error-handling/docker-away-unknown"),
            Step("error-handling/stalled-clients-hold-nobody-up"),
        ],
    ),
    (
        "§6 result 2",
        &[
            Step("error-handling/steady-workloads-run"),
            Step("error-handling/memory-back"),
            Step("error-handling/no-panic"),
        ],
    ),
    (
        "§6 result 3",
        &[
            Step("error-handling/invalid-workloads-refused"),
            Step("error-handling/broken-json-refused"),
            Step("error-handling/too-large-refused"),
            Step("error-handling/no-suitable-node-refused"),
            Step("error-handling/port-taken-told"),
        ],
    ),
    (
        "§6 result 4",
        &[
            Step("error-handling/gateway-cut-off-recovered"),
            Step("error-handling/agent-cut-off-recovered"),
            Step("error-handling/store-stopped-recovered"),
            Step("error-handling/store-frozen-recovered"),
            Step("error-handling/agent-away-recovered"),
            Step("error-handling/docker-away-recovered"),
        ],
    ),
    (
        "§7 result 2",
        &[Step("performance/steady-reads-answered"), Step("performance/response-under-5-seconds")],
    ),
    ("§7 result 3", &[Step("performance/resources-within-limits")]),
    ("§7 result 4", &[Step("performance/no-leak"), Step("performance/knee-found")]),
    (
        "sketch basic_workflow/create_workload",
        &[Step("basic-workflow/workload-created"), Step("basic-workflow/workload-created-by-cli")],
    ),
    (
        "sketch basic_workflow/verify_scheduling",
        &[Step("basic-workflow/stored-before-run"), Step("basic-workflow/placed-by-labels")],
    ),
    (
        "sketch basic_workflow/verify_execution",
        &[Step("basic-workflow/workload-running"), Step("basic-workflow/container-as-requested")],
    ),
    (
        "sketch basic_workflow/verify_monitoring",
        &[Step("basic-workflow/status-agrees"), Step("basic-workflow/metrics-moved")],
    ),
    ("sketch reconciliation/create_workload", &[Step("reconciliation/workload-runs")]),
    ("sketch reconciliation/wait_for_running", &[Step("reconciliation/workload-runs")]),
    ("sketch reconciliation/stop_container", &[Step("reconciliation/stopped-container-restarted")]),
    (
        "sketch reconciliation/wait_for_reconciliation",
        &[Step("reconciliation/stopped-container-restarted")],
    ),
    (
        "sketch reconciliation/verify_restarted",
        &[Step("reconciliation/stopped-container-restarted")],
    ),
    (
        "sketch error_handling/create_invalid_workload",
        &[Step("error-handling/invalid-workloads-refused")],
    ),
    (
        "sketch error_handling/verify_error_response",
        &[Step("error-handling/invalid-workloads-refused")],
    ),
    (
        "sketch error_handling/verify_system_stability",
        &[Step("error-handling/memory-back"), Step("error-handling/no-panic")],
    ),
    (
        "metric 1",
        &[Step("basic-workflow/workload-created"), Step("performance/response-under-5-seconds")],
    ),
    (
        "metric 2",
        &[
            Step("performance/more-than-10-workloads-a-minute"),
            Step("performance/as-fast-as-plain-docker"),
        ],
    ),
    ("metric 3", &[Step("performance/success-above-95-percent")]),
    // What has not succeeded has failed.
    ("metric 4", &[Step("performance/success-above-95-percent")]),
    ("metric 5", &[Step("performance/resources-within-limits")]),
    ("report testRun.id", &[REPORT]),
    ("report testRun.timestamp", &[REPORT]),
    ("report testRun.duration", &[REPORT]),
    ("report testRun.scenarios.name", &[REPORT]),
    ("report testRun.scenarios.status", &[REPORT]),
    ("report testRun.scenarios.duration", &[REPORT]),
    ("report testRun.scenarios.metrics.responseTime", &[REPORT]),
    ("report testRun.scenarios.metrics.successRate", &[REPORT]),
    ("report testRun.summary.totalScenarios", &[REPORT]),
    ("report testRun.summary.passed", &[REPORT]),
    ("report testRun.summary.failed", &[REPORT]),
    ("report testRun.summary.overallStatus", &[REPORT]),
    (
        "criterion functional 1",
        &[
            Scenario("basic-workflow"),
            Scenario("authentication"),
            Scenario("service-discovery"),
            Scenario("async-execution"),
            Scenario("reconciliation"),
            Scenario("error-handling"),
            Scenario("performance"),
        ],
    ),
    ("criterion functional 2", &[Scenario("authentication")]),
    ("criterion functional 3", &[Scenario("service-discovery")]),
    ("criterion functional 4", &[Scenario("reconciliation")]),
    ("criterion functional 5", &[Scenario("error-handling")]),
    (
        "criterion reliability 1",
        &[MANY_RUNS, Test("verifier/tests/it/program/results.rs", "shuffling_follows_the_seed")],
    ),
    (
        "criterion reliability 2",
        &[
            MANY_RUNS,
            Test(
                "verifier/src/engine/runner_tests.rs",
                "a_scenario_that_passes_when_tried_again_is_flaky",
            ),
            Test(
                "verifier/src/events/verdict.rs",
                "only_a_step_that_went_wrong_and_then_passed_is_flaky",
            ),
        ],
    ),
    (
        "criterion reliability 3",
        &[
            Step("basic-workflow/clean-up"),
            Step("basic-workflow/projects-leave-nothing"),
            Test(
                "verifier/src/engine/runner_tests.rs",
                "clean_ups_run_in_reverse_and_one_that_fails_does_not_stop_the_others",
            ),
            Test("lab/tests/it/kill.rs", "killed_at_any_moment_nothing_is_left"),
        ],
    ),
    (
        "criterion reliability 4",
        &[
            Test("lab/tests/it/verdict.rs", "a_wrong_secret_on_one_agent_is_found_and_explained"),
            Test("verifier/src/context/wait_tests.rs", "a_timeout_tells_the_whole_story"),
            Test("verifier/src/report/golden_tests.rs", "digest_of_a_killed_run"),
        ],
    ),
    (
        "criterion reliability 5",
        &[
            Test("verifier/tests/it/program/results.rs", "a_passed_run_leaves_every_report"),
            Test(
                "verifier/src/engine/log_mirror_tests.rs",
                "a_slice_has_what_came_since_the_window_was_opened",
            ),
            WHOLE_WAY,
        ],
    ),
];
