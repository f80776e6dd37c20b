//! Who may call over mutual TLS (contract §4, Mutual TLS).

use axum::{
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::Response,
};
use persys_contract::{ErrorCode, Role};
use persys_identity::{Peer, Refusal};

use crate::{Metrics, http::ApiError};

/// The roles that a listener serves.
#[derive(Clone)]
pub struct RoleGate {
    served: &'static [Role],
    metrics: Metrics,
}

impl RoleGate {
    pub fn new(served: &'static [Role], metrics: &Metrics) -> Self {
        Self { served, metrics: metrics.clone() }
    }
}

/// Lets only the served roles through; to be laid over the whole router of a
/// mutual TLS listener with `from_fn_with_state(gate, require_role)`, best in
/// [`framed_around`](crate::http::framed_around).
pub async fn require_role(
    State(gate): State<RoleGate>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let peer = request.extensions().get::<ConnectInfo<Peer>>().map(|info| &info.0);
    let role = peer.and_then(|peer| peer.role);
    if role.is_some_and(|role| gate.served.contains(&role)) {
        return Ok(next.run(request).await);
    }
    crate::defect!("scheduler-lets-any-role-order" => if request.method() != axum::http::Method::GET {
        return Ok(next.run(request).await);
    });
    crate::defect!("gateway-serves-any-role" => return Ok(next.run(request).await));
    crate::defect!("scheduler-serves-any-role" => return Ok(next.run(request).await));
    let reason = ErrorCode::RoleNotAllowed.as_str();
    gate.metrics.count_rejection(reason);
    let shown = role.map_or("none", Role::as_str);
    let address = peer.map(|peer| peer.address.to_string());
    let subject = peer.map(|peer| peer.subject.as_str());
    tracing::warn!(reason, peer = address, role = shown, subject, "refused a role");
    Err(ApiError::new(
        ErrorCode::RoleNotAllowed,
        format!("the certificate's role ({shown}) may not call this service"),
    ))
}

/// What a mutual TLS listener calls for everyone it turns away in the handshake.
pub fn refusal_recorder(metrics: &Metrics) -> impl Fn(Refusal) + Send + Sync + 'static {
    let metrics = metrics.clone();
    move |refusal| {
        let reason = refusal.reason.as_str();
        metrics.count_rejection(reason);
        let peer = refusal.peer.to_string();
        crate::defect!("refusal-logged-without-reason" => {
            tracing::warn!(peer, "refused a connection");
            return;
        });
        tracing::warn!(reason, peer, detail = refusal.detail, "refused a connection");
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware::from_fn_with_state, routing::get};
    use tower::ServiceExt;

    use super::*;
    use crate::http::framed;

    async fn status(role: Option<Role>) -> (u16, String) {
        let metrics = Metrics::new("test").unwrap();
        let gate = RoleGate::new(Role::SERVED_BY_GATEWAY, &metrics);
        let router = Router::new()
            .route("/", get(async || "in"))
            .layer(from_fn_with_state(gate, require_role));
        let mut request = Request::builder().uri("/").body(Body::empty()).unwrap();
        let address = "10.0.0.1:1".parse().unwrap();
        let peer = Peer { address, role, subject: "CN=x".to_owned() };
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = framed(router, &metrics).oneshot(request).await.unwrap();
        (response.status().as_u16(), metrics.text())
    }

    #[tokio::test]
    async fn only_the_served_roles_come_in() {
        for role in Role::ALL {
            let expected = if Role::SERVED_BY_GATEWAY.contains(&role) { 200 } else { 403 };
            assert_eq!(status(Some(role)).await.0, expected, "{role}");
        }
        let (code, metrics) = status(None).await;
        assert_eq!(code, 403);
        assert!(metrics.contains(r#"{reason="role_not_allowed",service="test"} 1"#), "{metrics}");
    }
}
