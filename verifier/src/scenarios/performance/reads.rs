//! Reads at a fixed rate, as users make them.

use std::{collections::BTreeMap, convert::Infallible, time::Duration};

use persys_contract::topology::MachineRole;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::{
    calibration::Calibration,
    criteria::SUCCESS,
    figures::{self, Snapshot},
    verdict::unless_saturated,
};
use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    load::{LoadReport, OpenLoop, Percentile},
    probe::{DiskUsage, LoadClient, Probes},
};

/// At the steady rate enough samples for p99.
const DURATION: Duration = Duration::from_secs(10);
/// What takes longer has failed (strategy, success criteria).
const GIVE_UP: Duration = Duration::from_secs(5);
/// Between two looks at what the components take.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What the reads showed, and what the components took before, during and after.
pub struct Steady {
    pub report: LoadReport,
    pub snapshots: Vec<Snapshot>,
    /// What the engines kept on disk before.
    pub disks: BTreeMap<String, DiskUsage>,
}

/// A client of the gateway.
pub fn client(cx: &Context) -> Result<LoadClient, StepError> {
    let address = cx.topology().socket(MachineRole::Gateway, cx.topology().ports.gateway);
    Ok(cx.probes().load_client(address)?)
}

/// Lists the workloads at this rate.
pub async fn list_workloads(
    client: &LoadClient,
    load: OpenLoop,
) -> Result<LoadReport, crate::load::LoadError> {
    load.run(|_| {
        let client = client.clone();
        async move { client.get("/workloads").await }
    })
    .await
}

/// How long one read takes, which must succeed.
pub async fn timed(client: &LoadClient, path: &str) -> Result<Duration, StepError> {
    let begun = Instant::now();
    match timeout(GIVE_UP, client.get(path)).await {
        Ok(Ok(())) => Ok(begun.elapsed()),
        Ok(Err(why)) => Err(StepError::failed(format!("GET {path}: {why}"))),
        Err(_) => Err(StepError::failed(format!("GET {path}: no answer within {GIVE_UP:?}"))),
    }
}

pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

pub async fn steady(cx: &mut Context) -> StepResult {
    let (client, probes) = (client(cx)?, cx.probes());
    let disks = figures::disks(&probes).await?;
    let mut snapshots = vec![Snapshot::take(&probes).await?];
    let load = OpenLoop::new(cx.get::<Calibration>()?.rate, DURATION);
    let report = tokio::select! {
        report = unless_saturated(cx, || list_workloads(&client, load)) => report?,
        error = keep_looking(&probes, &mut snapshots) => match error {
            Err(error) => return Err(error),
            Ok(never) => match never {},
        },
    };
    snapshots.push(Snapshot::take(&probes).await?);
    cx.record("load", format!("GET /workloads: {report}"), report.to_json());
    for percentile in Percentile::ALL {
        if let Some(time) = report.response.at(percentile) {
            cx.measure(&format!("read_response_{percentile}"), time.as_secs_f64(), "s");
        }
    }
    if let Some((percentile, slip)) = report.slip.highest(Percentile::P99) {
        cx.measure(&format!("generator_slip_{percentile}"), slip.as_secs_f64(), "s");
    }
    cx.measure("read_rate_achieved", report.achieved(), "1/s");
    let (rate, told) = (report.success_rate(), report.to_string());
    cx.put(Steady { report, snapshots, disks });
    if rate > SUCCESS {
        return Ok(());
    }
    Err(StepError::failed(format!(
        "{:.1} % of the reads were answered, limit more than {} %: {told}",
        rate * 100.0,
        SUCCESS * 100.0
    )))
}

async fn keep_looking(
    probes: &Probes,
    snapshots: &mut Vec<Snapshot>,
) -> Result<Infallible, StepError> {
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick is at once, and that look was taken already.
    looks.tick().await;
    loop {
        looks.tick().await;
        snapshots.push(Snapshot::take(probes).await?);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_one_of_them() {
        let millis = Duration::from_millis;
        assert_eq!(median(vec![millis(9), millis(1), millis(2)]), millis(2));
        assert_eq!(median(Vec::new()), Duration::ZERO);
    }
}
