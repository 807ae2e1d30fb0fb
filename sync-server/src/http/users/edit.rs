//! `PUT /api/v1/plants/{plant}/users/{user}`

use axum::extract::State;
use serde::Deserialize;
use shared_model::ids::{PlantId, UserId};
use shared_model::people::{self, RoleAssignment};
use shared_model::policy::Action;
use utoipa::ToSchema;

use super::{HeldRole, User, named, rights, unknown};
use crate::app::App;
use crate::auth::{InPlant, Person};
use crate::db::{audit, user};
use crate::http::extract::{Json, Path};
use crate::http::{ApiError, Problem};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserEdit {
    name: String,
    is_active: bool,
    /// All of them; those that are missing are taken away.
    roles: Vec<HeldRole>,
}

/// Changes a person's name, roles, and whether they may sign in.
#[utoipa::path(put, path = "/{user}", operation_id = "edit_user", tag = "users", security(("person" = [])),
    params(("plant" = uuid::Uuid, Path), ("user" = uuid::Uuid, Path)), request_body = UserEdit,
    responses(
        (status = 200, body = User),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "`not_permitted`, `not_yours_to_give`"),
        (status = 404, body = Problem, description = "`unknown_user`"),
        (status = 409, body = Problem, description = "`last_administrator`"),
        (status = 422, body = Problem, description = "`invalid_user`"),
    ))]
pub(super) async fn edit(
    State(app): State<App>,
    person: Person,
    Path((plant, id)): Path<(PlantId, UserId)>,
    Json(body): Json<UserEdit>,
) -> Result<Json<User>, ApiError> {
    let InPlant { mut tx, .. } = person.in_plant(&app, plant, Action::Administer).await?;
    let administrator = user::find(&mut tx, person.user).await?.ok_or_else(unknown)?;
    let before = user::find(&mut tx, id).await?.ok_or_else(unknown)?;
    let roles: Vec<RoleAssignment> =
        body.roles.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
    let after = people::User { id, name: named(&body.name)?, is_active: body.is_active, roles };
    rights::may_change(&administrator, &before.roles, &after.roles)?;
    let is_account_changed = (&before.name, before.is_active) != (&after.name, after.is_active);
    if is_account_changed && !rights::may_manage(&administrator, &before) {
        return Err(ApiError::forbidden(
            "not_yours_to_give",
            "this person works in other plants too; ask an organization administrator",
        ));
    }
    let had_administrator = user::has_administrator(&mut tx).await?;
    user::edit(&mut tx, &after).await?;
    if had_administrator && !user::has_administrator(&mut tx).await? {
        let detail = "somebody has to stay administrator of the organization";
        return Err(ApiError::conflict("last_administrator", detail));
    }
    let event = audit::Event {
        action: "user.edited",
        device: None,
        subject: ("user", Some(id.uuid())),
        detail: serde_json::json!({
            "is_active": after.is_active, "roles_before": before.roles, "roles_after": after.roles,
        }),
    };
    audit::log(&mut tx, app.now(), event).await?;
    let edited = user::find(&mut tx, id).await?.ok_or_else(unknown)?;
    tx.commit().await?;
    Ok(Json(edited.into()))
}
