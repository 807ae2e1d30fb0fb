//! `/api/v1/refused`: what devices sent and the server refused. Of a device that is in use its person
//! decides there; of one that was revoked an administrator decides here.

mod close;
mod list;
mod release;
#[cfg(test)]
mod tests;

use serde::Deserialize;
use shared_model::ids::CommandId;
use shared_model::policy::Action;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiError;
use crate::app::App;
use crate::auth::Person;
use crate::db::TenantTx;
use crate::db::refused::{self, Refused};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(release::release))
        .routes(routes!(close::close))
}

#[derive(Deserialize, ToSchema)]
struct Decided {
    /// What the administrator says to it.
    #[serde(default)]
    note: String,
}

/// What is to be decided on, by somebody who may: it waits, and its device cannot.
async fn undecided(app: &App, person: Person, id: CommandId) -> Result<(TenantTx, Refused), ApiError> {
    let (mut tx, plants) = person.plants_where(app, Action::Administer).await?;
    let unknown = || ApiError::not_found("unknown_command", "nothing with this id was refused");
    let found = refused::find(&mut tx, &plants, id).await?.ok_or_else(unknown)?;
    if found.refusal != shared_model::refusal::Refusal::DeviceRevoked {
        let detail = "its device is told why, and the person who entered it decides there";
        return Err(ApiError::conflict("decided_on_device", detail));
    }
    Ok((tx, found))
}

fn decided_before() -> ApiError {
    ApiError::conflict("decided_before", "somebody has decided on this already")
}
