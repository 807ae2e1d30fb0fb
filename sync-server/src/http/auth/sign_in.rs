//! `POST /api/v1/auth/sign-in`

use axum::extract::State;
use serde::Deserialize;
use shared_model::ids::DeviceId;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Session, opened};
use crate::app::App;
use crate::auth::{ClientIp, Person, check_password};
use crate::db::{TenantTx, audit, device, session};
use crate::edge;
use crate::http::extract::Json;
use crate::http::{ApiError, Problem};

#[derive(Deserialize, ToSchema)]
pub(super) struct SignIn {
    #[schema(example = "supervisor@example.com")]
    email: String,
    password: String,
    /// The enrolled device that the person sits at, if it is one.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    device_id: Option<DeviceId>,
}

/// Signs a person in.
#[utoipa::path(post, path = "/sign-in", operation_id = "sign_in", tag = "auth", request_body = SignIn,
    responses(
        (status = 200, body = Session),
        (status = 401, body = Problem, description = "`wrong_credentials`"),
        (status = 429, body = Problem, description = "`too_many_attempts`"),
    ))]
pub(super) async fn sign_in(
    State(app): State<App>,
    ClientIp(from): ClientIp,
    Json(body): Json<SignIn>,
) -> Result<Json<Session>, ApiError> {
    let known = check_password(&app, &body.email, body.password, from).await?;
    let now = app.now();
    let id: Uuid = edge::ids().draw();
    let mut tx = TenantTx::begin(app.pools(), known.organization, Some(known.user)).await?;
    if let Some(device_id) = body.device_id
        && device::find(&mut tx, device_id).await?.is_none_or(|device| device.revoked_at.is_some())
    {
        return Err(ApiError::invalid("unknown_device", "this device is not known here, or was revoked"));
    }
    session::start(&mut tx, id, known.user, body.device_id, now).await?;
    let person = Person { organization: known.organization, user: known.user, session: id };
    let opened = opened(&app, &mut tx, person, now).await?;
    audit::log(
        &mut tx,
        now,
        audit::Event {
            action: "user.signed_in",
            device: body.device_id,
            subject: ("session", Some(id)),
            detail: serde_json::json!({}),
        },
    )
    .await?;
    tx.commit().await?;
    Ok(Json(opened))
}
