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

    /// Brings to its end what may be half-way: who runs the components may still be
    /// stopping one on the order of a daemon that is gone, and would not hear of a
    /// start before it is done. Called before the healing of a fault of which it is
    /// not known whether it took effect.
    async fn settle(&self, fault: &Fault);

    /// Takes a fault back, and looks that it is gone; tells what it saw. Must do no
    /// harm when the fault is not there, or only in part: it is also called for
    /// what an earlier process began.
    async fn heal(&self, id: LeaseId, fault: &Fault) -> Result<String, String>;
}
