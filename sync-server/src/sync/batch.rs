//! One transaction: judges commands in their order and commits what came of them.

mod connections;
mod item;
mod judging;
mod stock;

use std::collections::{BTreeMap, BTreeSet};

use shared_model::ids::{CommandId, OrganizationId, PlantId, WorkOrderId};
use shared_model::refusal::Refusal;
use shared_model::sync::wire::Verdict;
use shared_model::sync::wire::stored::ReceivedEnvelope;
use shared_model::work_order::document::DocumentError;

pub(super) use self::connections::Connection;
use self::connections::Connections;
use self::item::Item;
use self::judging::{Judged, Judging};
use super::{Fault, Inner, Sender};
use crate::db::{self, TenantTx, command};
use crate::edge;

/// After so many commands others get a turn on the processor.
const COMMANDS_AT_A_STRETCH: usize = 16;

type Verdicts = Vec<(CommandId, Verdict)>;

/// What a connection sent at once.
pub(super) struct Push<'a> {
    pub sender: Sender,
    pub connection: &'a Connection,
    pub commands: &'a [ReceivedEnvelope],
}

/// What the batch has to be judged again for, in another way.
#[derive(Default)]
struct SetAside {
    /// Their documents cannot grow any more: what would change them is refused.
    full: BTreeSet<WorkOrderId>,
    /// Their documents cannot be read, or a decision on them failed: their commands wait, with no
    /// verdict.
    damaged: BTreeSet<WorkOrderId>,
    /// Commands on no order whose decision failed: they wait too.
    failed: BTreeSet<CommandId>,
}

/// Why an attempt ended before it was committed.
pub(super) enum Interruption {
    Fault(Fault),
    Full(WorkOrderId),
    Damaged(WorkOrderId, DocumentError),
    /// The decision itself broke off: a fault of ours, which is no reason to refuse work.
    Panicked(CommandId, Option<WorkOrderId>),
}

impl From<Fault> for Interruption {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<db::Error> for Interruption {
    fn from(error: db::Error) -> Self {
        Self::Fault(error.into())
    }
}

/// Commits pushes, and gives the verdicts of each.
///
/// # Errors
/// When nothing was committed, or nobody knows.
pub(super) async fn commit(
    inner: &Inner,
    organization: OrganizationId,
    plant: PlantId,
    pushes: &[Push<'_>],
) -> Result<Vec<Verdicts>, Fault> {
    let connections = Connections::of(pushes.iter().map(|push| push.connection));
    let items: Vec<_> = pushes
        .iter()
        .flat_map(|push| {
            let place = connections.place(push.connection);
            push.commands.iter().map(move |command| Item::new(push.sender, place, command))
        })
        .collect();
    let mut aside = SetAside::default();
    loop {
        let mut tx = TenantTx::begin(&inner.pools, organization, None).await?;
        match attempt(inner, &mut tx, plant, &items, &connections, &aside).await {
            Ok(Judged { head, held, turns, verdicts, senders }) => {
                tx.commit().await?;
                inner.orders.keep(organization, held);
                connections.keep(turns);
                inner.feeds.moved(plant.into(), head);
                return Ok(answers(pushes, &verdicts, &senders));
            }
            Err(Interruption::Fault(fault)) => return Err(fault),
            Err(Interruption::Full(order)) => {
                aside.full.insert(order);
            }
            Err(Interruption::Damaged(order, error)) => {
                tracing::error!(%order, %error, "an order's document is damaged; its commands wait");
                aside.damaged.insert(order);
            }
            Err(Interruption::Panicked(command, order)) => {
                tracing::error!(%command, ?order, "a decision broke off; the command waits");
                match order {
                    Some(order) => aside.damaged.insert(order),
                    None => aside.failed.insert(command),
                };
            }
        }
        tx.rollback().await?;
    }
}

async fn attempt(
    inner: &Inner,
    tx: &mut TenantTx,
    plant: PlantId,
    items: &[Item<'_>],
    connections: &Connections<'_>,
    aside: &SetAside,
) -> Result<Judged, Interruption> {
    let mut judging = Judging::begin(inner, tx, plant, items, connections.turns(), aside).await?;
    for (n, item) in items.iter().enumerate() {
        if n % COMMANDS_AT_A_STRETCH == COMMANDS_AT_A_STRETCH - 1 {
            tokio::task::yield_now().await;
        }
        judging.judge(tx, item).await?;
    }
    judging.write(tx).await
}

/// One verdict per command and push, in their order; none for a command that waits.
fn answers(
    pushes: &[Push<'_>],
    verdicts: &BTreeMap<CommandId, Verdict>,
    senders: &command::Senders,
) -> Vec<Verdicts> {
    let told = |push: &Push<'_>, id: CommandId| {
        let verdict = verdicts.get(&id)?;
        // Two supervisors released the same work, or a file was taken over: the one device was revoked, and the
        // other is not to take that for its own end.
        let is_others = *verdict == Verdict::Refused(Refusal::DeviceRevoked)
            && matches!(push.sender, Sender::Device(device) if !senders.is_revoked(device));
        Some(if is_others { Verdict::Refused(Refusal::HandedInElsewhere) } else { verdict.clone() })
    };
    pushes
        .iter()
        .map(|push| push.commands.iter().filter_map(|it| Some((it.id, told(push, it.id)?))).collect())
        .collect()
}

/// Refuses, and keeps, a command that the database does not take.
///
/// # Errors
/// When the database does not take that either.
pub(super) async fn refuse_unstorable(
    inner: &Inner,
    organization: OrganizationId,
    plant: PlantId,
    received: &ReceivedEnvelope,
) -> Result<Verdicts, Fault> {
    let problem = "the server cannot store it; its administrator sees why in the log".to_owned();
    let refusal = Refusal::Malformed { problem };
    let now = edge::now();
    let mut tx = TenantTx::begin(&inner.pools, organization, None).await?;
    let item = Item::new(Sender::Server, 0, received);
    command::settle(&mut tx, plant, now, &[item.refused(refusal.clone(), now)]).await?;
    tx.commit().await?;
    Ok(vec![(received.id, Verdict::Refused(refusal))])
}
