//! What a stretch of load showed.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde_json::{Value, json};

use super::Latencies;

/// Why a request did not succeed, in few words: failures of the same words are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure(pub String);

impl Failure {
    /// Given up, waiting for its turn included.
    pub const TIMED_OUT: &str = "no answer in time";
}

impl<T: Into<String>> From<T> for Failure {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The figures of a stretch of load, its warm-up left out.
#[derive(Clone, Debug, Default)]
pub struct LoadReport {
    /// Intended arrivals per second.
    pub rate: f64,
    /// Left out at the beginning.
    pub warm_up: Duration,
    /// How many were sent, and how many came to which end.
    pub sent: u64,
    pub succeeded: u64,
    pub failed: BTreeMap<Failure, u64>,
    /// From the intended send time. What timed out counts as long as it was waited
    /// for; other failures, which may be quick, do not count here.
    pub response: Latencies,
    /// From the moment when the request was really sent.
    pub service: Latencies,
    /// How late the generator itself was.
    pub slip: Latencies,
    /// From the first intended send time to the last answer.
    pub elapsed: Duration,
}

impl LoadReport {
    /// Successful answers per second.
    pub fn achieved(&self) -> f64 {
        if self.elapsed.is_zero() {
            return 0.0;
        }
        self.succeeded as f64 / self.elapsed.as_secs_f64()
    }

    /// Of those that were sent, from 0 to 1.
    pub fn success_rate(&self) -> f64 {
        if self.sent == 0 { 0.0 } else { self.succeeded as f64 / self.sent as f64 }
    }

    pub fn to_json(&self) -> Value {
        let failed: BTreeMap<_, _> = self.failed.iter().map(|(why, n)| (&why.0, n)).collect();
        json!({
            "ratePerSecond": self.rate,
            "achievedPerSecond": self.achieved(),
            "warmUpSeconds": self.warm_up.as_secs_f64(),
            "elapsedSeconds": self.elapsed.as_secs_f64(),
            "sent": self.sent,
            "succeeded": self.succeeded,
            "failed": failed,
            "responseMs": self.response.to_json(),
            "serviceMs": self.service.to_json(),
            "generatorSlipMs": self.slip.to_json(),
        })
    }
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} at {:.0}/s (achieved {:.1}/s): response {}; service {}; generator slip {}",
            self.succeeded,
            self.sent,
            self.rate,
            self.achieved(),
            self.response,
            self.service,
            self.slip
        )?;
        for (why, count) in &self.failed {
            write!(f, "; {count} × {why}")?;
        }
        Ok(())
    }
}
