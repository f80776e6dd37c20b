//! The axes of a chart.

use serde::Serialize;

/// Units of the drawing, with room for the texts at its edges.
pub const WIDTH: f64 = 960.0;
pub const HEIGHT: f64 = 260.0;
pub const LEFT: f64 = 70.0;
pub const BOTTOM: f64 = 24.0;

#[derive(Debug, Serialize)]
pub struct Line {
    pub at: f64,
    pub text: String,
}

/// From values to heights, by their logarithm.
pub struct LogScale {
    low: f64,
    high: f64,
}

impl LogScale {
    /// From the power of ten below the smallest value to the one above the largest.
    pub fn around(values: impl Iterator<Item = f64> + Clone) -> Self {
        let low = values.clone().fold(f64::INFINITY, f64::min).clamp(1e-3, 1e9);
        let high = values.fold(0.0, f64::max).clamp(1e-3, 1e9);
        let (low, high) = (low.log10().floor(), high.log10().ceil());
        Self { low, high: high.max(low + 1.0) }
    }

    pub fn y(&self, value: f64) -> f64 {
        let share = (value.max(1e-3).log10() - self.low) / (self.high - self.low);
        round((HEIGHT - BOTTOM) * (1.0 - share.clamp(0.0, 1.0)))
    }

    /// A line for each power of ten.
    pub fn lines(&self, text: impl Fn(f64) -> String) -> Vec<Line> {
        (self.low as i32..=self.high as i32)
            .map(|power| 10f64.powi(power))
            .map(|value| Line { at: self.y(value), text: text(value) })
            .collect()
    }
}

/// From times to places.
pub fn x(at: f64, whole: f64) -> f64 {
    round(LEFT + (at / whole.max(1.0)).clamp(0.0, 1.0) * (WIDTH - LEFT))
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_ten_bound_the_values() {
        let scale = LogScale::around([3.0, 40.0].into_iter());
        let lines = scale.lines(|value| value.to_string());
        let told: Vec<_> = lines.iter().map(|line| (line.text.as_str(), line.at)).collect();
        assert_eq!(told, [("1", 236.0), ("10", 118.0), ("100", 0.0)]);
        assert_eq!(scale.y(0.0), 236.0);
        let flat = LogScale::around([10.0].into_iter());
        assert_eq!(flat.y(10.0), 236.0);
    }
}
