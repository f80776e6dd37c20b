//! The rate is doubled until answers become slow: how much the platform carries.

use std::time::Duration;

use super::{calibration::Calibration, reads, verdict::judge};
use crate::{
    engine::{Context, StepResult},
    load::{LoadError, LoadReport, OpenLoop, Percentile},
};
use serde_json::json;

/// Per second; the last bounds the search.
const RATES: [f64; 6] = [25.0, 50.0, 100.0, 200.0, 400.0, 800.0];
const STAGE: Duration = Duration::from_millis(1500);
const GIVE_UP: Duration = Duration::from_secs(2);
/// Beyond the knee p90, or p50 where the samples support no more, is so many times
/// what asking nobody takes, and at least `SLOW`.
const TIMES: u32 = 50;
const SLOW: Duration = Duration::from_millis(250);

/// Why the search ended at a rate.
fn beyond(report: &LoadReport, slow: Duration) -> Option<String> {
    if report.success_rate() < 0.95 {
        return Some(format!("{:.1} % succeed", report.success_rate() * 100.0));
    }
    let (percentile, time) = report.response.highest(Percentile::P90)?;
    (time > slow).then(|| format!("{percentile} is {time:.1?}, limit {slow:.1?}"))
}

pub async fn found(cx: &mut Context) -> StepResult {
    let null = &cx.get::<Calibration>()?.null_server.response;
    let slow = null.highest(Percentile::P90).map_or(SLOW, |(_, null)| (null * TIMES).max(SLOW));
    let client = reads::client(cx)?;
    let (mut carried, mut samples, mut end) = (None, 0, None);
    for rate in RATES {
        let load = OpenLoop::new(rate, STAGE).warming_up(Duration::ZERO).timing_out(GIVE_UP);
        let why = match reads::list_workloads(&client, load).await {
            Ok(report) => {
                cx.record("load", format!("ramp: {report}"), report.to_json());
                samples += report.sent;
                beyond(&report, slow)
            }
            Err(LoadError::NoSamples { failures, .. }) => Some(failures),
            // The client's machine is at its end before the platform is.
            Err(error @ LoadError::Saturated { .. }) => Some(error.to_string()),
            Err(error) => return Err(error.into()),
        };
        if let Some(why) = why {
            end = Some(format!("the knee is at {rate}/s, where {why}"));
            break;
        }
        carried = Some(rate);
    }
    // What was beyond the knee must not outlast it.
    let health = cx.gateway().workloads(&[]).await?;
    health.ok()?;
    let after = health.exchange.duration;
    cx.measure("reads_carried", carried.unwrap_or(0.0), "1/s");
    let end = end.unwrap_or_else(|| "no knee up to the last, which bounds the search".to_owned());
    let lowest = RATES[0];
    let text = format!(
        "ramp: carries {}/s, limit at least {lowest}/s, over {samples} samples; {end}; a read \
         afterwards took {after:.1?}",
        carried.unwrap_or(0.0)
    );
    judge(cx, text, json!({ "carriedPerSecond": carried }), carried.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(succeeded: u64, millis: u64) -> LoadReport {
        let mut report = LoadReport { sent: 100, succeeded, ..LoadReport::default() };
        (0..100).for_each(|_| report.response.record(Duration::from_millis(millis)));
        report
    }

    #[test]
    fn slow_answers_and_failures_are_beyond_the_knee() {
        assert_eq!(beyond(&of(100, 10), SLOW), None);
        assert!(beyond(&of(100, 350), SLOW).unwrap().starts_with("p90 is 350"));
        assert_eq!(beyond(&of(90, 10), SLOW).unwrap(), "90.0 % succeed");
    }
}
