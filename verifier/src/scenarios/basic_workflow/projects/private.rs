//! A repository that only its owner may read, made for this run alone.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use persys_contract::{
    StoreKeys, Workload, WorkloadStatus, WorkloadType, component,
    topology::{MachineRole, TestImage},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::containers::{Handed, environment};
use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    probe::{GithubProbe, HttpRequest},
    scenarios::support::{SecretSearch, Submission, until_status},
};

/// Not the one that Git would take by itself.
const BRANCH: &str = "release/1";
const SERVICE: &str = "app";
/// The variable by which the branch's compose file is known.
const MARK: &str = "PERSYS_MARK";

pub struct Private {
    pub handed: Handed,
    pub token: String,
    workload: Workload,
    /// What the branch's compose file says, and no other file.
    mark: String,
}

fn github(cx: &Context) -> Result<GithubProbe, StepError> {
    let github = cx.probes().github()?;
    github.ok_or_else(|| StepError::skipped("needs a machine with the role github"))
}

pub async fn created(cx: &mut Context) -> StepResult {
    let (mark, decoy) = (cx.unique("branch-mark"), cx.unique("default-mark"));
    let github = github(cx)?;
    let (owner, name) = (cx.unique("owner"), cx.unique("closed"));
    github.order(Method::POST, "/users", Some(&json!({ "login": owner }))).await?;
    let repository = json!({
        "owner": owner, "name": name, "private": true, "defaultBranch": "main",
        "branches": { "main": compose_file(&decoy), BRANCH: compose_file(&mark) },
    });
    github.order(Method::POST, "/repositories", Some(&repository)).await?;
    let (directed, path) = (github.clone(), format!("/repositories/{owner}/{name}"));
    cx.on_cleanup(format!("remove the repository {owner}/{name}"), async move {
        directed.order(Method::DELETE, &path, None).await.map(drop)
    });
    let token = github.token(&owner, "repo").await?;
    cx.probes().add_secret("the private repository's token", &token);
    // As Git shows it to the host.
    let pair = STANDARD.encode(format!("x-access-token:{token}"));
    cx.probes().add_secret("the private repository's credentials", &pair);
    let workload = Workload {
        name: cx.unique("private-repo"),
        kind: Some(WorkloadType::GitCompose),
        git_repo: Some(format!("{}/{owner}/{name}", github.base())),
        git_branch: Some(BRANCH.to_owned()),
        git_token: Some(token.clone()),
        env_vars: BTreeMap::from([(
            "WORKER_IMAGE".to_owned(),
            cx.topology().image(TestImage::Worker).to_owned(),
        )]),
        ..Workload::default()
    };
    let Submission { workload, reply, .. } = Submission::through_gateway(cx, workload).await?;
    let handed = Handed { id: reply.workload_id, node: reply.node_id, name: workload.name.clone() };
    not_shown(cx, &handed).await?;
    cx.put(Private { handed, token, workload, mark });
    Ok(())
}

fn compose_file(mark: &str) -> Value {
    let text = format!(
        "services:\n  {SERVICE}:\n    image: ${{WORKER_IMAGE}}\n    \
         command: [\"tail\", \"-f\", \"/dev/null\"]\n    \
         environment:\n      {MARK}: {mark}\n    stop_grace_period: 1s\n"
    );
    json!({ "docker-compose.yml": text })
}

/// Every way of looking at the workload shows it without the token. Whether the token is
/// somewhere else in an answer is checked with every answer.
async fn not_shown(cx: &Context, handed: &Handed) -> StepResult {
    let mut checks = cx.checks();
    let one = cx.gateway().send(HttpRequest::get(format!("/workloads/{}", handed.id))).await?;
    let list = cx.gateway().send(HttpRequest::get("/workloads")).await?;
    let listed: Value = list.json()?;
    let in_list = listed.as_array().into_iter().flatten().find(|w| w["id"] == handed.id.as_str());
    let run = cx.cli().run(["-o", "json", "workload", "get", &handed.id]).await?;
    let ways = [
        ("GET of the workload", Some(one.json()?)),
        ("GET /workloads", in_list.cloned()),
        ("workload get", Some(run.json()?)),
    ];
    for (way, shown) in ways {
        let Some(shown) = checks.some(&format!("the workload by {way}"), shown) else { continue };
        checks.equal(&format!("name by {way}"), &shown["name"], &json!(handed.name));
        checks.equal(&format!("gitToken by {way}"), &shown["gitToken"], &Value::Null);
    }
    checks.finish()
}

pub async fn runs(cx: &mut Context) -> StepResult {
    let Private { handed, mark, .. } = cx.get::<Private>()?;
    until_status(cx, &handed.id, WorkloadStatus::Running).await?;
    let mut checks = cx.checks();
    let containers = handed.containers(cx, &[SERVICE], &mut checks).await?;
    environment(&mut checks, SERVICE, containers.get(SERVICE), &[(MARK, Some(mark))]);
    checks.finish()
}

/// Everybody has had it in hand by now who ever will.
pub async fn token_stays_secret(cx: &mut Context) -> StepResult {
    let Private { handed, mark, .. } = cx.get::<Private>()?;
    not_shown(cx, handed).await?;
    let mut search = SecretSearch::begin(cx);
    let marked = search.logs(&handed.id).await?;
    let told = marked.iter().any(|component| component == component::AGENT);
    let detail = format!("it is in those of {marked:?}");
    search.checks.is_true("the search finds the workload's id in an agent's log", told, detail);
    let own = StoreKeys::workload(&handed.id);
    let seen = search.etcd().await?.contains(&own);
    search.checks.is_true("the search sees the workload's record", seen, own);
    let seen = search.containers((MARK, mark)).await?;
    search.checks.is_true("the search sees the container's environment", seen, mark.clone());
    search.finish()
}

/// The repository is there, and closed to whoever does not show the token.
pub async fn closed(cx: &mut Context) -> StepResult {
    if cx.topology().with_role(MachineRole::Github).next().is_none() {
        return Err(StepError::skipped("needs a machine with the role github"));
    }
    let workload = cx.get::<Private>()?.workload.clone();
    let name = cx.unique("closed-repo");
    let workload = Workload { name, git_token: None, ..workload };
    let submission = Submission::through_gateway(cx, workload).await?;
    let id = submission.id();
    let failed = until_status(cx, id, WorkloadStatus::Failed).await?;
    let reason = failed.metadata.and_then(|metadata| metadata.reason).unwrap_or_default();
    let mut checks = cx.checks();
    checks.contains("reason", &reason, "repository");
    for (node, docker) in cx.probes().dockers() {
        let containers = docker.of_workload(id).await?.len();
        checks.equal(&format!("containers on {node}"), containers, 0);
    }
    // It would be tried again for the rest of the scenario.
    let deletion = cx.gateway().delete(id).await?;
    checks.equal("status of DELETE", deletion.status, 202);
    checks.finish()
}
