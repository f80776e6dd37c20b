//! Times in a histogram, from which only percentiles are read that the samples support.

use std::{fmt, time::Duration};

use hdrhistogram::Histogram;
use serde_json::{Value, json};

/// Values are kept to this many significant digits.
const DIGITS: u8 = 3;
/// In microseconds. What is outside counts as the bound itself.
const SHORTEST: u64 = 1;
const LONGEST: u64 = 60_000_000;

/// A percentile, in thousandths so that nothing is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percentile(u32);

impl Percentile {
    pub const P50: Self = Self(500);
    pub const P90: Self = Self(900);
    pub const P99: Self = Self(990);
    pub const P999: Self = Self(999);
    pub const ALL: [Self; 4] = [Self::P50, Self::P90, Self::P99, Self::P999];

    /// Below this number of samples the percentile is one sample's luck: ten times
    /// 1/(1−p), so that ten samples lie beyond it.
    pub fn samples_needed(self) -> u64 {
        10 * 1000 / u64::from(1000 - self.0)
    }
}

/// `p99.9`
impl fmt::Display for Percentile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}", f64::from(self.0) / 10.0)
    }
}

/// Times from 1 µs to 60 s, with three significant digits.
#[derive(Clone, Debug)]
pub struct Latencies(Histogram<u64>);

impl Default for Latencies {
    fn default() -> Self {
        let histogram = Histogram::new_with_bounds(SHORTEST, LONGEST, DIGITS);
        Self(histogram.expect("the bounds are in order and the digits few"))
    }
}

impl Latencies {
    pub fn record(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.0.saturating_record(micros.clamp(SHORTEST, LONGEST));
    }

    /// Adds the samples of another histogram; percentiles themselves cannot be added.
    pub fn merge(&mut self, other: &Self) {
        self.0.add(&other.0).expect("all histograms have the same bounds");
    }

    pub fn count(&self) -> u64 {
        self.0.len()
    }

    pub fn max(&self) -> Option<Duration> {
        (!self.0.is_empty()).then(|| Duration::from_micros(self.0.max()))
    }

    /// `None` below the number of samples that the percentile needs.
    pub fn at(&self, percentile: Percentile) -> Option<Duration> {
        (self.count() >= percentile.samples_needed())
            .then(|| Duration::from_micros(self.0.value_at_quantile(f64::from(percentile.0) / 1e3)))
    }

    /// The highest percentile up to this one that the samples support.
    pub fn highest(&self, up_to: Percentile) -> Option<(Percentile, Duration)> {
        let supported = Percentile::ALL.into_iter().rev().filter(|p| *p <= up_to);
        supported.into_iter().find_map(|percentile| Some((percentile, self.at(percentile)?)))
    }

    /// How many samples are at least this long.
    pub fn at_least(&self, time: Duration) -> u64 {
        let micros = u64::try_from(time.as_micros()).unwrap_or(LONGEST).min(LONGEST);
        self.0.count_between(micros, LONGEST)
    }

    /// In milliseconds; a percentile without enough samples says so.
    pub fn to_json(&self) -> Value {
        let mut fields = serde_json::Map::new();
        fields.insert("count".to_owned(), self.count().into());
        for percentile in Percentile::ALL {
            let value = match self.at(percentile) {
                Some(time) => json!(time.as_secs_f64() * 1e3),
                None => json!(format!("not enough samples ({})", self.wanting(percentile))),
            };
            fields.insert(percentile.to_string(), value);
        }
        fields.insert("max".to_owned(), json!(self.max().map(|max| max.as_secs_f64() * 1e3)));
        fields.into()
    }

    fn wanting(&self, percentile: Percentile) -> String {
        format!("{} of {}", self.count(), percentile.samples_needed())
    }
}

/// `p50 2.1 ms, p90 4.0 ms, p99 9.8 ms, p99.9 not enough samples (1000 of 10000), max 12.3 ms`
impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(max) = self.max() else { return f.write_str("no samples") };
        for percentile in Percentile::ALL {
            match self.at(percentile) {
                Some(time) => write!(f, "{percentile} {}, ", Millis(time))?,
                None => {
                    write!(f, "{percentile} not enough samples ({}), ", self.wanting(percentile))?;
                }
            }
        }
        write!(f, "max {}", Millis(max))
    }
}

struct Millis(Duration);

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} ms", self.0.as_secs_f64() * 1e3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(millis: impl IntoIterator<Item = u64>) -> Latencies {
        let mut latencies = Latencies::default();
        millis.into_iter().for_each(|ms| latencies.record(Duration::from_millis(ms)));
        latencies
    }

    #[test]
    fn a_percentile_needs_ten_samples_beyond_it() {
        let needed: Vec<_> = Percentile::ALL.iter().map(|p| p.samples_needed()).collect();
        assert_eq!(needed, [20, 100, 1000, 10_000]);
        assert_eq!(of(0..99).at(Percentile::P90), None);
        assert!(of(0..100).at(Percentile::P90).is_some());
        let (highest, _) = of(0..999).highest(Percentile::P999).unwrap();
        assert_eq!(highest, Percentile::P90);
        assert_eq!(of(0..5000).highest(Percentile::P50).unwrap().0, Percentile::P50);
        assert!(of(0..19).highest(Percentile::P999).is_none());
    }

    #[test]
    fn three_digits_are_kept_from_a_microsecond_to_a_minute() {
        let mut all = of(1..=1000);
        let p99 = all.at(Percentile::P99).unwrap().as_secs_f64();
        assert!((p99 - 0.99).abs() < 0.001, "{p99}");
        all.record(Duration::ZERO);
        all.record(Duration::from_secs(3600));
        assert_eq!(all.count(), 1002);
        let max = all.max().unwrap().as_secs_f64();
        assert!((max - 60.0).abs() < 0.06, "{max}");
        assert_eq!(all.at_least(Duration::from_secs(30)), 1);
    }

    #[test]
    fn no_sample_is_no_time() {
        let none = Latencies::default();
        assert_eq!(none.max(), None);
        assert_eq!(none.to_string(), "no samples");
        assert_eq!(none.to_json()["max"], Value::Null);
    }

    #[test]
    fn histograms_are_merged_by_their_samples() {
        let mut all = of([1; 60]);
        all.merge(&of([100; 40]));
        assert_eq!(all.count(), 100);
        assert!(all.at(Percentile::P90).unwrap() > Duration::from_millis(99));
        assert_eq!(
            all.to_string(),
            "p50 1.0 ms, p90 100.0 ms, p99 not enough samples (100 of 1000), \
             p99.9 not enough samples (100 of 10000), max 100.0 ms"
        );
        assert_eq!(all.to_json()["p99.9"], "not enough samples (100 of 10000)");
    }
}
