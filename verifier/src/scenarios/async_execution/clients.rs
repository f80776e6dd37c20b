//! Clients that do not wait, and many at once.

use std::time::{Duration, Instant};

use futures::future::join_all;
use persys_contract::{Workload, WorkloadStatus};
use reqwest::Method;

use super::workloads::long_running;
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    load::NullServer,
    probe::{HttpRequest, LoadClient},
    scenarios::support::{
        Watch, at_once_beyond, null_server, remove_at_the_end, until_nodes_active, until_status,
    },
};

const HANG_UPS: usize = 3;
const AT_A_TIME: usize = 20;
/// However busy the machine (strategy, success criteria: response times < 5 seconds).
const RESPONSE_LIMIT: Duration = Duration::from_secs(5);

/// What was sent whole is carried out, as if the client had waited.
pub async fn hang_up(cx: &mut Context) -> StepResult {
    let mut ids = Vec::new();
    for _ in 0..HANG_UPS {
        let id = uuid::Uuid::new_v4().to_string();
        let workload = Workload { id: id.clone(), ..long_running(cx, "unheard") };
        let request = HttpRequest::new(Method::POST, "/workloads/schedule").json(&workload);
        remove_at_the_end(cx, &id);
        cx.gateway().send_and_hang_up(&request).await?;
        ids.push((id, workload.name));
    }
    let mut checks = cx.checks();
    for (id, name) in &ids {
        let workload = until_status(cx, id, WorkloadStatus::Running).await?;
        checks.equal("name", &workload.name, name);
        let node = workload.node_id.unwrap_or_default();
        let containers = cx.docker(&node).of_workload(id).await?.len();
        checks.equal(&format!("containers of {name}"), containers, 1);
        let statuses = cx.get::<Watch>()?.records.statuses(id);
        let happy = crate::scenarios::support::happy_path(&statuses);
        checks.is_true(&format!("statuses of {name}"), happy, format!("{statuses:?}"));
    }
    checks.finish()
}

pub async fn twenty_at_once(cx: &mut Context) -> StepResult {
    until_nodes_active(cx).await?;
    let workloads: Vec<_> = (0..AT_A_TIME).map(|_| long_running(cx, "crowd")).collect();
    let gateway = cx.gateway();
    let null = null_server(cx).await?;
    let from = Instant::now();
    let orders = join_all(workloads.iter().map(|workload| gateway.schedule(workload)));
    let (answers, idle) = tokio::join!(orders, asking_nobody(null.as_ref()));
    let all = from.elapsed();
    let idle = idle?;
    let (mut ids, mut slowest) = (Vec::new(), Duration::ZERO);
    let mut checks = cx.checks();
    for answer in answers {
        let answer = answer.map_err(|error| error.failed())?;
        let reply = answer.ok()?;
        remove_at_the_end(cx, &reply.workload_id);
        let what = "beyond the connection the answer comes";
        at_once_beyond(cx, &mut checks, what, (&answer.exchange, idle));
        slowest = slowest.max(answer.exchange.attended());
        ids.push(reply.workload_id);
    }
    cx.measure("twenty_at_once_slowest_response", slowest.as_secs_f64(), "s");
    let limit = cx.scaled(RESPONSE_LIMIT, RESPONSE_LIMIT * 3);
    checks.is_true(
        "with the connection the answers come in time",
        slowest < limit,
        format!("the slowest took {slowest:?}, limit {limit:?}"),
    );
    cx.measure("twenty_at_once_slowest_null", idle.as_secs_f64(), "s");
    cx.measure("twenty_at_once_all_responses", all.as_secs_f64(), "s");
    ids.sort();
    ids.dedup();
    checks.equal("different ids", ids.len(), AT_A_TIME);
    checks.finish()?;
    cx.put(Crowd { ids, from });
    Ok(())
}

/// What as many handshakes again take on this machine at this moment, and answers that nobody
/// has to work for: the platform cannot excuse itself with itself.
async fn asking_nobody(null: Option<&(NullServer, LoadClient)>) -> Result<Duration, StepError> {
    let Some((_, client)) = null else { return Ok(Duration::ZERO) };
    let asked = join_all((0..AT_A_TIME).map(|_| async {
        let begun = Instant::now();
        client.get("/").await.map(|()| begun.elapsed())
    }));
    let mut slowest = Duration::ZERO;
    for took in asked.await {
        let failed = |why| StepError::error(format!("failed to ask a null server: {why}"));
        slowest = slowest.max(took.map_err(failed)?);
    }
    Ok(slowest)
}

struct Crowd {
    ids: Vec<String>,
    from: Instant,
}

pub async fn twenty_run(cx: &mut Context) -> StepResult {
    let Crowd { ids, from } = cx.take::<Crowd>()?;
    let gateway = cx.gateway();
    cx.wait(format!("all {} workloads run", ids.len()), || async {
        let list = match gateway.workloads(&[]).await.map(|answer| answer.ok()) {
            Ok(Ok(list)) => list,
            Ok(Err(error)) => return Progress::unanswered(error),
            Err(error) => return Progress::unanswered(error),
        };
        let of = |id: &String| list.iter().find(|workload| workload.id == *id);
        let runs = |id: &&String| of(id).and_then(|w| w.status) == Some(WorkloadStatus::Running);
        match ids.iter().find(|id| !runs(id)) {
            None => Progress::Ready(()),
            Some(id) => {
                let count = ids.iter().filter(runs).count();
                let status = of(id).map(|workload| workload.status);
                Progress::not_yet(format!("{count} do; {id} is {status:?}"))
            }
        }
    })
    .await?;
    cx.measure("twenty_at_once_all_running", from.elapsed().as_secs_f64(), "s");
    let mut running = 0;
    for docker in cx.probes().dockers().values() {
        let own = docker.workloads().await?;
        running += own
            .iter()
            .filter(|c| c.state == "running")
            .filter(|c| c.workload().is_some_and(|id| ids.iter().any(|own| own == id)))
            .count();
    }
    let mut checks = cx.checks();
    checks.equal("containers that run", running, ids.len());
    checks.finish()
}
