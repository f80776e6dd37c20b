//! The rate is doubled until answers become slow: how much the platform carries.

use std::time::Duration;

use serde_json::json;

use super::{
    calibration::Calibration,
    reads::{self, median, timed},
    verdict::{judge, unless_saturated},
};
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    load::{LoadError, LoadReport, OpenLoop, Percentile},
    probe::LoadClient,
};

/// Of the steady rate of this run, which is what the machine itself is good for; the
/// last bounds the search.
const SHARES: [f64; 6] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0];
/// A platform that does not carry this share of it falls behind at once.
const LEAST_SHARE: f64 = 0.5;
/// And so many per second any platform carries, on the slowest machine that is measured on.
const LEAST: f64 = 25.0;
const STAGE: Duration = Duration::from_millis(1500);
const GIVE_UP: Duration = Duration::from_secs(2);
/// So many reads show how the platform answers afterwards; odd, so that the median is one of them.
const AFTERWARDS: usize = 9;
/// How long what was asked too much of may take until it answers as before.
const RECOVERY: Duration = Duration::from_secs(5);
/// Beyond the knee p90, or p50 where the samples support no more, is so many times
/// what it was at the first rate, at which nobody waits for anybody; at least
/// `SLOW`, below which the difference is the machine's.
const TIMES: u32 = 10;
const SLOW: Duration = Duration::from_millis(100);
/// However unhurried, an answer that takes so many times what asking nobody takes is
/// slow, unless it is quicker than `QUICK`: a platform cannot excuse itself with itself.
const TIMES_NULL: u32 = 50;
const QUICK: Duration = Duration::from_millis(250);

/// Why the search ended at a rate.
fn beyond(report: &LoadReport, slow: Duration) -> Option<String> {
    if report.success_rate() < 0.95 {
        return Some(format!("{:.1} % succeed", report.success_rate() * 100.0));
    }
    let (percentile, time) = report.response.highest(Percentile::P90)?;
    (time > slow).then(|| format!("{percentile} is {time:.1?}, limit {slow:.1?}"))
}

/// What is slow for a platform that answers like this when nobody waits, on a machine
/// on which asking nobody takes as long as that.
fn slow_beside(unhurried: &LoadReport, null: &LoadReport) -> Duration {
    let times = |report: &LoadReport, times: u32, least: Duration| {
        let usual = report.response.highest(Percentile::P90);
        usual.map_or(least, |(_, usual)| (usual * times).max(least))
    };
    times(unhurried, TIMES, SLOW).min(times(null, TIMES_NULL, QUICK))
}

pub async fn found(cx: &mut Context) -> StepResult {
    let Calibration { rate: steady, null_server: null, .. } = cx.get::<Calibration>()?;
    let (steady, null) = (*steady, null.clone());
    let client = reads::client(cx)?;
    let (mut carried, mut samples, mut end) = (None, 0, None);
    // By the first rate, at which nobody waits for anybody.
    let mut slow = None;
    let limit = (steady * LEAST_SHARE).max(LEAST);
    for rate in SHARES.map(|share| share * steady) {
        let load = OpenLoop::new(rate, STAGE).warming_up(Duration::ZERO).timing_out(GIVE_UP);
        let enough = carried >= Some(limit);
        let asked = match enough {
            true => reads::list_workloads(&client, load).await,
            false => unless_saturated(cx, || reads::list_workloads(&client, load)).await,
        };
        let why = match asked {
            Ok(report) => {
                cx.record("load", format!("ramp: {report}"), report.to_json());
                samples += report.sent;
                beyond(&report, *slow.get_or_insert_with(|| slow_beside(&report, &null)))
            }
            Err(LoadError::NoSamples { failures, .. }) => Some(failures),
            // The client's machine is at its end before the platform is, which may be good for more.
            Err(error @ LoadError::Saturated { .. }) if enough => Some(error.to_string()),
            Err(error) => return Err(error.into()),
        };
        if let Some(why) = why {
            end = Some(format!("the knee is at {rate}/s, where {why}"));
            break;
        }
        carried = Some(rate);
    }
    let slow = slow.unwrap_or_else(|| slow_beside(&LoadReport::default(), &null));
    let after = as_before(cx, &client, slow).await?;
    cx.measure("reads_carried", carried.unwrap_or(0.0), "1/s");
    let end = end.unwrap_or_else(|| "no knee up to the last, which bounds the search".to_owned());
    let carried = carried.unwrap_or(0.0);
    let text = format!(
        "ramp: carries {carried}/s, limit at least {limit}/s beside a steady {steady}/s, over \
         {samples} samples; {end}; {AFTERWARDS} reads afterwards took {after:.1?} \
         (median), limit {slow:.1?}"
    );
    judge(cx, text, json!({ "carriedPerSecond": carried }), carried >= limit)
}

/// What was beyond the knee must not outlast it: waits until the median of some reads, one after
/// the other, is not slow any more, which is what it comes to then.
async fn as_before(
    cx: &Context,
    client: &LoadClient,
    slow: Duration,
) -> Result<Duration, StepError> {
    let recovery = cx.scaled(RECOVERY, RECOVERY * 6);
    cx.wait_within("answers are as quick as at the first rate", recovery, || async {
        let mut times = Vec::new();
        for _ in 0..AFTERWARDS {
            match timed(client, "/workloads").await {
                Ok(time) => times.push(time),
                Err(error) => return Progress::unanswered(error),
            }
        }
        match median(times) {
            usual if usual <= slow => Progress::Ready(usual),
            usual => Progress::not_yet(format!("the median is {usual:.1?}, limit {slow:.1?}")),
        }
    })
    .await
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

    #[test]
    fn slow_is_many_times_the_usual_and_more_than_the_machine_s_own_doing() {
        let null = of(100, 1);
        assert_eq!(slow_beside(&of(100, 2), &null), SLOW);
        let usual = slow_beside(&of(100, 20), &null);
        assert!(usual > Duration::from_millis(195) && usual < Duration::from_millis(205));
        assert_eq!(slow_beside(&LoadReport::default(), &null), SLOW);
    }

    #[test]
    fn a_platform_that_is_always_slow_cannot_excuse_itself_with_itself() {
        let always = of(100, 400);
        let slow = slow_beside(&always, &of(100, 1));
        assert_eq!(slow, QUICK);
        assert!(beyond(&always, slow).is_some());
    }
}
