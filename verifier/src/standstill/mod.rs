//! When this machine stood still, so that no answer is called late for it.
//!
//! A processor can be taken away from a virtual machine, or from this process, for tenths of a
//! second. Whatever is measured across such a moment says nothing about the platform. So
//! somebody who has nothing to do but to wake up in time watches each processor, and one more
//! the runtime in which the probes wait.

mod gaps;
mod witness;

pub use witness::Standstills;
