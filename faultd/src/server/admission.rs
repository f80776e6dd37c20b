//! Lets in only the role `chaos`, and only for this topology.

use axum::{
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use persys_contract::Role;
use persys_identity::Peer;

use super::api::Shared;
use crate::{
    protocol::{RefusalCode, TOPOLOGY_HEADER},
    refused::Refused,
};

/// Stands before every route, those that do not exist included.
pub(super) async fn admit(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
    next: Next,
) -> Response {
    if let Err(refused) = judge(&shared, &peer, &request) {
        tracing::warn!(peer = %peer.address, subject = peer.subject, reason = %refused.code,
            path = request.uri().path(), "request refused");
        return refused.into_response();
    }
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let answer = next.run(request).await;
    tracing::debug!(peer = %peer.address, %method, path, status = answer.status().as_u16(),
        "request answered");
    answer
}

fn judge(shared: &Shared, peer: &Peer, request: &Request) -> Result<(), Refused> {
    if peer.role != Some(Role::Chaos) {
        let error = "only the role chaos may order faults";
        return Err(Refused::new(RefusalCode::RoleNotAllowed, error));
    }
    let mut named = request.headers().get_all(TOPOLOGY_HEADER).iter();
    if named.next().is_none_or(|token| token.as_bytes() != shared.token.as_bytes())
        || named.next().is_some()
    {
        let error = format!("the header {TOPOLOGY_HEADER} does not name this machine's topology");
        return Err(Refused::new(RefusalCode::WrongTopology, error));
    }
    Ok(())
}
