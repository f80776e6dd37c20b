//! A workload that is to be stopped, and to run again (contract §6).

use persys_contract::{DesiredState, ReconcileAction, WorkloadStatus};

use super::{
    account::Account,
    victim::{Victim, running},
};
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    scenarios::support::{Watch, two_reconcile_passes, until_status},
};

pub async fn stopped(cx: &mut Context) -> StepResult {
    let victim = cx.get::<Victim>()?.0.clone();
    let (id, node) = (victim.id(), victim.node());
    let before = running(cx, id, node).await?;
    let account = Account::open(cx, id).await?;
    set(cx, id, DesiredState::Stopped).await?;
    let docker = cx.docker(node);
    let after = cx
        .wait(format!("the container of workload {id} has ended"), || async {
            match docker.inspect(id).await {
                Ok(Some(container)) if container.status() == "exited" => Progress::Ready(container),
                Ok(Some(container)) => Progress::NotYet(container.status()),
                Ok(None) => Progress::failed("the container was removed, not stopped"),
                Err(error) => Progress::unanswered(error),
            }
        })
        .await?;
    until_status(cx, id, WorkloadStatus::Stopped).await?;
    account.tells_of(cx, id, ReconcileAction::Stop).await?;
    let actions = cx.get::<Watch>()?.containers[node].actions(id);
    two_reconcile_passes(cx).await?;
    let mut checks = cx.checks();
    checks.equal("container", after.id(), before.id());
    // The command ends so on SIGTERM: SIGKILL would have made it 137.
    checks.equal("exit code", after.exit_code(), Some(143));
    let later = cx.get::<Watch>()?.containers[node].actions(id);
    checks.equal("events after two more passes", later, actions);
    checks.finish()
}

pub async fn runs_again(cx: &mut Context) -> StepResult {
    let victim = cx.get::<Victim>()?.0.clone();
    let (id, node) = (victim.id(), victim.node());
    let account = Account::open(cx, id).await?;
    set(cx, id, DesiredState::Running).await?;
    running(cx, id, node).await?;
    until_status(cx, id, WorkloadStatus::Running).await?;
    account.tells_of(cx, id, ReconcileAction::Restart).await?;
    let mut checks = cx.checks();
    checks.equal("containers", cx.docker(node).of_workload(id).await?.len(), 1);
    checks.finish()
}

async fn set(cx: &Context, id: &str, desired: DesiredState) -> Result<(), StepError> {
    let exchange = cx.gateway().set_desired_state(id, desired).await?;
    if exchange.status != 200 {
        return Err(StepError::failed(exchange.to_string()));
    }
    let workload: persys_contract::Workload = exchange.json()?;
    let stored = cx.etcd().workload(id).await?.map(|stored| stored.value.desired_state);
    let mut checks = cx.checks();
    checks.equal("desiredState in the answer", workload.desired_state, Some(desired));
    checks.equal("desiredState in etcd", stored, Some(Some(desired)));
    checks.finish()
}
