//! The state in etcd (contract §2). Every call ends within two seconds, and every
//! change of a record is a compare-and-swap on its revision, so that nothing is
//! lost between schedulers and nothing comes back after it was deleted.

mod claims;
mod connection;
mod documents;
mod error;
mod history;
mod leases;
mod nodes;
mod schedulers;
mod stats;
mod watch;
mod workloads;

pub use connection::Connection;
pub use documents::{Changed, Record};
pub use error::StoreError;
pub use leases::Renewal;
pub use schedulers::LEADER;
pub use watch::{Watched, watch_workloads};
pub use workloads::Created;

/// All that is kept in etcd.
#[derive(Clone)]
pub struct Store {
    connection: std::sync::Arc<Connection>,
    held: claims::Held,
}

impl Store {
    /// Drops every workload.
    #[cfg(feature = "defects")]
    pub async fn forget_workloads(&self) -> Result<(), StoreError> {
        for record in self.workloads().await? {
            self.remove_workload(&record).await?;
        }
        Ok(())
    }

    pub fn new(connection: Connection) -> Self {
        Self { connection: std::sync::Arc::new(connection), held: claims::Held::default() }
    }
}
