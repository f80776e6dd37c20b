//! The bisection as a user runs it, on real git, with a stand-in for the lab that
//! answers in milliseconds. The lab itself bisects in its own tests.

mod bisection;
mod ended;
mod judge;
mod platform;
mod vm;

use platform::{Platform, STEP};
