//! Compose projects: fetched, read, labelled and brought up by the real `docker-compose` and
//! `git` (contract §3.3).
//!
//! A project is brought up in three steps. Its source is fetched into a folder of the agent's
//! (or is a folder of the node); the program resolves the compose file with the order's
//! variables (`docker-compose config`); and what it resolved, with the workload's labels laid
//! over it, is brought up (`docker-compose up`). Stopping, starting and removing need no
//! program: they go by the labels that the program gave to what it made.

mod environment;
mod fault;
mod files;
mod git;
mod message;
mod model;
mod name;
mod overlay;
mod preparation;
mod process;
mod program;
mod project;
mod spec;
mod store;
mod toolbox;
mod wanted;

pub use fault::ProjectFault;
#[cfg(test)]
pub use model::Service;
pub use name::project_name;
pub use preparation::Prepared;
pub use project::{Project, SERVICE_LABEL};
pub use spec::{ProjectSpec, Source};
pub use store::ProjectStore;
pub use toolbox::Compose;
pub use wanted::Wanted;
