//! Everything is there, and the plan is made.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::Arc,
};

use futures::{StreamExt, TryStreamExt, future::try_join_all, stream};
use persys_contract::topology::Topology;

use super::{
    fresh,
    stage::{Stage, settling},
    workloads::Cast,
};
use crate::{
    chaos::{Bounds, ChaosOrder, ChaosPlan, Ground, HistoryFile, PlanError, generate},
    context::Context,
    engine::Capabilities,
    evidence::{StepError, StepResult},
    scenarios::support::{LEFTOVERS, Watch, until_nodes_active},
};

/// Deletions at the same time.
const AT_ONCE: usize = 4;

pub async fn platform_whole(cx: &mut Context) -> StepResult {
    let order = cx.given::<ChaosOrder>().cloned();
    let order = order.unwrap_or_else(|| ChaosOrder::new(1, ChaosOrder::DURATION));
    if order.fresh {
        fresh::begin_anew(cx).await?;
    }
    let probes = cx.probes();
    cx.waiting("every part of the platform answers")
        .or_error()
        .until(|| probes.all_ready())
        .await?;
    until_nodes_active(cx).await?;
    let ground = Ground::of(cx.topology(), &capabilities(cx).await?);
    let plan = match order.plan {
        Some(plan) => plan,
        None => generate(order.seed, order.duration, &ground),
    };
    let (operations, disturbances) = plan.counts();
    let seconds = plan.duration_ms as f64 / 1000.0;
    cx.recorder().note(format!(
        "seed {}: {operations} operations and {disturbances} disturbances in {seconds:.0} s",
        plan.seed
    ));
    for left_out in &plan.left_out {
        cx.recorder().note(left_out.clone());
    }
    let file = |name: &str| order.folder.as_ref().map(|folder| folder.join(name));
    if let Some(file) = file(ChaosOrder::PLAN_FILE) {
        fs::write(&file, plan.to_text()).map_err(|error| failed(&file, &error))?;
    }
    let history = file(ChaosOrder::HISTORY_FILE);
    let history = HistoryFile::create(history.as_deref())
        .map_err(|error| failed(&history.unwrap_or_default(), &error))?;
    let cast = Arc::new(Cast::of(&plan, cx.topology(), cx.run_id())?);
    remove_cast_at_the_end(cx, cast.clone());
    let bounds = Bounds::of(cx.timings(), cx.timeout_scale());
    let watch = Watch::start(cx).await?;
    let plan = Arc::new(plan);
    let seconds = settling(cx.topology(), &plan, bounds, cx.timeout_scale()).as_secs_f64();
    cx.measure("settling_bound", seconds, "s");
    cx.put(Stage { plan, ground, cast, history: Arc::new(history), bounds, watch });
    Ok(())
}

/// Registers the deletion of every workload of the plan that is still there.
fn remove_cast_at_the_end(cx: &Context, cast: Arc<Cast>) {
    cast.ids().for_each(|id| cx.gone_at_the_end(id, &LEFTOVERS));
    let gateway = cx.gateway();
    cx.on_cleanup("delete the plan's workloads", async move {
        let listed = gateway.workloads(&[]).await?.ok()?;
        let own =
            listed.into_iter().map(|workload| workload.id).filter(|id| cast.number(id).is_some());
        let deletions = own.map(|id| {
            let gateway = gateway.clone();
            async move {
                let exchange = gateway.delete(&id).await?;
                match exchange.status {
                    202 | 404 => Ok(()),
                    _ => Err(StepError::failed(exchange.to_string())),
                }
            }
        });
        stream::iter(deletions).buffer_unordered(AT_ONCE).try_collect::<()>().await
    });
}

/// What each machine can do.
async fn capabilities(cx: &Context) -> Result<Capabilities, StepError> {
    let probes = cx.probes();
    let answers = probes.all_faults().iter().map(|(machine, daemon)| async move {
        let can = serde_json::to_value(daemon.capabilities().await?)?;
        let fields = can.as_object().into_iter().flatten();
        let has = fields.filter(|(_, has)| **has == true).map(|(name, _)| name.clone());
        Ok::<_, StepError>((machine.clone(), has.collect()))
    });
    let machines: BTreeMap<_, _> = try_join_all(answers).await?.into_iter().collect();
    Ok(Capabilities { machines })
}

fn failed(file: &Path, error: &std::io::Error) -> StepError {
    StepError::error(format!("failed to write {}: {error}", file.display()))
}

/// Reads a plan file for these machines, whatever they can do.
pub fn read_plan(file: &Path, topology: &Topology) -> Result<ChaosPlan, PlanError> {
    let machines = topology.machines.keys().map(|name| (name.clone(), BTreeSet::new()));
    let ground = Ground::of(topology, &Capabilities { machines: machines.collect() });
    ChaosPlan::read(file, &ground)
}
