//! Commands of people who speak to the HTTP API. They go the way of all commands; the server
//! completes them first, as a device would.

use std::collections::BTreeMap;

use shared_model::actor::ActorEpoch;
use shared_model::bom::order_lines;
use shared_model::catalog::{Catalog as _, Records};
use shared_model::command::{Command, Envelope, Supply, fill};
use shared_model::ids::{CommandId, DeviceId, LocationId, MaterialId, OrganizationId, PlantId, UserId};
use shared_model::sync::wire::Verdict;
use shared_model::sync::wire::stored::ReceivedEnvelope;
use shared_model::time::Timestamp;
use shared_model::work_order::WorkOrder;
use shared_model::work_order::document::Document;
use uuid::Uuid;

use super::{Fault, Sender, Sync};
use crate::db::{TenantTx, command, document, number, stock};
use crate::edge;

/// A command that somebody who is signed in gives to the server.
#[derive(Clone, Debug)]
pub struct Order {
    pub organization: OrganizationId,
    pub plant: PlantId,
    pub user: UserId,
    /// The same id is the same press of a button: it gets the same verdict again.
    pub id: CommandId,
    pub occurred_at: Timestamp,
    pub command: Command,
    /// The versions of its order on which it may act; none: on any.
    pub only_on: Option<Vec<u64>>,
}

impl Sync {
    /// Completes a command, judges and commits it. [`Verdict::Rebase`] where the order has another
    /// version than the command may act on.
    ///
    /// # Errors
    /// When nothing was committed, or nobody knows.
    pub async fn execute(&self, mut order: Order) -> Result<Verdict, Fault> {
        let sender = match self.complete(&mut order).await? {
            Ok(sender) => sender,
            Err(verdict) => return Ok(verdict),
        };
        let envelope = Envelope {
            id: order.id,
            plant: order.plant,
            device: Uuid::nil().into(),
            user: order.user,
            occurred_at: order.occurred_at,
            sequence: 0,
            command: order.command,
            change: None,
            epoch: ActorEpoch::default(),
        };
        let received = vec![ReceivedEnvelope::from(&envelope)];
        let verdicts = self.submit(order.organization, order.plant, sender, received).await?;
        // No verdict: its document is damaged, as the log says.
        verdicts.into_iter().next().map(|(_, verdict)| verdict).ok_or(Fault::Unavailable)
    }

    /// Completes a command, and says as what to send it; or gives the verdict that is known without
    /// judging it.
    async fn complete(&self, order: &mut Order) -> Result<Result<Sender, Verdict>, Fault> {
        let mut tx = TenantTx::begin(self.pools(), order.organization, Some(order.user)).await?;
        let known = command::verdicts(&mut tx, &[order.id.uuid()]).await?;
        if let Some(verdict) = known.into_values().next() {
            return Ok(Err(verdict));
        }
        let sender = match (&order.only_on, order.command.order()) {
            (Some(versions), Some(id)) => match document::versions(&mut tx, &[id.uuid()]).await?.get(&id) {
                Some(found) if versions.contains(&found.seq) => Sender::ServerAt { version: found.seq },
                Some(_) => return Ok(Err(Verdict::Rebase { epoch: 0 })),
                // Refused as what it is.
                None => Sender::Server,
            },
            _ => Sender::Server,
        };
        let catalog = self.0.catalogs.current(&mut tx, order.plant).await?;
        let now = order.occurred_at;
        let before = match &order.command {
            Command::ReleaseWorkOrder { order, .. } => {
                let documents = document::load(&mut tx, &[order.uuid()]).await?;
                documents.get(order).map(|snapshot| Document::load(snapshot)?.order()).transpose()?.flatten()
            }
            _ => None,
        };
        let materials = looked_for(&order.command, before.as_ref(), &catalog, now);
        let locations = match materials.is_empty() {
            true => BTreeMap::new(),
            false => stock::main_locations(&mut tx, order.plant, &materials).await?,
        };
        let mut lease = match &order.command {
            Command::CreateWorkOrder(new) if new.number.is_none() => {
                let server = DeviceId::from(Uuid::nil());
                Some(number::lease(&mut tx, order.plant, server, 1, edge::now()).await?)
            }
            _ => None,
        };
        tx.commit().await?;
        let mut supply = Supply {
            number: &mut || lease.as_mut()?.take(),
            location: &|material: MaterialId| -> Option<LocationId> { locations.get(&material).copied() },
        };
        let filled = fill(&mut order.command, before.as_ref(), &*catalog, &mut supply, now);
        Ok(filled.map(|()| sender).map_err(Verdict::Refused))
    }

    /// The reference data of a plant as it is now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn catalog(
        &self,
        organization: OrganizationId,
        plant: PlantId,
    ) -> Result<std::sync::Arc<Records>, Fault> {
        let mut tx = TenantTx::begin(self.pools(), organization, None).await?;
        let catalog = self.catalog_in(&mut tx, plant).await?;
        tx.rollback().await?;
        Ok(catalog)
    }

    /// The reference data of a plant as a transaction sees it, before it writes any itself.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn catalog_in(
        &self,
        tx: &mut TenantTx,
        plant: PlantId,
    ) -> Result<std::sync::Arc<Records>, crate::db::Error> {
        self.0.catalogs.current(tx, plant).await
    }
}

/// The materials whose main location completing a command asks for.
fn looked_for(command: &Command, order: Option<&WorkOrder>, catalog: &Records, now: Timestamp) -> Vec<Uuid> {
    match command {
        Command::CreateWorkOrder(new) => vec![new.material.uuid()],
        Command::ReleaseWorkOrder { .. } => {
            let Some((order, plant)) = order.zip(catalog.plant()) else { return Vec::new() };
            let on = plant.zone.date(now);
            // A BOM that is broken is refused when the command is completed.
            let lines = order_lines(catalog, order.material, order.quantity, on).unwrap_or_default();
            lines.iter().map(|line| line.component.uuid()).collect()
        }
        _ => Vec::new(),
    }
}
