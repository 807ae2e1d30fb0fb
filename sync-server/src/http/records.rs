//! Reference data: `/api/v1/plants/{plant}/materials` and the like. Each kind has its DTO, its
//! rules and three handlers in a file of its own; what they have in common is here.
//!
//! A record is written whole, by its id. A client that must not overwrite what somebody else wrote
//! sends `If-Match` with the `ETag` that it read; one that must not overwrite anything sends
//! `If-None-Match: *`.
//!
//! What belongs to a plant takes the right to edit records in it; what all plants share takes it in each
//! of them.

mod bom;
mod department;
mod location;
mod material;
mod reason;
mod routing;
mod shift;
mod supplier;
#[cfg(test)]
mod tests;
mod unit;
mod work_center;

use axum::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use shared_model::catalog::Records;
use shared_model::ids::{FeedId, PlantId};
use shared_model::policy::Action;
use shared_model::record::Record;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::ApiError;
use super::conditional;
use super::error::no_such_address;
use super::extract::Json;
use super::page::{Page, Part};
use crate::app::App;
use crate::auth::{InPlant, Person};
use crate::db::{TenantTx, audit, feed, record};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .nest("/materials", material::routes())
        .nest("/boms", bom::routes())
        .nest("/routings", routing::routes())
        .nest("/locations", location::routes())
        .nest("/work-centers", work_center::routes())
        .nest("/reasons", reason::routes())
        .nest("/shifts", shift::routes())
        .nest("/units", unit::routes())
        .nest("/suppliers", supplier::routes())
        .nest("/departments", department::routes())
}

/// What to look for in a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct Search {
    /// Looked for in number and name.
    pub(super) q: String,
}

/// What a record may be written against.
struct Before<'a> {
    /// The record as it was; none for a new one.
    old: Option<Record>,
    catalog: &'a Records,
}

/// A kind of record, as the API shows it.
trait Resource: serde::Serialize + serde::de::DeserializeOwned + Send + Sized {
    /// As in [`Record::kind`].
    const KIND: &'static str;

    /// What stands in the address.
    fn address(&self) -> String;

    /// The record's id, from what stands in the address.
    fn id_at(address: &str) -> Option<Uuid> {
        address.parse().ok()
    }

    fn shown(record: Record) -> Option<Self>;

