//! What the machine can do without the platform, measured in the same run: without it
//! a figure of another machine would be held against this one.

use std::time::Duration;

use super::{reads::list_workloads, verdict::unless_saturated};
use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    load::{LoadReport, OpenLoop, Percentile},
    scenarios::support::null_server,
};

/// The rates of steady load that are tried, per second. The first gives enough samples
/// for p99.
const RATES: [f64; 3] = [100.0, 50.0, 25.0];
/// Where a server that does nothing takes longer (p90, or p50 where the samples support
/// no more), the machine is too busy for the rate: nothing would be learnt of the platform.
const TOO_BUSY: Duration = Duration::from_millis(100);
const DURATION: Duration = Duration::from_secs(2);
const WARM_UP: Duration = Duration::from_millis(500);
/// The writes go round over so many keys.
const KEYS: u64 = 16;

/// What asking costs when there is nothing to do.
pub struct Calibration {
    /// The rate of all steady load of this run, per second.
    pub rate: f64,
    pub null_server: LoadReport,
}

pub async fn generator_calibrated(cx: &mut Context) -> StepResult {
    let (load, null_server) = highest_rate(cx).await?;
    let etcd = against_etcd(cx, load).await?;
    let told = [
        ("null_server", "a server that does nothing", &null_server),
        ("etcd_put", "etcd, by writes", &etcd),
    ];
    for (name, what, report) in told {
        cx.record("load", format!("{what}: {report}"), report.to_json());
        if let Some((percentile, time)) = report.response.highest(Percentile::P90) {
            cx.measure(&format!("{name}_response_{percentile}"), time.as_secs_f64(), "s");
        }
        if report.sent > report.succeeded {
            // Neither is under load here; whoever refuses is not ready to be measured with.
            return Err(StepError::error(format!("failed to calibrate against {what}: {report}")));
        }
    }
    cx.measure("steady_rate", load.rate, "1/s");
    cx.put(Calibration { rate: load.rate, null_server });
    Ok(())
}

/// The highest rate for which the machine itself is quick enough at this moment.
async fn highest_rate(cx: &Context) -> Result<(OpenLoop, LoadReport), StepError> {
    let mut refused = Vec::new();
    for rate in RATES {
        let load = OpenLoop::new(rate, DURATION).warming_up(WARM_UP);
        let why = match against_null_server(cx, load).await {
            Ok(report) => match report.response.highest(Percentile::P90) {
                Some((_, time)) if time <= TOO_BUSY => return Ok((load, report)),
                _ => format!("a server that does nothing: {report}"),
            },
            Err(error) => error.message,
        };
        cx.record("load", format!("too busy for {rate}/s: {why}"), serde_json::Value::Null);
        refused.push(why);
    }
    Err(StepError::error(format!(
        "the machine is too busy to measure on: limit {TOO_BUSY:?}\n  {}",
        refused.join("\n  ")
    )))
}

async fn against_null_server(cx: &Context, load: OpenLoop) -> Result<LoadReport, StepError> {
    let (_server, client) = null_server(cx).await?.ok_or_else(|| {
        StepError::skipped("needs ca.key in the credentials folder, to certify the null server")
    })?;
    Ok(unless_saturated(cx, || list_workloads(&client, load)).await?)
}

async fn against_etcd(cx: &Context, load: OpenLoop) -> Result<LoadReport, StepError> {
    let prefix = format!("/persys-verifier/{}/", cx.run_id());
    let (etcd, below) = (cx.etcd(), prefix.clone());
    cx.on_cleanup(format!("delete the keys below {prefix}"), async move {
        etcd.delete_below(&below).await?;
        Ok(())
    });
    let etcd = cx.etcd().quiet();
    let put = |number: u64| {
        let (etcd, key) = (etcd.clone(), format!("{prefix}{}", number % KEYS));
        async move {
            let put = etcd.put(&key, "calibration").await;
            put.map_err(|error| error.cause().map_or("refused".into(), ToString::to_string))?;
            Ok(())
        }
    };
    let report = unless_saturated(cx, || load.run(put)).await?;
    let deleted = cx.etcd().delete_below(&prefix).await?;
    let mut checks = cx.checks();
    checks.equal("keys that the writes left", deleted, KEYS as i64);
    checks.finish()?;
    Ok(report)
}
