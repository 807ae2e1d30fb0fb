//! `POST /api/v1/plants/{plant}/users`

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use shared_model::ids::{PlantId, UserId};
use shared_model::people::RoleAssignment;
use shared_model::policy::Action;
use utoipa::ToSchema;

use super::{HeldRole, User, named, rights, unknown};
use crate::app::App;
use crate::auth::{InPlant, Person, password};
use crate::db::{audit, user};
use crate::edge;
use crate::http::extract::{Json, Path};
use crate::http::{ApiError, Problem};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUser {
    name: String,
    email: String,
    /// At least ten characters.
    password: String,
    /// At least one, in a plant that the one who adds them administers.
    roles: Vec<HeldRole>,
}

/// Adds a person.
#[utoipa::path(post, path = "", operation_id = "create_user", tag = "users", security(("person" = [])),
    params(("plant" = uuid::Uuid, Path)), request_body = NewUser,
    responses(
        (status = 201, body = User),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "`not_permitted`, `not_yours_to_give`"),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`email_taken`"),
        (status = 422, body = Problem, description = "`invalid_user`, `unacceptable_password`"),
    ))]
pub(super) async fn create(
    State(app): State<App>,
    person: Person,
    Path(plant): Path<PlantId>,
    Json(body): Json<NewUser>,
) -> Result<(StatusCode, Json<User>), ApiError> {
    let InPlant { mut tx, .. } = person.in_plant(&app, plant, Action::Administer).await?;
    let administrator = user::find(&mut tx, person.user).await?.ok_or_else(unknown)?;
    drop(tx);
    let roles: Vec<RoleAssignment> =
        body.roles.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
    if roles.is_empty() {
        return Err(ApiError::invalid("invalid_user", "give the person at least one role"));
    }
    rights::may_change(&administrator, &[], &roles)?;
    let id: UserId = edge::ids().draw();
    let new = user::NewUser {
        id,
        email: email(&body.email)?,
        name: named(&body.name)?,
        // No transaction is open meanwhile: it takes long on purpose.
        password_hash: Some(password::hash(body.password).await?),
        roles,
    };
    let InPlant { mut tx, .. } = person.in_plant(&app, plant, Action::Administer).await?;
    user::create(&mut tx, &new).await?;
    let event = audit::Event {
        action: "user.created",
        device: None,
        subject: ("user", Some(id.uuid())),
        detail: serde_json::json!({ "roles": new.roles }),
    };
    audit::log(&mut tx, app.now(), event).await?;
    let created = user::find(&mut tx, id).await?.ok_or_else(unknown)?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(created.into())))
}

/// Whether there is somebody at an address only a mail shows; this keeps out what is none.
fn email(typed: &str) -> Result<String, ApiError> {
    let email = typed.trim();
    let is_plausible = email.len() <= 254
        && !email.contains(|c: char| c.is_whitespace() || c.is_control())
        && email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    if is_plausible {
        Ok(email.to_owned())
    } else {
        Err(ApiError::invalid("invalid_user", "this is not an e-mail address"))
    }
}
