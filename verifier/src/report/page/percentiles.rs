//! Percentiles of a handful of samples, which say when there are too few.

/// Samples beyond a percentile that make it worth a figure.
const BEYOND: f64 = 10.0;

/// The nearest-rank percentile; absent with fewer than ten samples beyond it, of
/// which a figure would be an accident. `sorted` is in ascending order.
pub fn percentile(sorted: &[f64], percent: f64) -> Option<f64> {
    let count = sorted.len() as f64;
    if count * (1.0 - percent / 100.0) < BEYOND - 1e-9 {
        return None;
    }
    let rank = (percent / 100.0 * count).ceil().max(1.0);
    sorted.get(rank as usize - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn too_few_samples_give_no_figure() {
        let samples: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(percentile(&samples, 50.0), Some(50.0));
        assert_eq!(percentile(&samples, 90.0), Some(90.0));
        assert_eq!(percentile(&samples, 99.0), None);
        assert_eq!(percentile(&samples[..19], 50.0), None);
        assert_eq!(percentile(&[], 50.0), None);
    }
}
