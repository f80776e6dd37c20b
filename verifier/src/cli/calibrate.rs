//! `persys-verifier calibrate`, and what `--timeout-scale auto` makes of it.

use std::fmt;

use super::Exit;
use crate::calibration::{self, Calibration};

pub fn calibrate() -> Exit {
    match calibration::calibrate() {
        Ok(calibration) => {
            println!("{}", calibration.scale());
            eprintln!("{calibration} of the reference machine's time");
            Exit::Passed
        }
        Err(error) => {
            eprintln!("error: failed to measure this machine's speed: {error}");
            Exit::Environment
        }
    }
}

/// What budgets are multiplied by, as the command line says it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TimeoutScale {
    Fixed(f64),
    /// To be measured when the run starts.
    Auto,
}

/// A scale, and how it came to be if it was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resolved {
    pub scale: f64,
    pub measured: Option<Calibration>,
}

impl Default for TimeoutScale {
    fn default() -> Self {
        Self::Fixed(1.0)
    }
}

impl TimeoutScale {
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let scale: f64 = text.parse().map_err(|_| "is neither a number nor auto".to_owned())?;
        let sound = scale.is_finite() && (0.01..=1000.0).contains(&scale);
        sound.then_some(Self::Fixed(scale)).ok_or_else(|| "must be from 0.01 to 1000".to_owned())
    }

    pub fn resolve(self) -> Result<Resolved, calibration::CalibrationError> {
        match self {
            Self::Fixed(scale) => Ok(Resolved { scale, measured: None }),
            Self::Auto => {
                let measured = calibration::calibrate()?;
                Ok(Resolved { scale: measured.scale(), measured: Some(measured) })
            }
        }
    }
}

impl Resolved {
    /// The remark for all reports, where the machine is slow.
    pub fn note(&self) -> Option<String> {
        let measured = self.measured.filter(|_| self.scale > 1.0)?;
        let scale = self.scale;
        Some(format!("this machine is slow ({measured}): every budget is multiplied by {scale}"))
    }
}

impl fmt::Display for TimeoutScale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(scale) => scale.fmt(f),
            Self::Auto => f.write_str("auto"),
        }
    }
}
