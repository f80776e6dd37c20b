//! What a lease does to the machine.

use async_trait::async_trait;

use crate::{
    protocol::{Fault, LeaseId},
    refused::Refused,
};

/// Puts faults in place and takes them back.
#[async_trait]
pub trait Effects: Send + Sync + 'static {
    /// Refuses what makes no sense here or cannot be done. Changes nothing.
    async fn check(&self, fault: &Fault) -> Result<(), Refused>;

    /// Puts a fault in place and looks that it is there.
    async fn inject(&self, id: LeaseId, fault: &Fault) -> Result<(), Refused>;

    /// Takes a fault back, and looks that it is gone; tells what it saw. Must do no
    /// harm when the fault is not there, or only in part: it is also called for
    /// what an earlier process began.
    async fn heal(&self, id: LeaseId, fault: &Fault) -> Result<String, String>;
}
