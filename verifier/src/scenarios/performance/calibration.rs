//! What the machine can do without the platform, measured in the same run: without it
//! a figure of another machine would be held against this one.

use std::{net::IpAddr, time::Duration};

use persys_contract::topology::MachineRole;

use super::{reads::list_workloads, verdict::unless_saturated};
use crate::{
    engine::{Context, StepError, StepResult},
    load::{LoadReport, NullServer, OpenLoop, Percentile},
};

/// The rate of all steady load of this scenario.
pub const RATE: f64 = 100.0;
const DURATION: Duration = Duration::from_secs(2);
const WARM_UP: Duration = Duration::from_millis(500);
/// The writes go round over so many keys.
const KEYS: u64 = 16;

/// What asking costs when there is nothing to do.
pub struct Calibration {
    pub null_server: LoadReport,
}

pub async fn generator_calibrated(cx: &mut Context) -> StepResult {
    let load = OpenLoop::new(RATE, DURATION).warming_up(WARM_UP);
    let null_server = against_null_server(cx, load).await?;
    let etcd = against_etcd(cx, load).await?;
    let told = [
        ("null_server", "a server that does nothing", &null_server),
        ("etcd_put", "etcd, by writes", &etcd),
    ];
    for (name, what, report) in told {
        cx.record("load", format!("{what}: {report}"), report.to_json());
        if let Some(p90) = report.response.at(Percentile::P90) {
            cx.measure(&format!("{name}_response_p90"), p90.as_secs_f64(), "s");
        }
        if report.sent > report.succeeded {
            // Neither is under load here; whoever refuses is not ready to be measured with.
            return Err(StepError::error(format!("failed to calibrate against {what}: {report}")));
        }
    }
    cx.put(Calibration { null_server });
    Ok(())
}

async fn against_null_server(cx: &Context, load: OpenLoop) -> Result<LoadReport, StepError> {
    let probes = cx.probes();
    let ip = cx.topology().one(MachineRole::Client).1.address;
    let server = NullServer::start(IpAddr::V4(ip), &probes.authority()?)
        .await
        .map_err(|error| StepError::error(format!("failed to start a null server: {error}")))?;
    let address = std::net::SocketAddrV4::new(ip, server.address().port());
    let client = probes.load_client(address)?;
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
