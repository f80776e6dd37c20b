//! The faults that one step puts in place and the next one heals.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use persys_contract::ErrorCode;
use tokio::time::{Instant, sleep};

use super::steady::all_well;
use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    probe::{ActiveFault, Exchange},
    scenarios::support::Processes,
};

/// How long the gateway may take to serve again when no step has healed a fault.
const SERVES_AGAIN: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(100);

type Faults = Arc<Mutex<Vec<ActiveFault>>>;

/// The platform's processes as they are known to be, and those that faults have ended since,
/// each a machine and its component.
pub struct Known {
    processes: Processes,
    ended: Vec<(String, &'static str)>,
}

impl Known {
    pub async fn look(cx: &Context) -> Result<Self, StepError> {
        Ok(Self { processes: Processes::look(cx).await?, ended: Vec::new() })
    }
}

/// Faults in effect. Dropped, as when the step that put them in place has failed, it has them
/// healed in the background, and nothing else is ordered of their machines before.
pub struct Ongoing {
    name: &'static str,
    faults: Faults,
    /// The node whose containers are ended by the fault itself.
    restarts: Option<String>,
}

impl Drop for Ongoing {
    fn drop(&mut self) {
        // The clean-up has them, too, and would keep them until the end.
        drop(taken(&self.faults));
    }
}

pub fn begin(cx: &mut Context, name: &'static str, faults: Vec<ActiveFault>) {
    put(cx, name, faults, None);
}

/// One that ends a process of the platform itself.
pub fn begin_ending(
    cx: &mut Context,
    name: &'static str,
    faults: Vec<ActiveFault>,
    (machine, component): (&str, &'static str),
) -> StepResult {
    cx.get_mut::<Known>()?.ended.push((machine.to_owned(), component));
    put(cx, name, faults, None);
    Ok(())
}

pub fn begin_ending_containers(
    cx: &mut Context,
    name: &'static str,
    faults: Vec<ActiveFault>,
    node: &str,
) {
    put(cx, name, faults, Some(node.to_owned()));
}

fn put(cx: &mut Context, name: &'static str, faults: Vec<ActiveFault>, restarts: Option<String>) {
    let faults = Arc::new(Mutex::new(faults));
    let (left, gateway) = (faults.clone(), cx.gateway());
    cx.heal_at_the_end(format!("heal {name}"), async move {
        let left = taken(&left);
        if left.is_empty() {
            return Ok(());
        }
        for fault in left {
            fault.heal().await?;
        }
        let deadline = Instant::now() + SERVES_AGAIN;
        loop {
            let served = gateway.workloads(&[]).await.map_err(StepError::from);
            match served.and_then(|answer| answer.ok().map(drop)) {
                Ok(()) => return Ok(()),
                Err(error) if Instant::now() >= deadline => return Err(error),
                Err(_) => sleep(POLL).await,
            }
        }
    });
    cx.put(Ongoing { name, faults, restarts });
}

/// Those that are still in effect; nobody else heals them any more.
fn taken(faults: &Faults) -> Vec<ActiveFault> {
    std::mem::take(&mut *faults.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Heals what the step before has broken, and waits until all is as it was, without a restart.
pub async fn recovered(cx: &mut Context) -> StepResult {
    let ongoing = cx.take::<Ongoing>()?;
    for fault in taken(&ongoing.faults) {
        fault.heal().await?;
    }
    let healed = Instant::now();
    all_well(cx, ongoing.restarts.as_deref()).await?;
    cx.measure(&format!("time_to_recover_{}", ongoing.name), healed.elapsed().as_secs_f64(), "s");
    not_restarted(cx).await
}

/// No process of the platform was started anew since the last recovery, but what was ended.
async fn not_restarted(cx: &mut Context) -> StepResult {
    let now = Known::look(cx).await?;
    let before = cx.take::<Known>()?;
    let mut checks = cx.checks();
    now.processes.are_those_of(&before.processes, &before.ended, &mut checks);
    cx.put(now);
    checks.finish()
}

/// An answer that is exactly one of these refusals.
pub fn refused_as(exchange: &Exchange, codes: &[ErrorCode]) -> StepResult {
    if codes.iter().any(|&code| exchange.is_refusal(code)) {
        return Ok(());
    }
    let codes: Vec<_> = codes.iter().map(|code| format!("{} {code}", code.status())).collect();
    Err(StepError::failed(format!("{exchange}, expected {}", codes.join(" or "))))
}
