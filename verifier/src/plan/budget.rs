//! How long a step may take, derived from the platform's own timings.

use std::{fmt, time::Duration};

use persys_contract::topology::Timings;

/// How many of which interval.
type Part = (u32, &'static str, fn(&Timings) -> f64);

/// A base plus multiples of the platform's intervals, so that a scenario holds
/// for the lab's short intervals and for production's long ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    base_ms: u64,
    heartbeats: u32,
    monitors: u32,
    reconciles: u32,
    node_timeouts: u32,
    discoveries: u32,
}

impl Budget {
    pub const fn seconds(seconds: u64) -> Self {
        Self::millis(seconds * 1000)
    }

    pub const fn millis(base_ms: u64) -> Self {
        Self {
            base_ms,
            heartbeats: 0,
            monitors: 0,
            reconciles: 0,
            node_timeouts: 0,
            discoveries: 0,
        }
    }

    #[must_use]
    pub const fn plus_heartbeats(mut self, n: u32) -> Self {
        self.heartbeats += n;
        self
    }

    #[must_use]
    pub const fn plus_monitors(mut self, n: u32) -> Self {
        self.monitors += n;
        self
    }

    #[must_use]
    pub const fn plus_reconciles(mut self, n: u32) -> Self {
        self.reconciles += n;
        self
    }

    #[must_use]
    pub const fn plus_node_timeouts(mut self, n: u32) -> Self {
        self.node_timeouts += n;
        self
    }

    #[must_use]
    pub const fn plus_discoveries(mut self, n: u32) -> Self {
        self.discoveries += n;
        self
    }

    /// The budget on a platform with these timings, times `scale`.
    pub fn resolve(&self, timings: &Timings, scale: f64) -> Duration {
        let seconds = self.base_ms as f64 / 1000.0
            + self.parts().iter().map(|(n, _, of)| f64::from(*n) * of(timings)).sum::<f64>();
        Duration::from_secs_f64((seconds * scale).clamp(0.001, 1e7))
    }

    fn parts(&self) -> [Part; 5] {
        [
            (self.heartbeats, "heartbeat", |t| t.heartbeat_interval),
            (self.monitors, "monitor", |t| t.monitor_interval),
            (self.reconciles, "reconcile", |t| t.reconcile_interval),
            (self.node_timeouts, "node timeout", |t| t.node_timeout),
            (self.discoveries, "discovery", |t| t.discovery_interval),
        ]
    }
}

/// `10s + 2 × reconcile`
impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s", self.base_ms as f64 / 1000.0)?;
        for (n, name, _) in self.parts() {
            if n > 0 {
                write!(f, " + {n} × {name}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_follows_the_timings_and_the_scale() {
        let budget = Budget::seconds(10).plus_reconciles(2).plus_heartbeats(1);
        let timings = Timings::PRODUCTION;
        assert_eq!(budget.resolve(&timings, 1.0), Duration::from_secs(10 + 240 + 30));
        assert_eq!(budget.resolve(&timings, 0.5), Duration::from_secs(140));
        assert_eq!(budget.to_string(), "10s + 1 × heartbeat + 2 × reconcile");
    }

    #[test]
    fn every_interval_counts() {
        let budget = Budget::millis(500).plus_monitors(1).plus_node_timeouts(1).plus_discoveries(1);
        assert_eq!(
            budget.resolve(&Timings::PRODUCTION, 1.0),
            Duration::from_millis(500 + 60_000 + 300_000 + 60_000)
        );
    }
}
