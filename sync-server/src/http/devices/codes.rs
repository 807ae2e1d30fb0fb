//! `POST /api/v1/devices/codes`

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use shared_model::ids::PlantId;
use shared_model::policy::Action;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{InPlant, Person, issue_code};
use crate::http::extract::Json;
use crate::http::{ApiError, Problem};

#[derive(Deserialize, ToSchema)]
pub(super) struct NewCode {
    /// The plant that the device is to join.
    #[schema(value_type = uuid::Uuid)]
    plant_id: PlantId,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Code {
    /// Shown once: the server keeps only its hash.
    #[schema(example = "K7QX-3MWP")]
    code: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: String,
}

/// Makes a code with which one device may join a plant within a day.
#[utoipa::path(post, path = "/codes", operation_id = "create_enrollment_code", tag = "devices", security(("person" = [])), request_body = NewCode,
    responses(
        (status = 201, body = Code),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
    ))]
pub(super) async fn create(
    State(app): State<App>,
    person: Person,
    Json(body): Json<NewCode>,
) -> Result<(StatusCode, Json<Code>), ApiError> {
    let InPlant { mut tx, .. } = person.in_plant(&app, body.plant_id, Action::Administer).await?;
    let (code, expires_at) = issue_code(&mut tx, body.plant_id, app.now()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(Code { code: code.to_string(), expires_at: expires_at.to_string() })))
}
