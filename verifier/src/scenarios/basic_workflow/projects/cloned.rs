//! `git-repo`: the topology's GitHub has it from the start.

use persys_contract::{ScheduleReply, Workload, WorkloadStatus};

use super::containers::{Handed, environment};
use crate::{
    context::Context,
    evidence::StepResult,
    scenarios::support::{Watch, happy_path, remove_at_the_end, test_workload, until_status},
    workloads::TestWorkload,
};

/// The repository's services.
pub const SERVICES: [&str; 2] = ["web", "worker"];

pub struct GitRepo {
    pub handed: Handed,
    workload: Workload,
}

pub async fn created(cx: &mut Context) -> StepResult {
    let workload = test_workload(cx, TestWorkload::GitRepo)?;
    let of = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut arguments = ["-o", "json", "workload", "schedule"].map(str::to_owned).to_vec();
    for (flag, value) in [
        ("--name", workload.name.clone()),
        ("--type", "git-compose".to_owned()),
        ("--git-repo", of(&workload.git_repo)),
        ("--git-branch", of(&workload.git_branch)),
    ] {
        arguments.extend([flag.to_owned(), value]);
    }
    for (name, value) in &workload.env_vars {
        arguments.extend(["--env".to_owned(), format!("{name}={value}")]);
    }
    let reply: ScheduleReply = cx.cli().run(arguments).await?.json()?;
    remove_at_the_end(cx, &reply.workload_id);
    let mut checks = cx.checks();
    let stored = cx.etcd().workload(&reply.workload_id).await?;
    if let Some(stored) = checks.some("the record in etcd", stored) {
        checks.equal("type in etcd", stored.value.kind, workload.kind);
        checks.equal("gitRepo in etcd", stored.value.git_repo, workload.git_repo.clone());
        checks.equal("gitBranch in etcd", stored.value.git_branch, workload.git_branch.clone());
    }
    let handed = Handed { id: reply.workload_id, node: reply.node_id, name: workload.name.clone() };
    cx.put(GitRepo { handed, workload });
    checks.finish()
}

pub async fn runs(cx: &mut Context) -> StepResult {
    let GitRepo { handed, workload } = cx.get::<GitRepo>()?;
    until_status(cx, &handed.id, WorkloadStatus::Running).await?;
    let mut checks = cx.checks();
    let containers = handed.containers(cx, &SERVICES, &mut checks).await?;
    // The repository says so on each of its branches.
    let branch = ("BRANCH", workload.git_branch.as_deref());
    let greeting = ("GREETING", workload.env_vars.get("GREETING").map(String::as_str));
    environment(&mut checks, "web", containers.get("web"), &[branch, greeting]);
    environment(&mut checks, "worker", containers.get("worker"), &[branch, ("GREETING", None)]);
    let statuses = cx.get::<Watch>()?.records.statuses(&handed.id);
    checks.is_true(
        "statuses in the contract's order",
        happy_path(&statuses),
        format!("{statuses:?}"),
    );
    checks.finish()
}
