//! The ports that the components listen on (contract §1).

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Ports {
    /// Mutual TLS.
    pub gateway: u16,
    /// Plain: health and metrics.
    pub gateway_plain: u16,
    /// Mutual TLS.
    pub scheduler: u16,
    /// Plain: signed registration, health and metrics.
    pub scheduler_plain: u16,
    pub agent: u16,
    pub etcd: u16,
    /// UDP and TCP.
    pub dns: u16,
    pub docker: u16,
    pub faultd: u16,
    pub github: u16,
}

impl Default for Ports {
    fn default() -> Self {
        Self {
            gateway: 8551,
            gateway_plain: 8085,
            scheduler: 8085,
            scheduler_plain: 8084,
            agent: 8080,
            etcd: 2379,
            dns: 53,
            docker: 2376,
            faultd: 7077,
            github: 443,
        }
    }
}

impl Ports {
    /// Every port with its field's name.
    pub fn named(&self) -> [(&'static str, u16); 10] {
        [
            ("gateway", self.gateway),
            ("gatewayPlain", self.gateway_plain),
            ("scheduler", self.scheduler),
            ("schedulerPlain", self.scheduler_plain),
            ("agent", self.agent),
            ("etcd", self.etcd),
            ("dns", self.dns),
            ("docker", self.docker),
            ("faultd", self.faultd),
            ("github", self.github),
        ]
    }
}
