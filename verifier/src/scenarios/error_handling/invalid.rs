//! Workloads that are not accepted (contract §3.1, refusals of schedule).

use std::collections::BTreeSet;

use persys_contract::{ErrorCode, MAX_BODY_BYTES, StoreKeys, topology::TestImage};
use reqwest::Method;
use serde_json::{Value, json};

use super::steady::{Steady, pinned};
use crate::{
    context::{Checks, Context},
    evidence::{StepError, StepResult},
    probe::HttpRequest,
    scenarios::support::Submission,
};

const SCHEDULE: &str = "/workloads/schedule";

/// A good workload with some fields replaced; `null` takes a field away.
struct Case {
    patch: &'static str,
    code: ErrorCode,
    /// What the sentence must name: the field, or what cannot be read.
    names: &'static str,
}

const fn field(names: &'static str, patch: &'static str) -> Case {
    Case { patch, code: ErrorCode::InvalidWorkload, names }
}

const fn shape(names: &'static str, patch: &'static str) -> Case {
    Case { patch, code: ErrorCode::InvalidJson, names }
}

const CASES: &[Case] = &[
    field("name", r#"{"name":null}"#),
    field("name", r#"{"name":""}"#),
    field("name", r#"{"name":"Upper"}"#),
    field("name", r#"{"name":"-dash-first"}"#),
    field("name", r#"{"name":"wörk"}"#),
    field("name", r#"{"name":"a\u202eb"}"#),
    field("name", r#"{"name":"ｆｕｌｌ"}"#),
    field("name", r#"{"name":"../nodes/agent1"}"#),
    field("name", r#"{"name":"a\u0000b"}"#),
    field("name", r#"{"name":"a123456789a123456789a123456789a123456789a123456789a123456789abcd"}"#),
    field("id", r#"{"id":"../../nodes/agent1"}"#),
    field("id", r#"{"id":"not-a-uuid"}"#),
    field("type", r#"{"type":null}"#),
    field("image", r#"{"image":null}"#),
    field("image", r#"{"image":"  "}"#),
    field("image", r#"{"image":"two words:1"}"#),
    field("command", r#"{"command":"echo 'open"}"#),
    field("command", r#"{"command":"echo a\u0000b"}"#),
    field("ports", r#"{"ports":["80"]}"#),
    field("ports", r#"{"ports":["0:80"]}"#),
    field("ports", r#"{"ports":["70000:80"]}"#),
    field("ports", r#"{"ports":["-1:80"]}"#),
    field("ports", r#"{"ports":["8080:80/sctp"]}"#),
    field("ports", r#"{"ports":["８０:80"]}"#),
    field("volumes", r#"{"volumes":["data:/data"]}"#),
    field("volumes", r#"{"volumes":["/srv/../etc:/data"]}"#),
    field("volumes", r#"{"volumes":["/srv:/data:rwx"]}"#),
    field("envVars", r#"{"envVars":{"A=B":"c"}}"#),
    field("envVars", r#"{"envVars":{"":"c"}}"#),
    field("envVars", r#"{"envVars":{"A":"b\u0000c"}}"#),
    field("resources", r#"{"resources":{"cpu":-1}}"#),
    field("desiredState", r#"{"desiredState":"Deleted"}"#),
    field("localPath", r#"{"type":"docker-compose"}"#),
    field("localPath", r#"{"type":"docker-compose","localPath":"relative"}"#),
    field("localPath", r#"{"type":"docker-compose","localPath":"/srv/../etc"}"#),
    field("gitRepo", r#"{"type":"git-compose"}"#),
    field("gitRepo", r#"{"type":"git-compose","gitRepo":"file:///srv/repo"}"#),
    field("gitRepo", r#"{"type":"git-compose","gitRepo":"--upload-pack=id"}"#),
    field("gitRepo", r#"{"type":"git-compose","gitRepo":"https://me:secret@example.org/a"}"#),
    field("gitBranch", r#"{"type":"git-compose","gitRepo":"https://a.b/c","gitBranch":"-x"}"#),
    field("gitBranch", r#"{"type":"git-compose","gitRepo":"https://a.b/c","gitBranch":"a/../b"}"#),
    field("gitToken", r#"{"type":"git-compose","gitRepo":"https://a.b/c","gitToken":"a\nb"}"#),
    field("compose", r#"{"type":"docker-compose","compose":"services: {}"}"#),
    shape("virtual-machine", r#"{"type":"virtual-machine"}"#),
    shape("whenever", r#"{"restartPolicy":"whenever"}"#),
    shape("Paused", r#"{"desiredState":"Paused"}"#),
    shape("invalid type", r#"{"name":17}"#),
    shape("invalid type", r#"{"ports":"8080:80"}"#),
    shape("invalid type", r#"{"resources":{"memory":"much"}}"#),
    shape("invalid type", r#"{"image":["worker"]}"#),
    shape("invalid type", r#"{"command":["sh"]}"#),
    shape("invalid type", r#"{"envVars":["A=b"]}"#),
    shape("invalid type", r#"{"labels":{"zone":1}}"#),
    shape("invalid type", r#"{"volumes":{"/srv":"/data"}}"#),
    shape("invalid type", r#"{"network":17}"#),
    shape("invalid value", r#"{"resources":{"memory":-1}}"#),
];

/// Bodies that are no workload at all.
pub const BROKEN: &[&[u8]] = &[
    b"",
    b"{",
    b"{\"name\":\"a\",}",
    b"[]",
    b"null",
    b"\"workload\"",
    b"{\"name\":\"a\"} {}",
    b"{\"name\":\"\xff\xfe\"}",
    b"name=a&type=docker-container",
];

pub async fn fields_refused(cx: &mut Context) -> StepResult {
    let (before, gateway) = (stored(cx).await?, cx.gateway());
    let mut checks = cx.checks();
    for case in CASES {
        let body = patched(cx, case.patch)?;
        let exchange = gateway.request(Method::POST, SCHEDULE, Some(&body)).await?;
        let held = exchange.is_refusal(case.code);
        checks.is_true(&format!("{} for {}", case.code, case.patch), held, exchange.to_string());
        let sentence = exchange.error_body().map(|body| body.error).unwrap_or_default();
        checks.contains(&format!("sentence for {}", case.patch), &sentence, case.names);
    }
    nothing_added(&mut checks, &before, &stored(cx).await?);
    checks.finish()?;
    cx.measure("invalid_workloads_refused", CASES.len() as f64, "workloads");
    Ok(())
}

pub async fn broken_json_refused(cx: &mut Context) -> StepResult {
    let (before, gateway) = (stored(cx).await?, cx.gateway());
    let mut checks = cx.checks();
    // So deep that whoever reads it by recursion without bound is at his end.
    let deep = b"[".repeat(100_000);
    for body in BROKEN.iter().copied().chain([&deep[..]]) {
        let request = HttpRequest::new(Method::POST, SCHEDULE)
            .header("content-type", "application/json")
            .body(body);
        let exchange = gateway.send(request).await?;
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]);
        let name = format!("invalid_json for {shown:?}");
        checks.is_true(&name, exchange.is_refusal(ErrorCode::InvalidJson), exchange.to_string());
    }
    nothing_added(&mut checks, &before, &stored(cx).await?);
    checks.finish()
}

/// To the byte: a body of 1 MiB is read to its end, and one more byte is too many.
pub async fn too_large_refused(cx: &mut Context) -> StepResult {
    let (before, gateway) = (stored(cx).await?, cx.gateway());
    for (bytes, code) in
        [(MAX_BODY_BYTES, ErrorCode::NoSuitableNode), (MAX_BODY_BYTES + 1, ErrorCode::TooLarge)]
    {
        let exchange = gateway.request(Method::POST, SCHEDULE, Some(&filled(cx, bytes)?)).await?;
        let told = |error: StepError| error.context(format!("with a body of {bytes} bytes"));
        exchange.refused(code).map_err(told)?;
    }
    let after = gateway.workloads(&[]).await?;
    let mut checks = cx.checks();
    checks.is_true("the next request is served", after.ok().is_ok(), after.exchange.to_string());
    nothing_added(&mut checks, &before, &stored(cx).await?);
    checks.finish()
}

/// A good workload that no node can have, in a body of exactly this many bytes. What makes it
/// so long is a field that nobody knows, which is ignored.
fn filled(cx: &Context, bytes: usize) -> Result<Value, StepError> {
    let mut body = patched(cx, r#"{"labels":{"zone":"nowhere"}}"#)?;
    body["filler"] = "".into();
    let least = serde_json::to_vec(&body)?.len();
    body["filler"] = "x".repeat(bytes.saturating_sub(least)).into();
    Ok(body)
}

pub async fn duplicate_refused(cx: &mut Context) -> StepResult {
    let (node, _) = cx.get::<Steady>()?.nodes()?;
    let id = uuid::Uuid::new_v4().to_string();
    let mut workload = pinned(cx, "twice", &node);
    workload.id.clone_from(&id);
    let first = Submission::through_gateway(cx, workload.clone()).await?;
    let (name, gateway) = (workload.name.clone(), cx.gateway());
    workload.name = cx.unique("twice");
    let (one, two) = tokio::join!(gateway.schedule(&workload), gateway.schedule(&workload));
    for answer in [one?, two?] {
        answer.refused(ErrorCode::DuplicateId)?;
    }
    let stored = cx.etcd().workload(&id).await?;
    let mut checks = cx.checks();
    checks.equal("workloadId", first.id(), id.as_str());
    checks.equal("name in etcd", stored.map(|stored| stored.value.name), Some(name));
    checks.finish()?;
    let deletion = gateway.delete(&id).await?;
    if deletion.status == 202 { Ok(()) } else { Err(StepError::failed(deletion.to_string())) }
}

pub async fn no_suitable_node(cx: &mut Context) -> StepResult {
    let (before, gateway) = (stored(cx).await?, cx.gateway());
    for patch in [
        r#"{"labels":{"zone":"nowhere"}}"#,
        r#"{"resources":{"memory":1125899906842624}}"#,
        r#"{"resources":{"cpu":4096}}"#,
    ] {
        let body = patched(cx, patch)?;
        let exchange = gateway.request(Method::POST, SCHEDULE, Some(&body)).await?;
        exchange.refused(ErrorCode::NoSuitableNode)?;
    }
    let mut checks = cx.checks();
    nothing_added(&mut checks, &before, &stored(cx).await?);
    checks.finish()
}

fn patched(cx: &Context, patch: &str) -> Result<Value, StepError> {
    let mut body = json!({
        "name": cx.unique("invalid"),
        "type": "docker-container",
        "image": cx.topology().image(TestImage::Worker),
    });
    let patch: Value = serde_json::from_str(patch)?;
    let (Some(fields), Some(changes)) = (body.as_object_mut(), patch.as_object()) else {
        return Err(StepError::error("a case is no JSON object"));
    };
    for (name, value) in changes {
        match value {
            Value::Null => fields.remove(name),
            value => fields.insert(name.clone(), value.clone()),
        };
    }
    Ok(body)
}

/// The keys of all workloads.
pub async fn stored(cx: &Context) -> Result<BTreeSet<String>, StepError> {
    let entries = cx.etcd().list(StoreKeys::WORKLOADS).await?;
    Ok(entries.into_iter().map(|entry| entry.key).collect())
}

/// What was deleted before may go meanwhile.
pub fn nothing_added(checks: &mut Checks, before: &BTreeSet<String>, after: &BTreeSet<String>) {
    let added: Vec<_> = after.difference(before).collect();
    checks.is_true("nothing was stored", added.is_empty(), format!("{added:?} were"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cases_are_json_objects_and_enough() {
        assert!(CASES.len() >= 15);
        for case in CASES {
            let patch: Value = serde_json::from_str(case.patch).unwrap();
            assert!(patch.is_object(), "{}", case.patch);
        }
    }
}
