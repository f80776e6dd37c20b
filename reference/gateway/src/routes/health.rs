//! `GET /health` (contract §3.1).

use axum::{Json, extract::State};
use persys_contract::GatewayHealth;
use persys_reference_base::defect;

use super::Context;
use crate::{SERVICE, upstream::Health};

/// Always 200: it speaks of the gateway. `status` is `degraded` while no
/// scheduler is known to serve.
pub async fn health(State(context): State<Context>) -> Json<GatewayHealth> {
    let in_use = context.schedulers.in_use();
    let serves = in_use.as_ref().is_some_and(|found| found.health() == Health::Healthy);
    Json(GatewayHealth {
        status: if serves { "ok" } else { "degraded" }.to_owned(),
        service: SERVICE.to_owned(),
        prow_scheduler: defect!("health-names-no-scheduler", None, in_use)
            .map(|found| found.endpoint().to_string())
            .unwrap_or_default(),
    })
}
