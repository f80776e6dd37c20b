//! Without SRV records the gateway goes by the schedulers' addresses.

use persys_contract::topology::MachineRole;
use tokio::task::AbortHandle;

use super::site::{names, schedulers, until_known, until_named, until_serving};
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    probe::{EtcdEntry, EtcdProbe, Recording},
};

pub use persys_contract::component::GATEWAY;

/// Deletes what is written below a prefix, again and again, until it is dropped.
struct Suppression {
    entries: Vec<EtcdEntry>,
    task: AbortHandle,
}

impl Drop for Suppression {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Suppression {
    async fn start(cx: &Context, prefix: String) -> Result<Self, StepError> {
        let etcd = cx.etcd();
        let entries = etcd.list(&prefix).await?;
        let recording = etcd.record(&prefix).await?;
        let (late, saved) = (etcd.clone(), entries.clone());
        let task = tokio::spawn(delete_always(etcd, prefix, recording)).abort_handle();
        let abort = task.clone();
        cx.on_cleanup("put the schedulers' records back", async move {
            abort.abort();
            for entry in &saved {
                // A scheduler that was started anew since then has a lease of its own.
                if late.lease(entry.lease).await?.is_some() {
                    late.restore(entry).await?;
                }
            }
            Ok(())
        });
        Ok(Self { entries, task })
    }
}

async fn delete_always(etcd: EtcdProbe, prefix: String, recording: Recording) {
    let mut changed = recording.changed();
    loop {
        if let Ok(entries) = etcd.list(&prefix).await {
            for entry in entries {
                // What is left is deleted at the next change.
                let _ = etcd.delete(&entry.key).await;
            }
        }
        if changed.changed().await.is_err() {
            return;
        }
    }
}

pub async fn addresses_suffice(cx: &mut Context) -> StepResult {
    let all = schedulers(cx);
    let suppression = Suppression::start(cx, names(cx).service_prefix()).await?;
    let (service, dns) = (names(cx).service_name(), cx.dns());
    let until_empty = async |cx: &Context| {
        cx.wait(format!("DNS has no SRV record of {service}"), || async {
            match dns.srv(&service).await {
                Ok(answer) if answer.is_empty() => Progress::Ready(()),
                Ok(answer) => Progress::not_yet(format!("{:?}", answer.records)),
                Err(error) => Progress::unanswered(error),
            }
        })
        .await
    };
    until_empty(cx).await?;
    restart_gateway(cx).await?;
    until_known(cx, all.len()).await?;
    let machines: Vec<_> = all.keys().map(String::as_str).collect();
    until_serving(cx, &machines).await?;
    until_empty(cx).await?;
    for entry in &suppression.entries {
        suppression.task.abort();
        cx.etcd().restore(entry).await?;
    }
    drop(suppression);
    until_named(cx, &all).await
}

/// Restarts the gateway, so that it knows nothing from before.
pub async fn restart_gateway(cx: &Context) -> StepResult {
    let machine = cx.topology().one(MachineRole::Gateway).0;
    cx.faults(machine).restart(GATEWAY).await?;
    let gateway = cx.gateway();
    cx.wait("the gateway serves again", || async {
        match gateway.nodes().await {
            Ok(answer) => Progress::from(answer.ok().map(drop)),
            Err(error) => Progress::unanswered(error),
        }
    })
    .await
}
