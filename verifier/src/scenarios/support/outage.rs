//! A machine without power, which has it back at the latest when the scenario ends.

use std::sync::Arc;

use persys_faultd::protocol::ComponentReport;
use tokio::sync::Mutex;

use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    probe::{FaultProbe, HostFault},
};

/// Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Outage(Arc<Mutex<Option<HostFault>>>);

impl Outage {
    /// Takes a machine's power away.
    pub async fn of(cx: &Context, machine: &str) -> Result<Self, StepError> {
        let outage = Self(Arc::new(Mutex::new(Some(cx.host()?.crash(machine).await?))));
        let (at_the_end, faults) = (outage.clone(), cx.faults(machine));
        cx.on_cleanup(format!("switch {machine} on"), async move {
            at_the_end.end().await?;
            answers(&faults).await
        });
        Ok(outage)
    }

    /// Switches the machine on, unless that was done before.
    pub async fn end(&self) -> StepResult {
        match self.0.lock().await.take() {
            Some(fault) => Ok(fault.heal().await?),
            None => Ok(()),
        }
    }
}

/// Waits until a machine has booted: its fault daemon answers again.
async fn answers(faults: &FaultProbe) -> StepResult {
    while faults.components().await.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    Ok(())
}

/// Waits until a component runs that is not the process it was `before`: the
/// machine has been down and is up again.
pub async fn until_started_anew(
    cx: &Context,
    machine: &str,
    before: &ComponentReport,
) -> Result<ComponentReport, StepError> {
    let (faults, name) = (cx.faults(machine), &before.component.name);
    let what = format!("{machine} is up again with another process of {name}");
    cx.wait(what, || async {
        let report = match faults.component(name).await {
            Ok(report) => report,
            Err(error) => return Progress::unanswered(error),
        };
        let component = &report.component;
        if component.since == before.component.since {
            Progress::not_yet("it has not been down")
        } else if component.state.is_running() {
            Progress::Ready(report)
        } else {
            Progress::not_yet(format!("{name} is {}", component.state.as_str()))
        }
    })
    .await
}
