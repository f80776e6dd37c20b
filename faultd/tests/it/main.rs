//! The daemon as a process of its own, with real certificates, real packets and real
//! processes, in namespaces that are gone with the test. Needs root.

#[macro_use]
mod isolation;

mod access;
mod components;
mod containers;
mod hostile;
mod leases;
mod links;
mod recovery;
mod resources;
mod shaping;

mod daemon;
mod network;
mod supervisor;
mod world;