    /// # Errors
    /// What is wrong with it.
    fn checked(self, before: &Before<'_>) -> Result<Record, ApiError>;

    /// The records that change with it, itself included.
    fn with_followers(record: Record, _: &Before<'_>) -> Vec<Record> {
        vec![record]
    }

    /// What only the database can say.
    ///
    /// # Errors
    /// Why it may not be written.
    async fn permitted(_: &Record, _: &Before<'_>, _: &mut TenantTx) -> Result<(), ApiError> {
        Ok(())
    }

    /// The plant whose feed it is in; none where the whole organization shares it.
    fn plant(plant: PlantId) -> Option<PlantId>;
}

async fn list<R: Resource>(
    app: &App,
    person: Person,
    plant: PlantId,
    part: &Part,
    search: &Search,
) -> Result<Json<Page<R>>, ApiError> {
    let InPlant { mut tx, .. } = person.in_plant(app, plant, Action::View).await?;
    let (after, limit) = (part.after()?, part.limit() + 1);
    let found = record::page(&mut tx, R::plant(plant), R::KIND, &search.q, after.as_deref(), limit).await?;
    let page = part.page(found, |(key, _)| key.clone(), |(_, record)| R::shown(record));
    Ok(Json(Page { items: page.items.into_iter().flatten().collect(), next: page.next }))
}

async fn get<R: Resource>(
    app: &App,
    person: Person,
    plant: PlantId,
    address: &str,
) -> Result<Response, ApiError> {
    let InPlant { mut tx, .. } = person.in_plant(app, plant, Action::View).await?;
    let id = R::id_at(address).ok_or_else(no_such_address)?;
    let found = record::find(&mut tx, R::plant(plant), R::KIND, id).await?;
    found.and_then(answer::<R>).ok_or_else(unknown)
}

/// Writes a record and tells the devices.
async fn put<R: Resource>(
    app: &App,
    person: Person,
    plant: PlantId,
    address: &str,
    headers: &HeaderMap,
    new: R,
) -> Result<Response, ApiError> {
    let InPlant { mut tx, .. } = match R::plant(plant) {
        Some(plant) => person.in_plant(app, plant, Action::EditRecords).await?,
        None => person.in_all_plants(app, plant, Action::EditRecords).await?,
    };
    if new.address() != address {
        return Err(ApiError::invalid("other_id", "the body names another record than the address"));
    }
    let id = R::id_at(address).ok_or_else(no_such_address)?;
    // Nobody else writes records meanwhile: what is checked stays true until it is written.
    let organization: FeedId = tx.organization().into();
    feed::lock(&mut tx, organization).await?;
    feed::lock(&mut tx, plant.into()).await?;
    let old = record::find(&mut tx, R::plant(plant), R::KIND, id).await?;
    agreed(headers, old.as_ref())?;
    let catalog = app.sync().catalog_in(&mut tx, plant).await?;
    let before = Before { old, catalog: &catalog };
    let record = new.checked(&before)?;
    R::permitted(&record, &before, &mut tx).await?;
    let written = R::with_followers(record.clone(), &before);
    record::put_all(&mut tx, R::plant(plant), &written).await.map_err(taken)?;
    let (action, status) = match before.old {
        Some(_) => ("record.edited", StatusCode::OK),
        None => ("record.created", StatusCode::CREATED),
    };
    let event = audit::Event {
        action,
        device: None,
        subject: (R::KIND, Some(id)),
        detail: serde_json::json!({ "plant": plant }),
    };
    audit::log(&mut tx, app.now(), event).await?;
    tx.commit().await?;
    let mut response = answer::<R>(record).ok_or_else(unknown)?;
    *response.status_mut() = status;
    Ok(response)
}

fn answer<R: Resource>(record: Record) -> Option<Response> {
    let tag = etag(&record);
    Some(([(ETAG, tag)], Json(R::shown(record)?)).into_response())
}

/// Tells one version of a record from another.
fn etag(record: &Record) -> HeaderValue {
    let json = serde_json::to_vec(record).unwrap_or_default();
    let hash: String = Sha256::digest(json)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::try_from(format!("\"{hash}\"")).expect("hexadecimal digits in quotes")
}

fn agreed(headers: &HeaderMap, old: Option<&Record>) -> Result<(), ApiError> {
    let current = old.map(etag);
    let is_listed = |tags: &[&str], is_weak_enough| {
        current.as_ref().is_some_and(|current| conditional::names(tags, current, is_weak_enough))
    };
    let failed =
        |detail: &str| Err(ApiError::new(StatusCode::PRECONDITION_FAILED, "changed_meanwhile", detail));
    if conditional::tags(headers, IF_MATCH).is_some_and(|tags| !is_listed(&tags, false)) {
        return failed("somebody changed this meanwhile; look at it again");
    }
    if conditional::tags(headers, IF_NONE_MATCH).is_some_and(|tags| is_listed(&tags, true)) {
        return failed("there is one already");
    }
    Ok(())
}

fn unknown() -> ApiError {
    ApiError::not_found("unknown_record", "there is no such record")
}

fn taken(error: crate::db::Error) -> ApiError {
    match error.constraint() {
        Some("record_key_unique") => {
            ApiError::conflict("number_taken", "another record has this number, code or name already")
        }
        _ => error.into(),
    }
}

/// A rule that a record breaks, in words.
fn invalid(detail: impl Into<String>) -> ApiError {
    ApiError::invalid("invalid_record", detail)
}

/// A name that says something, without spaces around it.
fn name(name: &str, characters_max: usize) -> Result<String, ApiError> {
    let name = name.trim();
    match name.chars().count() {
        0 => Err(invalid("the name is empty")),
        count if count > characters_max => {
            Err(invalid(format!("the name has more than {characters_max} characters")))
        }
        _ if name.contains(char::is_control) => Err(invalid("the name holds characters that cannot be seen")),
        _ => Ok(name.to_owned()),
    }
}

/// Declares a DTO that has the fields of a domain type, and how one becomes the other. A field that
/// the domain gains does not compile until the API says what to do with it. `each` marks lists of
/// DTOs.
macro_rules! dto {
    ($(#[$about:meta])* $name:ident of $($domain:ident)::+ {
        $($(#[$note:meta])* $field:ident: $how:ident $type:ty = $schema:ty,)*
    }) => {
        $(#[$about])*
        #[derive(Debug, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            $($(#[$note])* #[schema(value_type = $schema)] pub(super) $field: $type,)*
        }

        impl From<$($domain)::+> for $name {
            fn from(it: $($domain)::+) -> Self {
                let $($domain)::+ { $($field),* } = it;
                Self { $($field: dto!(@$how $field)),* }
            }
        }

        impl From<$name> for $($domain)::+ {
            fn from(it: $name) -> Self {
                let $name { $($field),* } = it;
                Self { $($field: dto!(@$how $field)),* }
            }
        }
    };
    (@is $value:ident) => { $value };
    (@each $value:ident) => { $value.into_iter().map(Into::into).collect() };
}
use dto;

/// The handlers of a kind of record.
macro_rules! handlers {
    ($resource:ty, $tag:literal, $one:literal, list $list:literal, get $get:literal, put $put:literal) => {
        use crate::http::page::Page;

        pub(super) fn routes() -> utoipa_axum::router::OpenApiRouter<crate::app::App> {
            utoipa_axum::router::OpenApiRouter::new()
                .routes(utoipa_axum::routes!(list))
                .routes(utoipa_axum::routes!(get, put))
        }

        #[utoipa::path(get, path = "", operation_id = $list, tag = $tag,
            summary = concat!("Lists ", $tag, " by their numbers, codes or names."), security(("person" = [])),
            params(("plant" = uuid::Uuid, Path), crate::http::page::Part, super::Search),
            responses(
                (status = 200, body = Page<$resource>),
                (status = 401, body = crate::http::Problem),
                (status = 403, body = crate::http::Problem),
                (status = 404, body = crate::http::Problem, description = "`unknown_plant`"),
            ))]
        async fn list(
            axum::extract::State(app): axum::extract::State<crate::app::App>,
            person: crate::auth::Person,
            crate::http::extract::Path(plant): crate::http::extract::Path<shared_model::ids::PlantId>,
            crate::http::extract::Query(part): crate::http::extract::Query<crate::http::page::Part>,
            crate::http::extract::Query(search): crate::http::extract::Query<super::Search>,
        ) -> Result<crate::http::extract::Json<Page<$resource>>, crate::http::ApiError> {
            super::list(&app, person, plant, &part, &search).await
        }

        #[utoipa::path(get, path = "/{id}", operation_id = $get, tag = $tag,
            summary = concat!("Reads ", $one, "."), security(("person" = [])),
            params(("plant" = uuid::Uuid, Path), ("id" = String, Path)),
            responses(
                (status = 200, body = $resource, headers(("ETag" = String))),
                (status = 401, body = crate::http::Problem),
                (status = 403, body = crate::http::Problem),
                (status = 404, body = crate::http::Problem, description = "`unknown_record`, `unknown_plant`"),
            ))]
        async fn get(
            axum::extract::State(app): axum::extract::State<crate::app::App>,
            person: crate::auth::Person,
            crate::http::extract::Path((plant, id)): crate::http::extract::Path<(
                shared_model::ids::PlantId,
                String,
            )>,
        ) -> Result<axum::response::Response, crate::http::ApiError> {
            super::get::<$resource>(&app, person, plant, &id).await
        }

