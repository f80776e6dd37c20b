//! A server that does nothing, on the client's machine: what asking costs without the platform.

use std::net::{IpAddr, SocketAddrV4};

use persys_contract::topology::MachineRole;

use crate::{context::Context, evidence::StepError, load::NullServer, probe::LoadClient};

/// The server, which ends when it is dropped, and a client of it. Absent where there is no key
/// to certify one.
pub async fn null_server(cx: &Context) -> Result<Option<(NullServer, LoadClient)>, StepError> {
    let probes = cx.probes();
    let Some(authority) = probes.authority()? else { return Ok(None) };
    let ip = cx.topology().one(MachineRole::Client).1.address;
    let server = NullServer::start(IpAddr::V4(ip), &authority)
        .await
        .map_err(|error| StepError::error(format!("failed to start a null server: {error}")))?;
    let client = probes.load_client(SocketAddrV4::new(ip, server.address().port()))?;
    Ok(Some((server, client)))
}
