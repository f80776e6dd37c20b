//! What a lab is made of, as data. The outermost process plans it, PID 1 of the
//! lab and of each machine carry it out; it travels between them as JSON.

mod component;
mod event;
mod file;
mod machine;

pub use component::{ComponentSpec, ImageSpec, Part, Readiness, RestartPolicy};
pub use event::{Event, Order};
pub use file::FileSpec;
pub use machine::{DiskSpec, LabSpec, MachineSpec};
