//! The person behind a request of the HTTP API.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use shared_model::ids::{OrganizationId, PlantId, UserId};
use shared_model::people::{Role, User};
use shared_model::policy::Action;
use shared_model::refusal::Refusal;
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::token::{Audience, Claims};
use super::{Keys, TokenError};
use crate::app::App;
use crate::db::{TenantTx, organization, session, user};
use crate::http::ApiError;

/// Somebody who showed a valid access token. What they may do is asked of the database, with each
/// request: it may have changed since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    pub organization: OrganizationId,
    pub user: UserId,
    pub session: Uuid,
}

/// A person at work in a plant, with the transaction in which their rights were looked up.
#[derive(Debug)]
pub struct InPlant {
    pub tx: TenantTx,
    pub roles: Vec<Role>,
}

impl Person {
    pub(crate) fn token(self, keys: &Keys, now: Timestamp) -> (String, Timestamp) {
        let claims = Claims::new(Audience::Person, self.user.uuid(), self.organization, now);
        let expires_at = Timestamp::from_millis(claims.exp * 1000);
        (keys.sign(&Claims { sid: Some(self.session), ..claims }), expires_at)
    }

    fn read(token: &str, keys: &Keys, now: Timestamp) -> Result<Self, TokenError> {
        let claims = keys.verify(token, Audience::Person, now)?;
        let session = claims.sid.ok_or(TokenError::Invalid)?;
        Ok(Self { organization: claims.org, user: claims.sub.into(), session })
    }

    /// A transaction in the person's name, with who they are now.
    ///
    /// # Errors
    /// When the session was ended or the account deactivated (`invalid_token`).
    pub async fn begin(&self, app: &App) -> Result<(TenantTx, User), ApiError> {
        let mut tx = TenantTx::begin(app.pools(), self.organization, Some(self.user)).await?;
        let user = user::find(&mut tx, self.user).await?.filter(|user| user.is_active);
        let is_open = session::is_open(&mut tx, self.session).await?;
        match user {
            Some(user) if is_open => Ok((tx, user)),
            _ => Err(TokenError::Invalid.into()),
        }
    }

    /// Goes to work in a plant.
    ///
    /// # Errors
    /// When the plant is not one of the person's organization, or they may not do this in it.
    pub async fn in_plant(&self, app: &App, plant: PlantId, action: Action) -> Result<InPlant, ApiError> {
        let (mut tx, user) = self.begin(app).await?;
        if !organization::has_plant(&mut tx, plant).await? {
            return Err(unknown_plant());
        }
        let roles: Vec<Role> = user.roles_in(plant).collect();
        permit(action, &roles)?;
        Ok(InPlant { tx, roles })
    }

    /// Goes to work in a plant on what it shares with the organization's others: it takes the right in
    /// each of them.
    ///
    /// # Errors
    /// As [`Person::in_plant`].
    pub async fn in_all_plants(
        &self,
        app: &App,
        plant: PlantId,
        action: Action,
    ) -> Result<InPlant, ApiError> {
        let (mut tx, user) = self.begin(app).await?;
        let plants = organization::plants(&mut tx).await?;
        if plants.iter().all(|known| known.id != plant) {
            return Err(unknown_plant());
        }
        let roles: Vec<Role> = user.roles_in(plant).collect();
        permit(action, &roles)?;
        match plants.into_iter().find(|plant| !user.may_in_all(action, [plant.id])) {
            None => Ok(InPlant { tx, roles }),
            Some(other) => {
                let name = other.name;
                let detail =
                    format!("all plants share this; you may not {action} in {name}, ask an administrator");
                Err(ApiError::forbidden("not_permitted", &detail))
            }
        }
    }

    /// The plants in which the person may do something, of which there is at least one.
    ///
    /// # Errors
    /// When the person may not do this anywhere.
    pub async fn plants_where(
        &self,
        app: &App,
        action: Action,
    ) -> Result<(TenantTx, Vec<PlantId>), ApiError> {
        let (mut tx, user) = self.begin(app).await?;
        let plants = organization::plants(&mut tx).await?.into_iter().map(|plant| plant.id);
        let plants: Vec<PlantId> =
            plants.filter(|plant| action.allows(&user.roles_in(*plant).collect::<Vec<_>>())).collect();
        if plants.is_empty() {
            permit(action, &[])?;
        }
        Ok((tx, plants))
    }

    /// Goes to work on what all plants share: only roles that are not tied to one plant count.
    ///
    /// # Errors
    /// When the person may not do this.
    pub async fn in_organization(&self, app: &App, action: Action) -> Result<TenantTx, ApiError> {
        let (tx, user) = self.begin(app).await?;
        let roles: Vec<Role> =
            user.roles.iter().filter(|held| held.plant.is_none()).map(|held| held.role).collect();
        permit(action, &roles)?;
        Ok(tx)
    }
}

fn unknown_plant() -> ApiError {
    ApiError::not_found("unknown_plant", "this plant is not known here")
}

fn permit(action: Action, roles: &[Role]) -> Result<(), ApiError> {
    if action.allows(roles) {
        return Ok(());
    }
    let ask = action.allowed().first().copied().unwrap_or(Role::OrganizationAdmin);
    Err(Refusal::NotPermitted { action, ask }.into())
}

impl FromRequestParts<App> for Person {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Ok(Self::read(bearer(parts)?, app.keys(), app.now())?)
    }
}

/// The token of a request's `Authorization` header.
pub(crate) fn bearer(parts: &Parts) -> Result<&str, ApiError> {
    let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    token.ok_or_else(|| ApiError::unauthorized("unauthorized", "sign in first"))
}

/// The address at the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct ClientIp(pub IpAddr);

impl FromRequestParts<App> for ClientIp {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        let known = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        Ok(Self(known.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
    }
}
