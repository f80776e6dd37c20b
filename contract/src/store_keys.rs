//! Where the platform keeps its state in etcd (contract §2).

/// The keys, made in one place so that scheduler and witness agree.
pub struct StoreKeys;

impl StoreKeys {
    pub const NODES: &'static str = "/nodes/";
    pub const WORKLOADS: &'static str = "/workloads/";

    pub fn node(id: &str) -> String {
        format!("{}{id}", Self::NODES)
    }

    pub fn workload(id: &str) -> String {
        format!("{}{id}", Self::WORKLOADS)
    }
}
