//! What the programs of a machine are called: as services of it, to whoever breaks them, and in logs
//! and metrics (`service_name`).

pub const GATEWAY: &str = "api-gateway";
pub const SCHEDULER: &str = "prow-scheduler";
pub const AGENT: &str = "persys-agent";
pub const DOCKER: &str = "docker";
pub const ETCD: &str = "etcd";
pub const DNS: &str = "coredns";
