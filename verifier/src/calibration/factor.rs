//! From what was measured to the factor for budgets.

use std::fmt;

use super::Sample;

/// A machine that is slower than this is given no more time: then something is wrong.
pub const SCALE_MAX: f64 = 20.0;

/// What was measured, and what follows for budgets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    pub measured: Sample,
}

impl Calibration {
    /// For `--timeout-scale`: the slowest part counts, since a wait may be of any
    /// of them. From 1 to [`SCALE_MAX`], rounded up to a tenth.
    pub fn scale(&self) -> f64 {
        let slowest = self.ratios().into_iter().map(|(_, ratio)| ratio).fold(1.0, f64::max);
        ((slowest * 10.0 - 1e-9).ceil() / 10.0).clamp(1.0, SCALE_MAX)
    }

    /// Each part against the reference machine; 2 is half as fast.
    pub fn ratios(&self) -> [(&'static str, f64); 3] {
        let (own, reference) = (self.measured, Sample::REFERENCE);
        [
            ("digests", own.digest_ms / reference.digest_ms),
            ("handshakes", own.handshakes_ms / reference.handshakes_ms),
            ("process starts", own.processes_ms / reference.processes_ms),
        ]
    }
}

/// `digests ×1.1, handshakes ×0.9, process starts ×1.3`
impl fmt::Display for Calibration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (name, ratio)) in self.ratios().into_iter().enumerate() {
            let comma = if n > 0 { ", " } else { "" };
            write!(f, "{comma}{name} ×{ratio:.1}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(digests: f64, handshakes: f64, processes: f64) -> Calibration {
        let Sample { digest_ms, handshakes_ms, processes_ms } = Sample::REFERENCE;
        Calibration {
            measured: Sample {
                digest_ms: digest_ms * digests,
                handshakes_ms: handshakes_ms * handshakes,
                processes_ms: processes_ms * processes,
            },
        }
    }

    #[test]
    fn the_slowest_part_counts_within_the_bounds() {
        assert_eq!(times(0.3, 0.5, 0.2).scale(), 1.0);
        assert_eq!(times(1.0, 1.0, 1.0).scale(), 1.0);
        assert_eq!(times(1.0, 2.0, 7.31).scale(), 7.4);
        assert_eq!(times(400.0, 2.0, 7.0).scale(), SCALE_MAX);
        assert_eq!(times(f64::INFINITY, 1.0, 1.0).scale(), SCALE_MAX);
    }

    #[test]
    fn the_parts_are_told() {
        let text = times(1.12, 0.9, 3.0).to_string();
        assert_eq!(text, "digests ×1.1, handshakes ×0.9, process starts ×3.0");
    }

    #[test]
    fn one_slow_round_does_not_count() {
        let round = |ms: f64| Sample { digest_ms: ms, handshakes_ms: ms, processes_ms: ms };
        assert_eq!(Sample::median(&[round(900.0), round(2.0), round(3.0)]), round(3.0));
    }
}
