//! The topology file: one description of the machines that Nix, the lab and the
//! verifier read (design, "One topology, two back ends").

mod file;
mod image;
mod machine;
mod platform;
mod ports;
mod timings;
mod validate;

pub use file::{RequestAuthentication, ServiceSecurity, Topology};
pub use image::TestImage;
pub use machine::{Machine, MachineRole};
pub use platform::{Feature, Platform};
pub use ports::Ports;
pub use timings::Timings;
pub use validate::TopologyError;
