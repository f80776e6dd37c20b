//! What travels between the outermost process and PID 1 of the lab, one JSON
//! value per line: orders inwards, events outwards.

use persys_faultd::supervisor::Component;
use serde::{Deserialize, Serialize};

use super::LabSpec;

/// The end of the stream is an order too: to end at once.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "kebab-case")]
pub enum Order {
    /// The first one.
    Start(Box<LabSpec>),
    /// Stop everything in order, then end.
    Stop,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The switch and all links are there.
    Network,
    /// A machine's supervisor answers.
    Machine { machine: String },
    /// A component has changed its state.
    Component { machine: String, component: Component },
    /// Something that no component is to blame for; the lab is of no use any more.
    Failed { what: String },
}
