//! Workloads of several containers: the strategy's `complex-app`, whose compose file is sent
//! along, and `git-repo`, whose is cloned from GitHub.

mod cloned;
mod composed;
mod containers;
mod delete;
mod private;
mod updates;

use persys_contract::topology::Feature;

use crate::{
    context::StepFn,
    plan::{Budget, Requirement, Step},
    step,
};

/// They start while two reconcile passes are watched, which the smoke profile has no time for.
const fn step(
    id: &'static str,
    title: &'static str,
    source: &'static str,
    needs: &'static [&'static str],
    run: StepFn,
) -> Step {
    let budget = Budget::seconds(30).plus_monitors(3);
    Step { id, title, source, labels: &["full"], needs, requires: &[], budget, run }
}

/// Those that hand the workloads in.
#[rustfmt::skip]
pub const BEGIN: [Step; 3] = [
    step("compose-created", "a compose project that is sent along is accepted at once",
        "strategy §1 step 3, strategy data complex-app", &["workload-created"],
        step!(composed::created)),
    step("git-created", "a user's persys-cli hands a public repository in",
        "strategy §1 step 3, strategy data git-repo", &["workload-created"],
        step!(cloned::created)),
    step("private-git-created", "a private repository is handed in with a token, which nobody is shown",
        "strategy §1 step 3, contract §2", &["workload-created"],
        step!(private::created)),
];

/// Those that look at what became of them.
#[rustfmt::skip]
pub const END: [Step; 9] = [
    step("compose-running-when-all-run", "the compose project is Running once all of its services run, and no sooner",
        "strategy §1 step 5, result 3, contract §3.3", &["compose-created"],
        step!(composed::runs)),
    step("compose-containers-as-requested", "each service has one container on the project's node, with the contract's labels and the request's environment",
        "strategy §1 step 5, result 2, contract §3.3", &["compose-running-when-all-run"],
        step!(composed::as_requested)),
    step("git-running", "the branch that was asked for is cloned from GitHub and runs",
        "strategy §1 step 5", &["git-created"],
        step!(cloned::runs)),
    step("private-git-running", "the private repository's branch is cloned with the token and runs",
        "strategy §1 step 5", &["private-git-created"],
        step!(private::runs)),
    step("git-token-stays-secret", "the token is in no answer, no log, no container and nowhere in etcd but the workload's record",
        "contract §2, contract §3.3", &["private-git-running"],
        step!(private::token_stays_secret)),
    step("private-git-closed-without-token", "without the token the private repository ends as Failed with the reason, and nothing runs",
        "contract §3.3", &["private-git-created"],
        step!(private::closed)),
    step("projects-status-agrees", "the API, etcd, the agents and Docker agree on the projects",
        "strategy §1 step 6", &["compose-running-when-all-run", "git-running"],
        step!(updates::status_agrees)),
    step("projects-logs-captured", "the logs of a project are of all of its services, each line behind the service's name",
        "strategy §1 step 6, contract §3.3", &["compose-running-when-all-run"],
        step!(updates::logs_captured)),
    Step {
        requires: &[Requirement::Feature(Feature::Delete)],
        budget: Budget::seconds(30).plus_reconciles(4).plus_monitors(2),
        ..step("projects-leave-nothing", "deleted projects leave no container, network, volume, record or token behind",
            "strategy §1 result 1, contract §3.3", &["compose-running-when-all-run", "git-running", "private-git-running"],
            step!(delete::leave_nothing))
    },
];
