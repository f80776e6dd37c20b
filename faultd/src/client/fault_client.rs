//! Orders faults of one machine.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use persys_contract::topology::Topology;
use persys_identity::LoadedCredentials;
use reqwest::Method;
use tokio::{runtime::Handle, sync::oneshot};
use tokio_util::task::TaskTracker;

use super::{FaultError, LeaseGuard, connection::Connection};
use crate::protocol::{
    Action, ActionResult, Capabilities, ComponentReport, Fault, Lease, LeaseId, LeaseList,
    LeaseRequest, LogChunk, RefusalCode, RenewRequest,
};

/// The client of one machine's daemon. Clones share their connections.
#[derive(Clone)]
pub struct FaultClient {
    connection: Arc<Connection>,
    /// Of guards that were dropped.
    releases: TaskTracker,
}

impl FaultClient {
    /// Prepares a client; nothing is sent yet. The credentials must bear the role
    /// `chaos`, and `token` must be the topology's.
    pub fn new(
        machine: &str,
        address: SocketAddr,
        credentials: &LoadedCredentials,
        token: &str,
    ) -> Result<Self, FaultError> {
        let connection = Connection::new(machine, address, credentials, token)?;
        let releases = TaskTracker::new();
        // Only a closed one can be waited for, and it takes tasks all the same.
        releases.close();
        Ok(Self { connection: Arc::new(connection), releases })
    }

    /// A client of a machine of the topology.
    pub fn of_machine(
        topology: &Topology,
        machine: &str,
        credentials: &LoadedCredentials,
    ) -> Result<Self, FaultError> {
        let found = topology.machines.get(machine).ok_or_else(|| FaultError::Setup {
            machine: machine.to_owned(),
            detail: "the topology has no such machine".to_owned(),
        })?;
        let address = SocketAddr::from((found.address, topology.ports.faultd));
        Self::new(machine, address, credentials, &topology.token)
    }

    pub fn machine(&self) -> &str {
        self.connection.machine()
    }

    pub async fn capabilities(&self) -> Result<Capabilities, FaultError> {
        self.connection.get("/v1/capabilities").await
    }

    /// The machine's components, each with its figures while it has processes.
    pub async fn components(&self) -> Result<Vec<ComponentReport>, FaultError> {
        self.connection.get("/v1/components").await
    }

    /// One component of the machine.
    pub async fn component(&self, name: &str) -> Result<ComponentReport, FaultError> {
        let all = self.components().await?;
        all.into_iter().find(|report| report.component.name == name).ok_or_else(|| {
            FaultError::Refused {
                machine: self.machine().to_owned(),
                code: RefusalCode::UnknownComponent,
                error: format!("no component is called \"{name}\""),
            }
        })
    }

    /// At most `max` bytes of a component's log, from a byte offset on. With `max` 0
    /// the answer's `size` tells where the log ends now.
    pub async fn logs(
        &self,
        component: &str,
        offset: u64,
        max: u64,
    ) -> Result<LogChunk, FaultError> {
        let path = format!("/v1/components/{component}/logs?offset={offset}&max={max}");
        self.connection.get(&path).await
    }

    /// Puts a fault in place and keeps it there until the guard heals it or is dropped.
    ///
    /// A fault whose guard was dropped is healed before. May be cancelled: a fault whose guard
    /// nobody takes is released.
    ///
    /// # Errors
    /// [`FaultError::Unsupported`] when the machine cannot do it.
    pub async fn inject(&self, fault: Fault, ttl: Duration) -> Result<LeaseGuard, FaultError> {
        self.releases.wait().await;
        let id = LeaseId::random();
        let request = LeaseRequest { fault, ttl_ms: millis(ttl), id: Some(id) };
        let client = self.clone();
        let (sender, receiver) = oneshot::channel();
        // The request runs to its end even if the caller goes away, and the guard,
        // if nobody takes it, releases the lease.
        tokio::spawn(async move {
            let answer = client
                .connection
                .send_json::<Lease>(Method::POST, "/v1/leases", &request, Connection::PATIENT)
                .await;
            let guard = match answer {
                Ok(lease) => Ok(LeaseGuard::new(client, lease, ttl)),
                Err(error) => {
                    if error.is_unreachable() {
                        // It may be in place all the same; if this fails too, its time runs out.
                        let _ = client.release(id).await;
                    }
                    Err(error)
                }
            };
            let _ = sender.send(guard);
        });
        receiver.await.unwrap_or_else(|_| {
            Err(FaultError::Unreachable {
                machine: self.machine().to_owned(),
                detail: "the request was given up".to_owned(),
            })
        })
    }

    /// Gives a lease more time, from now.
    pub async fn renew(&self, id: LeaseId, ttl: Duration) -> Result<Lease, FaultError> {
        let body = RenewRequest { ttl_ms: millis(ttl) };
        let path = format!("/v1/leases/{id}");
        self.connection.send_json(Method::PUT, &path, &body, Connection::QUICK).await
    }

    /// Ends a lease and waits until its fault is healed. Of a lease that has ended
    /// already it tells how.
    pub async fn release(&self, id: LeaseId) -> Result<Lease, FaultError> {
        self.connection.delete(&format!("/v1/leases/{id}"), Connection::PATIENT).await
    }

    /// The same without waiting. What this client orders next waits for it.
    pub(super) fn release_in_background(&self, id: LeaseId) {
        // Without a runtime nothing can be sent; the lease then runs out.
        if let Ok(runtime) = Handle::try_current() {
            let client = self.clone();
            self.releases.spawn_on(async move { client.release(id).await }, &runtime);
        }
    }

    pub async fn leases(&self) -> Result<LeaseList, FaultError> {
        self.connection.get("/v1/leases").await
    }

    /// Does something once, with no healing.
    pub async fn act(&self, action: Action) -> Result<ActionResult, FaultError> {
        self.releases.wait().await;
        self.connection.send_json(Method::POST, "/v1/actions", &action, Connection::PATIENT).await
    }
}

impl fmt::Debug for FaultClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultClient").field("machine", &self.machine()).finish_non_exhaustive()
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
