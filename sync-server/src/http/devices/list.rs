//! `GET /api/v1/devices`

use axum::extract::State;
use serde::Serialize;
use shared_model::ids::{DeviceId, PlantId, WorkCenterId};
use shared_model::policy::Action;
use shared_model::time::Timestamp;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Person;
use crate::db::device;
use crate::http::extract::{Json, Query};
use crate::http::page::{Page, Part};
use crate::http::{ApiError, Problem};

#[derive(Serialize, ToSchema)]
pub(super) struct Device {
    #[schema(value_type = Uuid)]
    id: DeviceId,
    name: String,
    #[schema(value_type = Uuid)]
    plant_id: PlantId,
    /// The work center that it stands at.
    #[schema(value_type = Option<Uuid>)]
    station_id: Option<WorkCenterId>,
    #[schema(value_type = String, format = DateTime)]
    enrolled_at: String,
    /// To the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_seen_at: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<String>,
    /// Since when it is told to remove what it holds.
    #[schema(value_type = Option<String>, format = DateTime)]
    wipe_asked_at: Option<String>,
    /// When it said that it does; then nothing of it is unsent.
    #[schema(value_type = Option<String>, format = DateTime)]
    wiped_at: Option<String>,
}

impl From<device::Device> for Device {
    fn from(device: device::Device) -> Self {
        let text = |at: Timestamp| at.to_string();
        Self {
            id: device.id,
            name: device.name,
            plant_id: device.plant,
            station_id: device.station,
            enrolled_at: device.enrolled_at.to_string(),
            last_seen_at: device.last_seen_at.map(text),
            revoked_at: device.revoked_at.map(text),
            wipe_asked_at: device.wipe_asked_at.map(text),
            wiped_at: device.wiped_at.map(text),
        }
    }
}

/// The devices of the plants that the person administers, oldest first.
#[utoipa::path(get, path = "", operation_id = "list_devices", tag = "devices", security(("person" = [])), params(Part),
    responses((status = 200, body = Page<Device>), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn list(
    State(app): State<App>,
    person: Person,
    Query(part): Query<Part>,
) -> Result<Json<Page<Device>>, ApiError> {
    let (mut tx, plants) = person.plants_where(&app, Action::Administer).await?;
    let rows = device::list(&mut tx, &plants, part.after_parsed()?, part.limit() + 1).await?;
    Ok(Json(part.page(rows, |last| last.id.to_string(), Device::from)))
}
