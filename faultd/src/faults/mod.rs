//! The faults themselves, one file each.

mod component;
mod container_memory;
mod descriptors;
mod effects;
mod fill_disk;
mod hog;
mod link;
mod packet_rules;
mod probe;
mod shape;
mod shape_script;

pub use container_memory::ContainerMemory;
pub use effects::{MachineEffects, Place};
pub use fill_disk::DiskLimits;
pub use hog::{HogTask, hold};
pub use link::Links;
pub use probe::{Probed, probe};
pub use shape::Shapes;

#[cfg(test)]
pub(crate) use component::Components;
pub(crate) use descriptors::Descriptors;
pub(crate) use fill_disk::Disks;
pub(crate) use hog::Hogs;
