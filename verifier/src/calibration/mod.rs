//! How slow this machine is against ordinary hardware, measured on the spot.
//!
//! Every budget of the plan holds for ordinary hardware. Where there is no KVM, or
//! the machine is slow or shared, each is multiplied by a factor; guessed, it is
//! either too small or hides what has become slow. So known work is done and held
//! against what it takes on the reference machine ([`Sample::REFERENCE`]).

mod factor;
mod sample;
mod work;

pub use factor::{Calibration, SCALE_MAX};
pub use sample::Sample;
pub use work::{CalibrationError, calibrate};
