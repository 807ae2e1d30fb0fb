//! `POST /api/v1/devices/sign-in`

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use shared_model::ids::UserId;
use shared_model::people::Role;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{ClientIp, DeviceClaims, bearer, check_password, verify_device, wrong_credentials};
use crate::db::{TenantTx, audit, device, user};
use crate::http::extract::Json;
use crate::http::{ApiError, Problem};

#[derive(Deserialize, ToSchema)]
pub(super) struct SignIn {
    email: String,
    password: String,
}

/// The device keeps this and works under the person's name from then on, offline too.
#[derive(Serialize, ToSchema)]
pub(super) struct SignedIn {
    #[schema(value_type = uuid::Uuid)]
    user_id: UserId,
    name: String,
    /// In the device's plant.
    #[schema(value_type = Vec<String>)]
    roles: Vec<Role>,
}

/// The device whose token a request carries.
impl FromRequestParts<App> for DeviceClaims {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        verify_device(app, bearer(parts)?).await
    }
}

/// Signs a person in on a device of their organization, in whose plant they have a role.
#[utoipa::path(post, path = "/sign-in", operation_id = "sign_in_on_device", tag = "devices", security(("device" = [])), request_body = SignIn,
    responses(
        (status = 200, body = SignedIn),
        (status = 401, body = Problem, description = "`wrong_credentials`, `invalid_token`"),
        (status = 403, body = Problem, description = "`no_role_here`, `device_revoked`"),
        (status = 429, body = Problem, description = "`too_many_attempts`"),
    ))]
pub(super) async fn sign_in(
    State(app): State<App>,
    ClientIp(from): ClientIp,
    claims: DeviceClaims,
    Json(body): Json<SignIn>,
) -> Result<Json<SignedIn>, ApiError> {
    let known = check_password(&app, &body.email, body.password, from).await?;
    if known.organization != claims.organization {
        return Err(wrong_credentials());
    }
    let now = app.now();
    let mut tx = TenantTx::begin(app.pools(), claims.organization, Some(known.user)).await?;
    let person = user::find(&mut tx, known.user).await?.ok_or_else(wrong_credentials)?;
    let roles: Vec<Role> = person.roles_in(claims.plant).collect();
    if roles.is_empty() {
        let detail = "you have no role in this plant; ask an administrator";
        return Err(ApiError::forbidden("no_role_here", detail));
    }
    device::signed_in(&mut tx, claims.device, known.user, now).await?;
    let event = audit::Event {
        action: "user.signed_in_on_device",
        device: Some(claims.device),
        subject: ("user", Some(known.user.uuid())),
        detail: serde_json::json!({}),
    };
    audit::log(&mut tx, now, event).await?;
    tx.commit().await?;
    Ok(Json(SignedIn { user_id: known.user, name: known.name, roles }))
}
