//! Signing in with e-mail and password, on the web or on a device.

use std::net::IpAddr;

use shared_model::ids::{OrganizationId, UserId};
use uuid::Uuid;

use super::{Attempt, password};
use crate::app::App;
use crate::db::{SystemTx, TenantTx, user};
use crate::http::ApiError;

/// Somebody who knew their password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub organization: OrganizationId,
    pub user: UserId,
    pub name: String,
}

/// Checks a password. Whether the address or the password was wrong is not told, nor shown by the
/// time that it takes.
///
/// # Errors
/// `wrong_credentials`, `too_many_attempts`, or for somebody who knows the password,
/// `account_inactive`.
pub async fn check_password(
    app: &App,
    email: &str,
    password: String,
    from: IpAddr,
) -> Result<Known, ApiError> {
    let attempt = Attempt::sign_in(&user::email_key(email), from);
    app.guard().begin(&attempt, app.now()).map_err(ApiError::too_many_attempts)?;
    let found = find(app, email).await?;
    // No transaction is open while the hash is computed: it takes long on purpose.
    let hash = found.as_ref().and_then(|(_, credentials)| credentials.password_hash.clone());
    let is_right = password::verify(password, hash).await?;
    match found {
        Some((organization, credentials)) if is_right => {
            app.guard().succeeded(&attempt, app.now());
            if !credentials.is_active {
                return Err(ApiError::forbidden(
                    "account_inactive",
                    "this account was deactivated; ask an administrator",
                ));
            }
            Ok(Known { organization, user: credentials.user, name: credentials.name })
        }
        _ => Err(wrong_credentials()),
    }
}

async fn find(app: &App, email: &str) -> Result<Option<(OrganizationId, user::Credentials)>, ApiError> {
    let mut system = SystemTx::begin(app.pools()).await?;
    let known = user::by_email(&mut system, email).await?;
    drop(system);
    // Where nobody has the address, nobody is looked up: that takes as long.
    let (organization, id) = known.unwrap_or((Uuid::nil().into(), Uuid::nil().into()));
    let mut tx = TenantTx::begin(app.pools(), organization, None).await?;
    Ok(user::credentials(&mut tx, id).await?.map(|credentials| (organization, credentials)))
}

pub(crate) fn wrong_credentials() -> ApiError {
    ApiError::unauthorized("wrong_credentials", "e-mail or password is wrong")
}
