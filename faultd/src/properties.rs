//! What holds for any input, said once for the property tests and the fuzz targets.

use std::fmt::Debug;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    leases::StateFile,
    protocol::{
        Action, ActionResult, Capabilities, Component, Fault, Lease, LeaseList, LeaseRequest,
        LogChunk, RefusalBody, RenewRequest,
    },
    supervisor::{Request, Response},
};

/// Whatever travels between the daemon, its client and the supervisor, and what the daemon
/// keeps, is refused or means what it says: written again it is read as the same.
///
/// # Panics
/// When it is not.
pub fn protocol(bytes: &[u8]) {
    same_again::<LeaseRequest>(bytes);
    same_again::<RenewRequest>(bytes);
    same_again::<Action>(bytes);
    same_again::<ActionResult>(bytes);
    same_again::<Lease>(bytes);
    same_again::<LeaseList>(bytes);
    same_again::<LogChunk>(bytes);
    same_again::<Capabilities>(bytes);
    same_again::<Component>(bytes);
    same_again::<RefusalBody>(bytes);
    same_again::<Request>(bytes);
    same_again::<Response>(bytes);
    if let Some(fault) = same_again::<Fault>(bytes) {
        // It stands in logs, on one line.
        assert!(!fault.to_string().is_empty());
    }
    if let Err(error) = StateFile::leases_in(bytes) {
        assert!(error.to_string().contains(" line "), "{error}");
    }
}

fn same_again<T: DeserializeOwned + Serialize + PartialEq + Debug>(bytes: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(bytes).ok()?;
    let text = serde_json::to_vec(&value).unwrap();
    assert_eq!(serde_json::from_slice::<T>(&text).unwrap(), value);
    Some(value)
}
