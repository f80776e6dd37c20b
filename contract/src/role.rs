//! The roles that a client certificate can bear (contract §4).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What the bearer of a certificate is. Written as the URI subject alternative
/// name `spiffe://persys.local/<role>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Gateway,
    Prow,
    Client,
    Operator,
    /// May order faults of `persys-faultd`, and nothing else.
    Chaos,
    EtcdClient,
}

impl Role {
    pub const ALL: [Self; 6] =
        [Self::Gateway, Self::Prow, Self::Client, Self::Operator, Self::Chaos, Self::EtcdClient];

    /// The roles that the gateway serves.
    pub const SERVED_BY_GATEWAY: &'static [Self] = &[Self::Client, Self::Operator];
    /// The roles that the scheduler's mutual TLS listener serves.
    pub const SERVED_BY_SCHEDULER: &'static [Self] = &[Self::Gateway, Self::Operator];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Prow => "prow",
            Self::Client => "client",
            Self::Operator => "operator",
            Self::Chaos => "chaos",
            Self::EtcdClient => "etcd-client",
        }
    }

    /// The URI that a certificate of this role bears.
    pub fn uri(self) -> String {
        format!("spiffe://persys.local/{self}")
    }

    /// The role that a URI names, if it is one of the contract's form.
    pub fn from_uri(uri: &str) -> Option<Self> {
        uri.strip_prefix("spiffe://persys.local/")?.parse().ok()
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names none of the roles.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a role; the roles are gateway, prow, client, operator, chaos, etcd-client")]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_survives_its_uri() {
        for role in Role::ALL {
            assert_eq!(Role::from_uri(&role.uri()), Some(role));
        }
    }

    #[test]
    fn other_uris_name_no_role() {
        for uri in [
            "spiffe://persys.local/admin",
            "spiffe://other/client",
            "client",
            "spiffe://persys.local/client/x",
        ] {
            assert_eq!(Role::from_uri(uri), None, "{uri}");
        }
    }
}