        #[utoipa::path(put, path = "/{id}", operation_id = $put, tag = $tag,
            summary = concat!("Writes ", $one, " whole: a new one, or another version."), security(("person" = [])),
            params(
                ("plant" = uuid::Uuid, Path),
                ("id" = String, Path, description = "As in the body; made by the client (UUID version 7)"),
                ("If-Match" = Option<String>, Header, description = "Only over this version"),
                ("If-None-Match" = Option<String>, Header, description = "`*`: only if there is none"),
            ),
            request_body = $resource,
            responses(
                (status = 200, body = $resource, headers(("ETag" = String)), description = "Changed"),
                (status = 201, body = $resource, headers(("ETag" = String)), description = "Created"),
                (status = 401, body = crate::http::Problem),
                (status = 403, body = crate::http::Problem,
                    description = "`not_permitted`; what all plants share takes the right in each of them"),
                (status = 404, body = crate::http::Problem, description = "`unknown_plant`"),
                (status = 409, body = crate::http::Problem, description = "`number_taken`, `in_use`"),
                (status = 412, body = crate::http::Problem, description = "`changed_meanwhile`"),
                (status = 422, body = crate::http::Problem, description = "`invalid_record`"),
            ))]
        async fn put(
            axum::extract::State(app): axum::extract::State<crate::app::App>,
            person: crate::auth::Person,
            crate::http::extract::Path((plant, id)): crate::http::extract::Path<(
                shared_model::ids::PlantId,
                String,
            )>,
            headers: axum::http::HeaderMap,
            crate::http::extract::Json(body): crate::http::extract::Json<$resource>,
        ) -> Result<axum::response::Response, crate::http::ApiError> {
            super::put(&app, person, plant, &id, &headers, body).await
        }
    };
}
use handlers;
