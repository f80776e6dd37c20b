//! The platform's wire contract: what travels between its components, how a
//! request is signed, and the topology file that names the machines.
//!
//! The crate does no I/O and takes no clock: the caller passes bytes and time.
//! Section numbers in the documentation refer to `docs/contract.md`.

mod agent_api;
mod cluster;
pub mod component;
mod discovery;
mod error_body;
mod headers;
mod node;
mod placement;
#[cfg(any(test, feature = "properties"))]
pub mod properties;
mod reconciliation;
mod role;
mod signing;
mod status;
mod store_keys;
pub mod topology;
mod workload;

pub use agent_api::{
    AgentHealth, ComposeClone, ComposeRun, ContainerEntry, ContainerList, DockerRun, QueuedReply,
    RUN_ONCE_LABEL, WORKLOAD_LABEL,
};
pub use cluster::{ClusterMetrics, GatewayHealth, SchedulerInfo, WorkloadTotals};
pub use discovery::{AddressRecord, Discovery, ServiceRecord};
pub use error_body::{ErrorBody, ErrorCode};
pub use headers::{REQUEST_ID, REQUEST_ID_MAX, SERVICE_NAME, is_acceptable_request_id};
pub use node::{
    ContainerEngine, Heartbeat, NODE_ID_RULE, Node, NodeList, NodeStatus, NodeUsage,
    RegistrationReply, is_node_id,
};
pub use placement::labels_match;
pub use reconciliation::{
    DesiredStateChange, ReconcileAction, ReconcileResult, ReconciliationStats, StatsReply,
    TriggerReply, TriggerResults,
};
pub use role::{Role, UnknownRole};
pub use signing::{
    NONCE_HEADER, NONCE_MEMORY, SIGNATURE_HEADER, SIGNATURE_WINDOW, SignatureError, SignatureKey,
    SignedHeaders, TIMESTAMP_HEADER,
};
pub use status::{DesiredState, WorkloadStatus};
pub use store_keys::StoreKeys;
pub use workload::{
    ImagePort, InvalidWorkload, MAX_BODY_BYTES, PortMapping, RestartPolicy, ScheduleReply,
    Workload, WorkloadMetadata, WorkloadResources, WorkloadType,
};
