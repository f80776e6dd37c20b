//! A lease: a fault with an end.

use std::{fmt, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Fault;

/// Names a lease. The client may choose it, so that it can release a lease whose
/// answer it never got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LeaseId(pub Uuid);

impl LeaseId {
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for LeaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// The body of `POST /v1/leases`. A second request with the same id is answered
/// with the lease of the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeaseRequest {
    pub fault: Fault,
    pub ttl_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<LeaseId>,
}

/// The body of `PUT /v1/leases/{id}`: the new time to live, from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RenewRequest {
    pub ttl_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeaseState {
    /// The fault is being put in place.
    Injecting,
    /// The fault is in effect.
    Active,
    /// The fault is being taken back.
    Healing,
    /// The fault is gone; it was looked after.
    Healed,
    /// The fault could not be taken back; it is tried again and again.
    HealFailed,
}

/// Why a lease ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// By `DELETE`.
    Released,
    /// Its time was up.
    Expired,
    /// The daemon found it when it started again.
    Recovered,
    /// The daemon was told to end.
    Shutdown,
    /// The fault could not be put in place.
    NotInjected,
}

/// How the healing went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Healing {
    /// What was seen when the fault was gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
    /// Why the last attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub attempts: u32,
    /// From the end of the lease to the end of the last attempt.
    pub took_ms: u64,
}

impl Healing {
    pub fn succeeded(&self) -> bool {
        self.error.is_none()
    }
}

/// The end of a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
    pub at: Timestamp,
    pub how: Ending,
    pub healing: Healing,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lease {
    pub id: LeaseId,
    pub fault: Fault,
    pub state: LeaseState,
    /// When the order came.
    pub created_at: Timestamp,
    /// Since when the fault is in effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

impl Lease {
    /// The bounds of a lease's time to live.
    pub const SHORTEST: Duration = Duration::from_millis(100);
    pub const LONGEST: Duration = Duration::from_secs(600);
}

/// The answer to `GET /v1/leases`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaseList {
    /// Those whose fault is, or may be, in effect: also those that could not be healed yet.
    pub active: Vec<Lease>,
    /// The last hundred that ended, the latest first.
    pub ended: Vec<Lease>,
}
