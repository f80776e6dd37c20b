//! What every handler needs.

use std::sync::Arc;

use crate::docker::{Engine, EngineWatch};
use crate::workloads::Workloads;

/// The agent's parts as its handlers see them.
#[derive(Clone)]
pub struct Agent {
    pub node_id: Arc<str>,
    pub engine: Engine,
    pub watch: EngineWatch,
    pub workloads: Workloads,
}

impl Agent {
    pub fn new(node_id: &str, engine: Engine, watch: EngineWatch, workloads: Workloads) -> Self {
        Self { node_id: node_id.into(), engine, watch, workloads }
    }
}
