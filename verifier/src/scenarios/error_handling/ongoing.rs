//! The faults that one step puts in place and the next one heals.

use persys_contract::ErrorCode;
use time::OffsetDateTime;

use super::steady::all_well;
use crate::{
    engine::{Context, StepError, StepResult},
    probe::{ActiveFault, Exchange},
};

/// Faults in effect. Another one that is begun ends them in the background.
pub struct Ongoing {
    name: &'static str,
    faults: Vec<ActiveFault>,
    /// The node whose containers are ended by the fault itself.
    restarts: Option<String>,
}

pub fn begin(cx: &mut Context, name: &'static str, faults: Vec<ActiveFault>) {
    cx.put(Ongoing { name, faults, restarts: None });
}

pub fn begin_ending_containers(
    cx: &mut Context,
    name: &'static str,
    faults: Vec<ActiveFault>,
    node: &str,
) {
    cx.put(Ongoing { name, faults, restarts: Some(node.to_owned()) });
}

/// Heals what the step before has broken, and waits until all is as it was.
pub async fn recovered(cx: &mut Context) -> StepResult {
    let Ongoing { name, faults, restarts } = cx.take::<Ongoing>()?;
    for fault in faults {
        fault.heal().await?;
    }
    let healed = OffsetDateTime::now_utc();
    all_well(cx, restarts.as_deref()).await?;
    let took = OffsetDateTime::now_utc() - healed;
    cx.measure(&format!("time_to_recover_{name}"), took.as_seconds_f64(), "s");
    Ok(())
}

/// An answer that is exactly one of these refusals.
pub fn refused_as(exchange: &Exchange, codes: &[ErrorCode]) -> StepResult {
    if codes.iter().any(|&code| exchange.is_refusal(code)) {
        return Ok(());
    }
    let codes: Vec<_> = codes.iter().map(|code| format!("{} {code}", code.status())).collect();
    Err(StepError::failed(format!("{exchange}, expected {}", codes.join(" or "))))
}
