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

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

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
