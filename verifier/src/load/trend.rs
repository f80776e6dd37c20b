//! Whether a figure grows from round to round, and how sure that is.

use std::fmt;

/// A straight line through one value for each of several equal rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// Growth per round, by least squares.
    pub slope: f64,
    /// Half the width of the 95 % confidence interval of the slope.
    pub margin: f64,
    pub rounds: usize,
}

/// What a trend says about growth that is not tolerated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// Even the interval's upper end is tolerated.
    None,
    /// The interval holds both: more rounds would tell.
    Unsure,
    /// Even the interval's lower end is more than tolerated.
    Certain,
}

impl Trend {
    /// `None` with fewer than four rounds, whose interval would say nothing.
    pub fn of(values: &[f64]) -> Option<Self> {
        let rounds = values.len();
        if rounds < 4 {
            return None;
        }
        let n = rounds as f64;
        let mean_x = (n - 1.0) / 2.0;
        let mean_y = values.iter().sum::<f64>() / n;
        let points = || values.iter().enumerate().map(|(x, y)| (x as f64 - mean_x, y - mean_y));
        let spread: f64 = points().map(|(x, _)| x * x).sum();
        let slope = points().map(|(x, y)| x * y).sum::<f64>() / spread;
        let residual: f64 = points().map(|(x, y)| (y - slope * x).powi(2)).sum();
        let error = (residual / (n - 2.0) / spread).sqrt();
        Some(Self { slope, margin: error * student(rounds - 2), rounds })
    }

    pub fn low(&self) -> f64 {
        self.slope - self.margin
    }

    pub fn high(&self) -> f64 {
        self.slope + self.margin
    }

    pub fn growth(&self, tolerated: f64) -> Growth {
        if self.low() > tolerated {
            Growth::Certain
        } else if self.high() <= tolerated {
            Growth::None
        } else {
            Growth::Unsure
        }
    }
}

/// Student's t for a two-sided interval of 95 %.
fn student(freedom: usize) -> f64 {
    const T: [f64; 18] = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
        2.145, 2.131, 2.120, 2.110, 2.101,
    ];
    // Larger tables go on towards 1.96; the last entry errs on the wide side.
    T[(freedom.max(1) - 1).min(T.len() - 1)]
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Unsure => "unsure",
            Self::Certain => "certain",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_straight_line_is_certain() {
        let trend = Trend::of(&[10.0, 12.0, 14.0, 16.0, 18.0]).unwrap();
        assert!((trend.slope - 2.0).abs() < 1e-9 && trend.margin < 1e-6, "{trend:?}");
        assert_eq!(trend.growth(1.0), Growth::Certain);
        assert_eq!(trend.growth(3.0), Growth::None);
    }

    #[test]
    fn a_textbook_s_interval_comes_out() {
        // Slope 0.8, residual variance 3.6/3, spread 10, t(3) = 3.182.
        let trend = Trend::of(&[1.0, 3.0, 2.0, 5.0, 4.0]).unwrap();
        assert!((trend.slope - 0.8).abs() < 1e-9, "{trend:?}");
        let expected = 3.182 * (3.6_f64 / 3.0 / 10.0).sqrt();
        assert!((trend.margin - expected).abs() < 1e-3, "{trend:?}, {expected}");
        assert_eq!(trend.growth(0.5), Growth::Unsure);
    }

    #[test]
    fn few_rounds_say_nothing() {
        assert_eq!(Trend::of(&[1.0, 2.0, 3.0]), None);
    }

    proptest! {
        #[test]
        fn a_steady_leak_is_found_in_noise_and_noise_alone_is_none(
            noise in proptest::collection::vec(-1.0_f64..1.0, 10),
            level in 0.0_f64..1e6,
        ) {
            let leaking: Vec<f64> =
                noise.iter().enumerate().map(|(i, n)| level + 5.0 * i as f64 + n).collect();
            prop_assert_eq!(Trend::of(&leaking).unwrap().growth(1.0), Growth::Certain);
            let steady: Vec<f64> = noise.iter().map(|n| level + n).collect();
            prop_assert_ne!(Trend::of(&steady).unwrap().growth(1.0), Growth::Certain);
        }
    }
}
