//! `/api/v1/plants/{plant}/stock`

#[cfg(test)]
mod tests;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared_model::catalog::{Catalog as _, Records};
use shared_model::ids::{LocationId, MaterialId, PlantId};
use shared_model::policy::Action;
use shared_model::quantity::{Amount, UnitCode};
use shared_model::record::Record;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Json, Path, Query};
use super::page::{Page, Part};
use super::{ApiError, Problem};
use crate::app::App;
use crate::auth::{InPlant, Person};
use crate::db::inventory::{self, Balance, Filter, Position};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Looked for in the material's number and name.
    q: String,
    #[param(value_type = Option<Uuid>)]
    material: Option<MaterialId>,
    #[param(value_type = Option<Uuid>)]
    location: Option<LocationId>,
}

/// What lies somewhere.
#[derive(Debug, Serialize, ToSchema)]
struct Stock {
    #[schema(value_type = Uuid)]
    material_id: MaterialId,
    material_number: String,
    material_name: String,
    #[schema(value_type = Option<Uuid>)]
    location_id: Option<LocationId>,
    location_path: Option<String>,
    lot: Option<String>,
    serial: Option<String>,
    /// `ok`, `attention`, `quarantined`, `damaged` or `rejected`
    status: String,
    /// Negative where more was taken than there was.
    #[schema(value_type = String)]
    on_hand: Amount,
    #[schema(value_type = String)]
    unit: UnitCode,
    #[schema(format = DateTime)]
    moved_at: String,
}

impl Stock {
    fn of(balance: Balance, catalog: &Records) -> Self {
        let (number, name) = catalog
            .material(balance.material)
            .map_or_else(|| (balance.material.to_string(), String::new()), |it| (it.number.into(), it.name));
        let text = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            material_id: balance.material,
            material_number: number,
            material_name: name,
            location_id: balance.location,
            location_path: balance.location.and_then(|id| catalog.location(id)).map(|it| it.path),
            lot: text(balance.lot),
            serial: text(balance.serial),
            status: balance.status,
            on_hand: balance.on_hand,
            unit: balance.unit,
            moved_at: balance.moved_at.to_string(),
        }
    }
}

/// What lies where in a plant; nothing that is used up.
#[utoipa::path(get, path = "", operation_id = "list_stock", tag = "stock", security(("person" = [])),
    params(("plant" = uuid::Uuid, Path), Part, Wanted),
    responses(
        (status = 200, body = Page<Stock>),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem, description = "`unknown_plant`"),
    ))]
async fn list(
    State(app): State<App>,
    person: Person,
    Path(plant): Path<PlantId>,
    Query(part): Query<Part>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Page<Stock>>, ApiError> {
    let after = part.after_parsed::<Cursor>()?.map(|cursor| cursor.0);
    let InPlant { mut tx, .. } = person.in_plant(&app, plant, Action::View).await?;
    let catalog = app.sync().catalog_in(&mut tx, plant).await?;
    let filter = Filter { materials: materials(&wanted, &catalog), location: wanted.location, after };
    let rows = inventory::list(&mut tx, plant, &filter, part.limit() + 1).await?;
    Ok(Json(part.page(rows, |last| Cursor(last.position()).to_string(), |row| Stock::of(row, &catalog))))
}

/// The materials that a search means; none for all of them.
fn materials(wanted: &Wanted, catalog: &Records) -> Option<Vec<MaterialId>> {
    let search = wanted.q.trim().to_lowercase();
    if search.is_empty() {
        return wanted.material.map(|material| vec![material]);
    }
    let found = catalog.iter().filter_map(|record| match record {
        Record::Material(it)
            if it.number.key().contains(&search) || it.name.to_lowercase().contains(&search) =>
        {
            Some(it.id)
        }
        _ => None,
    });
    Some(found.filter(|id| wanted.material.is_none_or(|material| material == *id)).collect())
}

/// A position as text.
struct Cursor(Position);

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&serde_json::to_string(&self.0).unwrap_or_default())
    }
}

impl std::str::FromStr for Cursor {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_str(text).map(Self)
    }
}
