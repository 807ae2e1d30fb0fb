//! `POST /api/v1/auth/refresh`

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Session, opened};
use crate::app::App;
use crate::auth::{Person, hash_secret};
use crate::db::{SystemTx, TenantTx, session};
use crate::http::extract::Json;
use crate::http::{ApiError, Problem};

#[derive(Deserialize, ToSchema)]
pub(super) struct Refresh {
    refresh_token: String,
}

/// Exchanges a refresh token for new tokens. A token that comes a second time ends its session:
/// somebody else may have it too.
#[utoipa::path(post, path = "/refresh", operation_id = "refresh", tag = "auth", request_body = Refresh,
    responses(
        (status = 200, body = Session),
        (status = 401, body = Problem, description = "`invalid_refresh_token`: sign in again"),
    ))]
pub(super) async fn refresh(
    State(app): State<App>,
    Json(body): Json<Refresh>,
) -> Result<Json<Session>, ApiError> {
    let hash = hash_secret(&body.refresh_token);
    let now = app.now();
    let mut system = SystemTx::begin(app.pools()).await?;
    let organization = session::organization_of_token(&mut system, &hash).await?.ok_or_else(invalid)?;
    drop(system);
    let mut tx = TenantTx::begin(app.pools(), organization, None).await?;
    let token = session::lock_token(&mut tx, &hash).await?.ok_or_else(invalid)?;
    if token.is_used {
        session::end(&mut tx, token.session, "refresh token used twice", now).await?;
        tx.commit().await?;
        return Err(invalid());
    }
    if !token.is_session_open || token.expires_at <= now {
        return Err(invalid());
    }
    session::use_token(&mut tx, &hash, now).await?;
    let person = Person { organization, user: token.user, session: token.session };
    let opened = opened(&app, &mut tx, person, now).await?;
    tx.commit().await?;
    Ok(Json(opened))
}

fn invalid() -> ApiError {
    ApiError::unauthorized("invalid_refresh_token", "the session has ended; sign in again")
}
