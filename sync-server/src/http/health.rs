//! Whether the process lives and can work: for people, load balancers and supervisors.

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiError;
use super::extract::Json;
use crate::app::App;
use axum::extract::State;
use axum::http::StatusCode;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(health))
        .routes(routes!(live))
        .routes(routes!(ready))
        .routes(routes!(startup))
}

#[derive(Debug, Serialize, ToSchema)]
struct Health {
    /// `up`
    status: &'static str,
    version: &'static str,
}

const UP: Health = Health { status: "up", version: env!("CARGO_PKG_VERSION") };

/// The process answers.
#[utoipa::path(get, path = "/health", tag = "health", responses((status = 200, body = Health)))]
async fn health() -> Json<Health> {
    Json(UP)
}

/// The process answers; a supervisor restarts it when it does not.
#[utoipa::path(get, path = "/live", tag = "health", responses((status = 200, body = Health)))]
async fn live() -> Json<Health> {
    Json(UP)
}

/// The database answers and has the schema of this program: requests may be sent here.
#[utoipa::path(get, path = "/ready", tag = "health",
    responses((status = 200, body = Health), (status = 503, body = super::Problem)))]
async fn ready(State(app): State<App>) -> Result<Json<Health>, ApiError> {
    is_ready(&app).await
}

/// The process has started up.
#[utoipa::path(get, path = "/startup", tag = "health",
    responses((status = 200, body = Health), (status = 503, body = super::Problem)))]
async fn startup(State(app): State<App>) -> Result<Json<Health>, ApiError> {
    is_ready(&app).await
}

async fn is_ready(app: &App) -> Result<Json<Health>, ApiError> {
    if app.pools().is_migrated().await? {
        return Ok(Json(UP));
    }
    let detail = "the database is not of the schema of this program; run unison-server migrate";
    Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "not_migrated", detail))
}
