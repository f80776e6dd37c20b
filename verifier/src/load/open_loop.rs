//! The generator: requests arrive when they are due, whether or not earlier ones
//! were answered, as users do. A closed loop would ask less while the platform
//! stalls, and so measure the stall once instead of for everyone who waited.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, sleep_until, timeout_at},
};

use super::{Failure, Latencies, LoadReport, Percentile};

/// Why a stretch of load says nothing about the platform.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LoadError {
    #[error(
        "send at {rate:.0}/s: the generator is saturated: its own slip is {percentile} {slip:?}, \
         limit {limit:?}, over {samples} samples"
    )]
    Saturated { rate: f64, percentile: String, slip: Duration, limit: Duration, samples: u64 },
    #[error("measure at {rate:.0}/s: there are no samples; {failures}")]
    NoSamples { rate: f64, failures: String },
    #[error("generate load: {0}")]
    Setup(String),
}

/// A stretch of load at a fixed arrival rate.
#[derive(Clone, Copy, Debug)]
pub struct OpenLoop {
    /// Arrivals per second.
    pub rate: f64,
    /// How long requests arrive, the warm-up not included.
    pub duration: Duration,
    /// Requests that arrive before it is over are sent and do not count.
    pub warm_up: Duration,
    /// At most so many are sent and unanswered; more wait their turn, and the wait
    /// counts, because the response time begins at the intended send time.
    pub in_flight: usize,
    /// From the intended send time on; then a request is given up.
    pub timeout: Duration,
}

/// A generator whose own lateness is more than this share of the service times
/// measures itself. Lateness counts in the response, so that it can make an answer
/// look slow and never quick; it is therefore no part of what it is compared with.
const SLIP_SHARE: f64 = 0.5;
/// So late a generator may always be: a fiftieth of what the strategy allows for an
/// answer, and the turn of a busy scheduler.
const SLIP_FLOOR: Duration = Duration::from_millis(100);
/// And so late never: a tenth of what the strategy allows for an answer.
const SLIP_CEILING: Duration = Duration::from_millis(500);

impl OpenLoop {
    /// A warm-up of a second, 64 in flight, and ten seconds for each.
    pub fn new(rate: f64, duration: Duration) -> Self {
        Self {
            rate,
            duration,
            warm_up: Duration::from_secs(1),
            in_flight: 64,
            timeout: Duration::from_secs(10),
        }
    }

    #[must_use]
    pub fn warming_up(self, warm_up: Duration) -> Self {
        Self { warm_up, ..self }
    }

    #[must_use]
    pub fn in_flight(self, in_flight: usize) -> Self {
        Self { in_flight, ..self }
    }

    #[must_use]
    pub fn timing_out(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Sends the requests; `send` is called with each one's number. Ends at most
    /// `timeout` after the last arrival. What is still under way when the returned
    /// future is dropped is dropped with it.
    pub async fn run<F, Sent>(&self, mut send: F) -> Result<LoadReport, LoadError>
    where
        F: FnMut(u64) -> Sent,
        Sent: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        let (unmeasured, total) = self.arrivals()?;
        let places = Arc::new(Semaphore::new(self.in_flight));
        let start = Instant::now();
        let mut under_way = JoinSet::new();
        let mut report =
            LoadReport { rate: self.rate, warm_up: self.warm_up, ..LoadReport::default() };
        for number in 0..total {
            let intended = start + Duration::from_secs_f64(number as f64 / self.rate);
            sleep_until(intended).await;
            let measured = number >= unmeasured;
            if measured {
                report.slip.record(intended.elapsed());
            }
            let request =
                one(send(number), places.clone(), intended, intended + self.timeout, measured);
            under_way.spawn(request);
        }
        let first = start + Duration::from_secs_f64(unmeasured as f64 / self.rate);
        while let Some(end) = under_way.join_next().await {
            let end = end.map_err(|error| LoadError::Setup(error.to_string()))?;
            if end.measured {
                report.elapsed = report.elapsed.max(end.at.saturating_duration_since(first));
                count(&mut report, end);
            }
        }
        self.judge(report)
    }

    /// How many arrive during the warm-up, and how many in all.
    fn arrivals(&self) -> Result<(u64, u64), LoadError> {
        if !(self.rate.is_finite() && self.rate > 0.0) || self.in_flight == 0 {
            return Err(LoadError::Setup(format!(
                "{} arrivals per second with {} in flight is no load",
                self.rate, self.in_flight
            )));
        }
        let within = |duration: Duration| (duration.as_secs_f64() * self.rate).round() as u64;
        let unmeasured = within(self.warm_up);
        Ok((unmeasured, unmeasured + within(self.duration)))
    }

    fn judge(&self, report: LoadReport) -> Result<LoadReport, LoadError> {
        let slip = tail(&report.slip);
        let service = tail(&report.service).map_or(Duration::ZERO, |(_, service)| service);
        let limit = service.mul_f64(SLIP_SHARE).clamp(SLIP_FLOOR, SLIP_CEILING);
        if let Some((percentile, slip)) = slip
            && slip > limit
        {
            let (rate, samples) = (self.rate, report.slip.count());
            return Err(LoadError::Saturated { rate, percentile, slip, limit, samples });
        }
        if report.succeeded == 0 {
            let failures = report.failed.iter().map(|(why, count)| format!("{count} × {why}"));
            let failures = failures.collect::<Vec<_>>().join(", ");
            let failures =
                if failures.is_empty() { "nothing was sent".to_owned() } else { failures };
            return Err(LoadError::NoSamples { rate: self.rate, failures });
        }
        Ok(report)
    }
}

/// The highest percentile up to p99 that the samples support, or else the largest.
fn tail(times: &Latencies) -> Option<(String, Duration)> {
    let supported = times.highest(Percentile::P99);
    let supported = supported.map(|(percentile, time)| (percentile.to_string(), time));
    supported.or_else(|| Some(("max".to_owned(), times.max()?)))
}

/// How one request ended.
struct End {
    measured: bool,
    result: Result<(), Failure>,
    timed_out: bool,
    response: Duration,
    /// Absent when its turn never came.
    service: Option<Duration>,
    at: Instant,
}

async fn one(
    request: impl Future<Output = Result<(), Failure>>,
    places: Arc<Semaphore>,
    intended: Instant,
    deadline: Instant,
    measured: bool,
) -> End {
    let mut sent = None;
    let answer = timeout_at(deadline, async {
        // The semaphore is never closed.
        let _place = places.acquire().await;
        sent = Some(Instant::now());
        request.await
    })
    .await;
    let at = Instant::now();
    let timed_out = answer.is_err();
    End {
        measured,
        result: answer.unwrap_or_else(|_| Err(Failure::TIMED_OUT.into())),
        timed_out,
        response: at - intended,
        service: sent.map(|sent| at - sent),
        at,
    }
}

fn count(report: &mut LoadReport, end: End) {
    report.sent += 1;
    let success = end.result.is_ok();
    match end.result {
        Ok(()) => report.succeeded += 1,
        Err(failure) => *report.failed.entry(failure).or_default() += 1,
    }
    if success || end.timed_out {
        report.response.record(end.response);
        if let Some(service) = end.service {
            report.service.record(service);
        }
    }
}

#[cfg(test)]
#[path = "open_loop_tests.rs"]
mod tests;
