//! `GET /api/v1/sync/fingerprints`: a range of the plant's orders, for a device that compares what it holds.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use shared_model::sync::fingerprint::{Place, Range, of_archived, of_order};
use uuid::Uuid;

use super::packed::packed;
use crate::app::App;
use crate::auth::DeviceClaims;
use crate::db::fingerprint::{self, Contents};
use crate::db::{TenantTx, feed};
use crate::http::ApiError;
use crate::http::extract::Query;

/// Orders in one range: a device reads so many documents in a few milliseconds.
const RANGE: usize = 64;

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    at: u64,
    check: Option<i64>,
    /// The last order of the range before.
    #[serde(default)]
    after: Uuid,
    /// Whether each order is to be told.
    #[serde(default)]
    each: bool,
}

pub(super) async fn get(
    State(app): State<App>,
    claims: DeviceClaims,
    Query(asked): Query<Asked>,
) -> Result<Response, ApiError> {
    let Asked { at, check, after, each } = asked;
    let _turn = app.sync().admit_comparison().await;
    // One moment: what is said of the orders is of the head that is looked at.
    let mut tx = TenantTx::begin_reading(app.pools(), claims.organization).await?;
    if !is_ours(&mut tx, claims, Place { at, check }).await? {
        let message = "this device is ahead of the server, or read another history; connect again";
        return Err(ApiError::conflict("other_history", message));
    }
    let limit = i64::try_from(RANGE).unwrap_or(i64::MAX);
    let orders = fingerprint::orders(&mut tx, claims.plant, at, after.into(), limit).await?;
    let (newer, known): (Vec<_>, Vec<_>) = orders.into_iter().partition(|order| order.seq > at);
    if each {
        tracing::warn!(device = %claims.device, %after, "a device holds something else than the server");
    }
    let prints = known.iter().map(|it| (it.order, print(it))).collect();
    let mut range = Range::of(prints, newer.into_iter().map(|it| it.order).collect(), RANGE, each);
    if range.is_last() {
        range.beside = Some(fingerprint::beside(&mut tx, claims.plant, at).await?);
    }
    tx.rollback().await?;
    packed(&range)
}

fn print(order: &Contents) -> u64 {
    match order.is_archived {
        true => of_archived(order.order),
        false => of_order(order.order, &order.heads, order.facts),
    }
}

/// Whether a place is one of the plant's feed as it is here.
async fn is_ours(tx: &mut TenantTx, claims: DeviceClaims, place: Place) -> Result<bool, ApiError> {
    let feed = claims.plant.into();
    let heads = feed::heads(tx, &[feed]).await?;
    Ok(match heads.first() {
        Some(head) => !head.is_of_another(tx, place.at, place.check).await?,
        None => place.at == 0,
    })
}
