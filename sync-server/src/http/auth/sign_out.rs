//! `POST /api/v1/auth/sign-out`

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;
use crate::auth::Person;
use crate::db::session;
use crate::http::{ApiError, Problem};

/// Ends the session: its tokens are worth nothing from now on.
#[utoipa::path(post, path = "/sign-out", operation_id = "sign_out", tag = "auth", security(("person" = [])),
    responses((status = 204), (status = 401, body = Problem)))]
pub(super) async fn sign_out(State(app): State<App>, person: Person) -> Result<StatusCode, ApiError> {
    let (mut tx, _) = person.begin(&app).await?;
    session::end(&mut tx, person.session, "signed out", app.now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
