//! What the platform under test says of itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Serialize};

/// Parts of the contract that a platform may lack, marked **\[feature\]** there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    Delete,
    DesiredState,
    ReconciliationApi,
    RequestId,
    IdentityRoles,
    Hmac,
    Oauth,
    LeasedDiscovery,
    Failover,
}

impl Feature {
    pub const ALL: [Self; 9] = [
        Self::Delete,
        Self::DesiredState,
        Self::ReconciliationApi,
        Self::RequestId,
        Self::IdentityRoles,
        Self::Hmac,
        Self::Oauth,
        Self::LeasedDiscovery,
        Self::Failover,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::DesiredState => "desired-state",
            Self::ReconciliationApi => "reconciliation-api",
            Self::RequestId => "request-id",
            Self::IdentityRoles => "identity-roles",
            Self::Hmac => "hmac",
            Self::Oauth => "oauth",
            Self::LeasedDiscovery => "leased-discovery",
            Self::Failover => "failover",
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Platform {
    /// Shown in reports.
    pub name: String,
    /// What this platform has. Steps that need a feature that is not here are skipped.
    pub features: BTreeSet<Feature>,
    /// The platform's own names for the metrics of contract §7, where they differ.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, String>,
}

impl Platform {
    pub fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }

    /// The platform's name for a metric of the contract.
    pub fn metric<'a>(&'a self, name: &'a str) -> &'a str {
        self.metrics.get(name).map_or(name, String::as_str)
    }
}
