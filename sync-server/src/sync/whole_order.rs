//! `GET /api/v1/sync/orders/{order}`: an order with its document and all of its facts, for a device that
//! let go of it when it was archived.

use axum::extract::State;
use axum::response::Response;
use shared_model::ids::WorkOrderId;
use shared_model::sync::wire::{ReceivedFact, WholeOrder};

use super::packed::packed;
use crate::app::App;
use crate::auth::DeviceClaims;
use crate::db::{TenantTx, fact, snapshot};
use crate::http::ApiError;
use crate::http::extract::Path;

pub(super) async fn get(
    State(app): State<App>,
    claims: DeviceClaims,
    Path(order): Path<WorkOrderId>,
) -> Result<Response, ApiError> {
    // One moment: the facts are those of the document's version.
    let mut tx = TenantTx::begin_reading(app.pools(), claims.organization).await?;
    let found = snapshot::whole(&mut tx, claims.plant, order).await?;
    let (summary, document, seq) =
        found.ok_or_else(|| ApiError::not_found("no_order", "this plant has no such order"))?;
    let facts = fact::received_of(&mut tx, &[order.uuid()]).await?;
    tx.rollback().await?;
    let facts = facts.into_iter().map(|it| ReceivedFact { received_at: it.at, fact: it.fact }).collect();
    packed(&WholeOrder { seq, summary, document, facts })
}
