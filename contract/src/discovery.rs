//! Service discovery records, as CoreDNS reads them from etcd (contract §5).

use serde::{Deserialize, Serialize};

/// Priority and weight of a scheduler's SRV record, and the TTL in seconds of all records.
const PRIORITY: u16 = 10;
const WEIGHT: u16 = 10;
const TTL_SECONDS: u32 = 2;

/// A scheduler's SRV record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceRecord {
    pub host: String,
    pub port: u16,
    pub priority: u16,
    pub weight: u16,
    /// Seconds.
    pub ttl: u32,
}

impl ServiceRecord {
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port, priority: PRIORITY, weight: WEIGHT, ttl: TTL_SECONDS }
    }
}

/// An address record, of a scheduler or of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressRecord {
    pub host: String,
    /// Seconds.
    pub ttl: u32,
}

impl AddressRecord {
    pub fn new(host: impl Into<String>) -> Self {
        Self { host: host.into(), ttl: TTL_SECONDS }
    }
}

/// Names and keys of one discovery domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovery {
    domain: String,
    service: String,
}

impl Discovery {
    /// The label under which schedulers register (`DISCOVERY_SERVICE`).
    pub const SERVICE: &'static str = "_prow-scheduler";
    /// How long a scheduler's records outlive it at most, in seconds.
    pub const LEASE_SECONDS: i64 = 15;

    pub fn new(domain: &str) -> Self {
        Self::with_service(domain, Self::SERVICE)
    }

    /// With another label than [`Self::SERVICE`] (`DISCOVERY_SERVICE`).
    pub fn with_service(domain: &str, service: &str) -> Self {
        let domain = domain.trim_matches('.').to_owned();
        Self { domain, service: service.trim_matches('.').to_owned() }
    }

    /// The name to ask for SRV records.
    pub fn service_name(&self) -> String {
        format!("{}.{}", self.service, self.domain)
    }

    /// The name to ask for addresses when there is no SRV record.
    pub fn scheduler_name(&self) -> String {
        format!("scheduler.{}", self.domain)
    }

    pub fn node_name(&self, node: &str) -> String {
        format!("{node}.{}", self.domain)
    }

    /// The prefix of all SRV keys; ends with a slash.
    pub fn service_prefix(&self) -> String {
        format!("{}/{}/", self.base(), self.service)
    }

    pub fn service_key(&self, instance: &str) -> String {
        format!("{}{instance}", self.service_prefix())
    }

    /// The prefix of all scheduler address keys; ends with a slash.
    pub fn scheduler_prefix(&self) -> String {
        format!("{}/scheduler/", self.base())
    }

    pub fn scheduler_key(&self, instance: &str) -> String {
        format!("{}{instance}", self.scheduler_prefix())
    }

    pub fn node_key(&self, node: &str) -> String {
        format!("{}/{node}", self.base())
    }

    /// `/skydns/local/persys` for the domain `persys.local`.
    fn base(&self) -> String {
        let reversed: Vec<_> = self.domain.split('.').rev().collect();
        format!("/skydns/{}", reversed.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_names_are_the_contract_s() {
        let discovery = Discovery::new("persys.local");
        assert_eq!(discovery.service_key("prow1"), "/skydns/local/persys/_prow-scheduler/prow1");
        assert_eq!(discovery.scheduler_key("prow1"), "/skydns/local/persys/scheduler/prow1");
        assert_eq!(discovery.node_key("agent1"), "/skydns/local/persys/agent1");
        assert_eq!(discovery.service_name(), "_prow-scheduler.persys.local");
    }

    #[test]
    fn the_service_s_label_can_be_another() {
        let discovery = Discovery::with_service("test.local.", "_sched");
        assert_eq!(discovery.service_name(), "_sched.test.local");
        assert_eq!(discovery.service_key("a"), "/skydns/local/test/_sched/a");
    }

    #[test]
    fn records_are_written_as_the_contract_shows_them() {
        let record = serde_json::to_string(&ServiceRecord::new("10.0.0.1", 8085)).unwrap();
        assert_eq!(record, r#"{"host":"10.0.0.1","port":8085,"priority":10,"weight":10,"ttl":2}"#);
        let record = serde_json::to_string(&AddressRecord::new("10.0.0.1")).unwrap();
        assert_eq!(record, r#"{"host":"10.0.0.1","ttl":2}"#);
    }
}
