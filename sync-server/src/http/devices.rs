//! `/api/v1/devices`: tablets, desktops and gateways join a plant, prove who they are, and let
//! people sign in on them.
//!
//! `enroll`, `token`, `sign-in`, `unsent` and `wiped` are spoken by programs: their times are milliseconds since 1970,
//! as in the frames of sync.

mod codes;
mod enroll;
mod list;
mod revoke;
mod sign_in;
mod token;
mod unsent;
mod wipe;
mod wiped;

use shared_model::ids::DeviceId;
use shared_model::policy::Action;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiError;
use crate::app::App;
use crate::auth::{Person, unknown_device};
use crate::db::TenantTx;
use crate::db::device::{self, Device};

/// A device of a plant that the person administers.
async fn administered(app: &App, person: &Person, id: DeviceId) -> Result<(TenantTx, Device), ApiError> {
    let (mut tx, plants) = person.plants_where(app, Action::Administer).await?;
    let found = device::find(&mut tx, id).await?.filter(|device| plants.contains(&device.plant));
    Ok((tx, found.ok_or_else(unknown_device)?))
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(codes::create))
        .routes(routes!(enroll::enroll))
        .routes(routes!(token::token))
        .routes(routes!(sign_in::sign_in))
        .routes(routes!(revoke::revoke))
        .routes(routes!(unsent::hand_in))
        .routes(routes!(wipe::wipe))
        .routes(routes!(wiped::wiped))
}

#[cfg(test)]
mod tests;
