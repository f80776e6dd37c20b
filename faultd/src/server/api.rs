//! The routes and what they answer.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::StatusCode,
    middleware::from_fn_with_state,
    routing::{get, post, put},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{actions, admission::admit, json_body::JsonBody};
use crate::{
    backend::Backend,
    faults::Probed,
    leases::Keeper,
    machine::{Containers, figures_of},
    protocol::{
        Action, ActionResult, Capabilities, Capability, ComponentReport, Lease, LeaseId, LeaseList,
        LeaseRequest, LogChunk, RefusalCode, RenewRequest,
    },
    refused::Refused,
};

/// What every request can reach.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) machine: Arc<str>,
    pub(super) token: Arc<str>,
    pub(super) backend: Arc<dyn Backend>,
    pub(super) keeper: Keeper,
    pub(super) containers: Containers,
    pub(super) probed: Probed,
}

impl Shared {
    /// Whether there is an engine on this machine, which need not run now.
    pub(super) async fn has_docker(&self) -> bool {
        self.containers.exist() || self.backend.find(DOCKER).await.is_ok()
    }
}

/// The name of the engine among the components.
const DOCKER: &str = "docker";

pub(super) fn router(shared: Shared) -> Router {
    Router::new()
        .route("/v1/capabilities", get(capabilities))
        .route("/v1/components", get(components))
        .route("/v1/components/{name}/logs", get(logs))
        .route("/v1/leases", post(take_lease).get(list_leases))
        .route("/v1/leases/{id}", put(renew_lease).delete(release_lease))
        .route("/v1/actions", post(act))
        .fallback(async || Refused::new(RefusalCode::NotFound, "there is nothing at this path"))
        .method_not_allowed_fallback(async || {
            Refused::new(RefusalCode::MethodNotAllowed, "this path takes other methods")
        })
        .layer(from_fn_with_state(shared.clone(), admit))
        .with_state(shared)
}

/// Runs to its end even if the caller goes away: an order must not stop half-way.
async fn detached<T: Send + 'static>(
    work: impl Future<Output = Result<T, Refused>> + Send + 'static,
) -> Result<T, Refused> {
    let outcome = tokio::spawn(work).await;
    outcome.unwrap_or_else(|_| Err(Refused::failed("the order broke off")))
}

async fn capabilities(State(shared): State<Shared>) -> Json<Capabilities> {
    let has = |capability| shared.probed.lack(capability).is_none();
    Json(Capabilities {
        machine: shared.machine.to_string(),
        backend: shared.backend.kind(),
        nft: has(Capability::Nft),
        nft_egress: shared.probed.nft_egress.is_none(),
        loss: has(Capability::Loss),
        netem: has(Capability::Netem),
        tbf: has(Capability::Tbf),
        docker: shared.has_docker().await,
        container_memory: has(Capability::ContainerMemory),
    })
}

async fn components(State(shared): State<Shared>) -> Result<Json<Vec<ComponentReport>>, Refused> {
    let mut reports = Vec::new();
    for component in shared.backend.list().await? {
        let figures = if component.state.has_processes() {
            let processes = shared.backend.processes(&component).await;
            let sum = tokio::task::spawn_blocking(move || figures_of(processes));
            sum.await.ok().flatten()
        } else {
            None
        };
        reports.push(ComponentReport { component, figures });
    }
    Ok(Json(reports))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogRange {
    #[serde(default)]
    offset: u64,
    max: Option<u64>,
}

async fn logs(
    State(shared): State<Shared>,
    name: Result<Path<String>, PathRejection>,
    range: Result<Query<LogRange>, QueryRejection>,
) -> Result<Json<LogChunk>, Refused> {
    let Query(range) =
        range.map_err(|error| Refused::new(RefusalCode::BadRequest, error.body_text()))?;
    let component = shared.backend.find(&segment(name)?).await?;
    let max = range.max.unwrap_or(LogChunk::MAX_BYTES);
    Ok(Json(shared.backend.logs(&component, range.offset, max).await?))
}

async fn take_lease(
    State(shared): State<Shared>,
    JsonBody(request): JsonBody<LeaseRequest>,
) -> Result<(StatusCode, Json<Lease>), Refused> {
    let lease = detached(async move {
        let ttl = Duration::from_millis(request.ttl_ms);
        shared.keeper.take(request.fault, ttl, request.id).await
    });
    Ok((StatusCode::CREATED, Json(lease.await?)))
}

async fn list_leases(State(shared): State<Shared>) -> Json<LeaseList> {
    Json(shared.keeper.list().await)
}

async fn renew_lease(
    State(shared): State<Shared>,
    id: Result<Path<String>, PathRejection>,
    JsonBody(request): JsonBody<RenewRequest>,
) -> Result<Json<Lease>, Refused> {
    let lease =
        shared.keeper.renew(lease_id(&segment(id)?)?, Duration::from_millis(request.ttl_ms));
    lease.await.map(Json)
}

async fn release_lease(
    State(shared): State<Shared>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Lease>, Refused> {
    let id = lease_id(&segment(id)?)?;
    detached(async move { shared.keeper.release(id).await }).await.map(Json)
}

async fn act(
    State(shared): State<Shared>,
    JsonBody(action): JsonBody<Action>,
) -> Result<Json<ActionResult>, Refused> {
    detached(async move { actions::act(&shared, action).await }).await.map(Json)
}

fn segment(path: Result<Path<String>, PathRejection>) -> Result<String, Refused> {
    let refused = |error: PathRejection| Refused::new(RefusalCode::BadRequest, error.body_text());
    path.map(|Path(segment)| segment).map_err(refused)
}

fn lease_id(text: &str) -> Result<LeaseId, Refused> {
    Uuid::try_parse(text)
        .map(LeaseId)
        .map_err(|_| Refused::new(RefusalCode::UnknownLease, "this cannot be a lease's id"))
}
