//! What is told of work that goes on in the background.

use persys_contract::{RestartPolicy, Workload, WorkloadStatus};

use super::{
    frozen::{Late, Started},
    workloads::long_running,
};
use crate::{
    context::Context,
    evidence::{Progress, StepResult},
    scenarios::support::{
        Submission, Watch, at_once, happy_path, running_when_started, two_reconcile_passes,
        until_status,
    },
};

/// The workload that prints and prints.
struct Talker(Submission);

/// Lines that must be told before the work is done, which it never is.
const LINES: [&str; 2] = ["line 1\n", "line 6\n"];

pub async fn transitions(cx: &mut Context) -> StepResult {
    let submission = Submission::through_gateway(cx, long_running(cx, "talker")).await?;
    until_status(cx, submission.id(), WorkloadStatus::Running).await?;
    let watch = cx.get::<Watch>()?;
    let records = &watch.records;
    let mut checks = cx.checks();
    running_when_started(&mut checks, watch, submission.node(), submission.id());
    at_once(cx, &mut checks, "the answer comes", &submission.exchange);
    let statuses = records.statuses(submission.id());
    checks.is_true("from Pending to Running", happy_path(&statuses), format!("{statuses:?}"));
    for Started { submission: late, undisturbed } in &cx.get::<Late>()?.0 {
        let statuses = records.statuses(late.id());
        let early = |status: Option<&String>| {
            let status = status.and_then(|status| WorkloadStatus::parse(status));
            matches!(status, Some(WorkloadStatus::Pending | WorkloadStatus::Scheduled))
        };
        let name = &late.workload.name;
        checks.is_true(
            &format!("{name} begins as Pending or Scheduled"),
            early(statuses.first()),
            format!("{statuses:?}"),
        );
        let undisturbed = undisturbed.as_ref().unwrap_or(&statuses);
        let times = came_to_run(undisturbed.iter());
        checks.equal(&format!("times that {name} came to run, of {undisturbed:?}"), times, 1);
        // Another fault on its node may have kept everybody from telling for a while.
        let told = statuses.iter().filter(|s| !s.eq_ignore_ascii_case("Unknown"));
        let what = format!("times that {name} came to run, faults aside, of {statuses:?}");
        checks.equal(&what, came_to_run(told), 1);
        let failed = statuses.iter().any(|s| s.eq_ignore_ascii_case("Failed"));
        checks.is_true(&format!("{name} never failed"), !failed, format!("{statuses:?}"));
    }
    checks.equal("gaps in the history", records.gaps(), Vec::<String>::new());
    cx.put(Talker(submission));
    checks.finish()
}

/// How often a workload with these statuses began to run.
fn came_to_run<'a>(statuses: impl Iterator<Item = &'a String>) -> usize {
    let mut before = "";
    let mut times = 0;
    for status in statuses {
        times += usize::from(status.eq_ignore_ascii_case("Running") && before != status);
        before = status;
    }
    times
}

/// While it runs, and not only at its end.
pub async fn logs(cx: &mut Context) -> StepResult {
    let id = cx.get::<Talker>()?.0.id().to_owned();
    let gateway = cx.gateway();
    for line in LINES {
        cx.wait(format!("the logs of workload {id} have {line:?}"), || async {
            match gateway.workload(&id).await.map(|answer| answer.ok()) {
                Ok(Ok(workload)) => {
                    let logs = workload.logs.unwrap_or_default();
                    match logs.contains(line) {
                        true => Progress::Ready(()),
                        false => {
                            Progress::not_yet(format!("they end with {:?}", logs.lines().last()))
                        }
                    }
                }
                Ok(Err(error)) => Progress::unanswered(error),
                Err(error) => Progress::unanswered(error),
            }
        })
        .await?;
    }
    let node = cx.get::<Talker>()?.0.node().to_owned();
    let docker = cx.docker(&node).logs(&id, 1000).await?.unwrap_or_default();
    let told = gateway.workload(&id).await?.ok()?;
    let mut checks = cx.checks();
    checks.equal("status meanwhile", told.status, Some(WorkloadStatus::Running));
    let told = told.logs.unwrap_or_default();
    let beginning: String = told.lines().take(6).collect::<Vec<_>>().join("\n");
    checks.contains("logs by Docker", &docker, &beginning);
    checks.finish()
}

/// Work that ends is told to have ended, and how, and is not begun again.
pub async fn completion(cx: &mut Context) -> StepResult {
    let mark = cx.unique("done");
    let workload = Workload {
        command: Some(format!("sh -c 'sleep 2; echo {mark}'")),
        restart_policy: Some(RestartPolicy::No),
        ..long_running(cx, "job")
    };
    let submission = Submission::through_gateway(cx, workload).await?;
    let id = submission.id();
    until_status(cx, id, WorkloadStatus::Exited).await?;
    let gateway = cx.gateway();
    cx.wait(format!("the logs of workload {id} have {mark:?}"), || async {
        match gateway.workload(id).await.map(|answer| answer.ok()) {
            Ok(Ok(workload)) => match workload.logs.unwrap_or_default() {
                logs if logs.contains(&mark) => Progress::Ready(()),
                logs => Progress::not_yet(format!("they are {logs:?}")),
            },
            Ok(Err(error)) => Progress::unanswered(error),
            Err(error) => Progress::unanswered(error),
        }
    })
    .await?;
    // Whoever would begin it again has had the time for it.
    two_reconcile_passes(cx).await?;
    let watch = cx.get::<Watch>()?;
    let statuses = watch.records.statuses(id);
    let mut checks = cx.checks();
    at_once(cx, &mut checks, "the answer comes", &submission.exchange);
    let (last, before) = statuses.split_last().map_or(("", &[][..]), |(l, b)| (l.as_str(), b));
    checks.is_true("it ends as Exited", last.eq_ignore_ascii_case("Exited"), last);
    checks.is_true(
        "before that, from Pending to Running",
        happy_path(before),
        format!("{before:?}"),
    );
    let died = watch.containers[submission.node()].first(id, "die");
    checks.equal("exit code by Docker", died.and_then(|event| event.exit_code), Some(0));
    let starts = watch.containers[submission.node()].actions(id);
    let starts = starts.iter().filter(|action| *action == "start").count();
    checks.equal("times that it was started", starts, 1);
    checks.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_beginning_counts() {
        let times = |statuses: &[&str]| {
            let statuses: Vec<String> = statuses.iter().map(|s| (*s).to_owned()).collect();
            came_to_run(statuses.iter())
        };
        assert_eq!(times(&["Pending", "Scheduled"]), 0);
        assert_eq!(times(&["Pending", "Running", "Running"]), 1);
        assert_eq!(times(&["Pending", "Running", "Unknown", "Running"]), 2);
        assert_eq!(times(&["Running", "Recreating", "running"]), 2);
    }
}
