//! Which changes are more than noise.

/// 1.4826 times the median of deviations is the standard deviation of normal noise.
const TO_SIGMA: f64 = 1.4826;
/// A change of so many standard deviations is none of chance: among some hundred
/// figures, less than one in a thousand comparisons has one.
const SIGMAS: f64 = 5.0;
/// Below this ratio nobody cares, however still the machines were.
const LEAST_RATIO: f64 = 1.5;

/// What two runs have in common, learnt from all pairs of one kind: how much quicker
/// one of the machines was, and how far a pair usually lies from that.
#[derive(Clone, Copy, Debug)]
pub struct Noise {
    shift: f64,
    reach: f64,
}

impl Noise {
    /// Of (base, new); pairs without a ratio tell nothing.
    pub fn of(pairs: &[(f64, f64)]) -> Self {
        let logs: Vec<f64> = pairs.iter().filter_map(|pair| log_ratio(*pair)).collect();
        let shift = median(logs.clone());
        let spread = median(logs.iter().map(|log| (log - shift).abs()).collect());
        Self { shift, reach: (SIGMAS * TO_SIGMA * spread).max(LEAST_RATIO.ln()) }
    }

    /// Of figures too few to learn it from: told is what doubled or halved.
    pub const UNKNOWN: Self = Self { shift: 0.0, reach: std::f64::consts::LN_2 };

    /// Whether the new is so much more or less than all others made expect. Where there was
    /// nothing, anything is.
    pub fn is_beyond(&self, pair: (f64, f64)) -> bool {
        match log_ratio(pair) {
            Some(log) => (log - self.shift).abs() > self.reach,
            None => pair.0 != pair.1,
        }
    }

    /// By how much the new is more or less than all others made expect; of nothing there is no
    /// ratio.
    pub fn ratio(&self, pair: (f64, f64)) -> Option<f64> {
        log_ratio(pair).map(|log| (log - self.shift).exp())
    }

    /// How many times as much the new run has of everything.
    pub fn shift(&self) -> f64 {
        self.shift.exp()
    }

    /// The least ratio that is told.
    pub fn reach(&self) -> f64 {
        self.reach.exp()
    }
}

fn log_ratio((base, new): (f64, f64)) -> Option<f64> {
    (base > 0.0 && new > 0.0).then(|| (new / base).ln())
}

/// 0 of nothing.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[middle],
        _ => (values[middle - 1] + values[middle]) / 2.0,
    }
}
