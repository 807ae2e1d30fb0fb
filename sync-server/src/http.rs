//! The HTTP API, `/api/v1/…`. A handler extracts, authorises, makes one call into `db` or the
//! domain, and answers with a DTO that lives beside it. OpenAPI is generated from the handlers.

mod auth;
mod commands;
mod conditional;
mod devices;
mod error;
pub(crate) mod extract;
#[cfg(test)]
mod floor;
mod health;
mod limits;
mod page;
mod plants;
mod records;
mod refused;
mod stock;
#[cfg(test)]
mod tablet;
#[cfg(test)]
mod tests;
mod users;
mod web;
mod work_orders;

use std::path::PathBuf;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use error::{ApiError, Problem};

use crate::app::App;

/// The largest body of a request. Sync has frames of its own.
const BODY_BYTES_MAX: usize = 1024 * 1024;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Unison",
        description = "Work orders, stock and reference data of a plant. Every error is a problem \
                       document (RFC 9457) with a stable `code`.",
        license(name = "MIT", identifier = "MIT")
    ),
    servers((url = "/")),
    components(schemas(Problem)),
    modifiers(&Security)
)]
struct Document;

struct Security;

impl utoipa::Modify for Security {
    fn modify(&self, document: &mut OpenApi) {
        use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
        let bearer = |description: &str| {
            let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
            SecurityScheme::Http(scheme.description(Some(description)).build())
        };
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("person", bearer("From POST /api/v1/auth/sign-in"));
        components.add_security_scheme("device", bearer("From POST /api/v1/devices/token"));
    }
}

fn api() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(health::routes())
        .nest("/api/v1/auth", auth::routes())
        .nest("/api/v1/devices", devices::routes())
        .nest("/api/v1/plants", plants::routes())
        .nest("/api/v1/refused", refused::routes())
}

/// Everything that the server serves. `web` is the directory of the web bundle.
pub fn router(app: App, web: Option<PathBuf>) -> Router {
    let (api, _) = api().split_for_parts();
    api.merge(crate::sync::router())
        .fallback_service(web::fallback(web).with_state(app.clone()))
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(app.clone(), limits::pulse))
        .layer(from_fn(limits::timeout))
        .layer(from_fn(limits::trace))
        .with_state(app)
}

/// The API's description, as it is committed in `openapi.json`.
#[must_use]
pub fn openapi() -> String {
    let (_, document) = api().split_for_parts();
    let mut json = document.to_pretty_json().expect("the document is made of strings and lists");
    json.push('\n');
    json
}
