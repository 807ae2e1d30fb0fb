//! `/api/v1/plants`: the plants of the person's organization, and everything in them.

use axum::extract::State;
use serde::Serialize;
use shared_model::ids::{LocationId, PlantId};
use shared_model::policy::Action;
use shared_model::record::Record;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Json, Path};
use super::{ApiError, Problem, commands, records, stock, users, work_orders};
use crate::app::App;
use crate::auth::{InPlant, Person};
use crate::db::{organization, record};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).nest(
        "/{plant}",
        records::routes()
            .nest("/users", users::routes())
            .nest("/work-orders", work_orders::routes())
            .nest("/stock", stock::routes())
            .nest("/commands", commands::routes()),
    )
}

#[derive(Serialize, ToSchema)]
struct PlantName {
    #[schema(value_type = Uuid)]
    id: PlantId,
    code: String,
    name: String,
}

#[derive(Serialize, ToSchema)]
struct Plants {
    items: Vec<PlantName>,
}

#[derive(Serialize, ToSchema)]
struct Plant {
    #[schema(value_type = Uuid)]
    id: PlantId,
    code: String,
    name: String,
    /// IANA.
    zone: String,
    /// ISO 4217.
    currency: String,
    /// Where materials are taken from and put to when nothing more exact is known.
    #[schema(value_type = Option<Uuid>)]
    default_location: Option<LocationId>,
    /// What the person who asks may do here.
    #[schema(value_type = Vec<String>)]
    actions: Vec<Action>,
}

/// The plants that the person may see.
#[utoipa::path(get, path = "", operation_id = "list_plants", tag = "plants", security(("person" = [])),
    responses((status = 200, body = Plants), (status = 401, body = Problem)))]
async fn list(State(app): State<App>, person: Person) -> Result<Json<Plants>, ApiError> {
    let (mut tx, user) = person.begin(&app).await?;
    let plants = organization::plants(&mut tx).await?;
    let may_see = |plant: PlantId| Action::View.allows(&user.roles_in(plant).collect::<Vec<_>>());
    let items = plants
        .into_iter()
        .filter(|plant| may_see(plant.id))
        .map(|plant| PlantName { id: plant.id, code: plant.code, name: plant.name })
        .collect();
    Ok(Json(Plants { items }))
}

/// A plant.
#[utoipa::path(get, path = "/{plant}", operation_id = "get_plant", tag = "plants", security(("person" = [])),
    params(("plant" = uuid::Uuid, Path)),
    responses(
        (status = 200, body = Plant),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem, description = "`unknown_plant`"),
    ))]
async fn get(
    State(app): State<App>,
    person: Person,
    Path(id): Path<PlantId>,
) -> Result<Json<Plant>, ApiError> {
    let InPlant { mut tx, roles } = person.in_plant(&app, id, Action::View).await?;
    let Some(Record::Plant(plant)) = record::find(&mut tx, Some(id), "plant", id.uuid()).await? else {
        return Err(ApiError::fault("the record of the plant is missing"));
    };
    Ok(Json(Plant {
        id,
        code: plant.code.into(),
        name: plant.name,
        zone: plant.zone.into(),
        currency: plant.currency.into(),
        default_location: plant.default_location,
        actions: Action::ALL.into_iter().filter(|action| action.allows(&roles)).collect(),
    }))
}
