//! When this machine stood still, so that no answer is called late for it.
//!
//! A virtual machine's processor can be taken away for a second and more, and a machine that
//! writes back its memory can hold its processes for as long. Whatever is measured across such
//! a moment says nothing about the platform. So somebody who has nothing to do but to wake up
//! in time watches each processor, and one more the runtime in which the probes wait.

mod gaps;
mod witness;

pub use witness::Standstills;
