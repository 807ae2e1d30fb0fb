//! Refused commands, kept whole, and what administrators decided on those of revoked devices.

use shared_model::ids::{CommandId, DeviceId, PlantId, UserId};
use shared_model::refusal::Refusal;
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::{Error, Instant, TenantTx};

/// A command that a device sent and that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub command: CommandId,
    pub plant: PlantId,
    pub device: DeviceId,
    pub device_name: Option<String>,
    pub user: UserId,
    pub user_name: Option<String>,
    /// By the device's clock.
    pub entered_at: Timestamp,
    pub received_at: Timestamp,
    /// JSON, as it was sent.
    pub body: String,
    pub refusal: Refusal,
    pub decision: Option<Decision>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub at: Timestamp,
    pub by: UserId,
    /// The command as which it was entered again; none where it was closed.
    pub released_as: Option<CommandId>,
    pub note: String,
}

/// Which of the refused commands.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// None: of any device.
    pub device: Option<DeviceId>,
    /// Only those on which nobody has decided.
    pub is_open: bool,
    /// Those after this one, in the order of their ids, which is that of their entering.
    pub after: Option<CommandId>,
    /// Only this one.
    pub command: Option<CommandId>,
}

struct Row {
    command_id: Uuid,
    plant_id: Uuid,
    device_id: Uuid,
    device_name: Option<String>,
    user_id: Uuid,
    user_name: Option<String>,
    occurred_at: Instant,
    received_at: Instant,
    body: String,
    refusal: Option<String>,
    decided_at: Option<Instant>,
    decided_by: Option<Uuid>,
    released_as: Option<Uuid>,
    note: Option<String>,
}

impl TryFrom<Row> for Refused {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let refusal = row.refusal.as_deref().and_then(|json| serde_json::from_str(json).ok());
        let inconsistent =
            || Error::Inconsistent { table: "command", column: "refusal", row: row.command_id.to_string() };
        let decision = match (row.decided_at, row.decided_by) {
            (Some(at), Some(by)) => Some(Decision {
                at: at.into(),
                by: by.into(),
                released_as: row.released_as.map(Into::into),
                note: row.note.unwrap_or_default(),
            }),
            _ => None,
        };
        Ok(Self {
            refusal: refusal.ok_or_else(inconsistent)?,
            command: row.command_id.into(),
            plant: row.plant_id.into(),
            device: row.device_id.into(),
            device_name: row.device_name,
            user: row.user_id.into(),
            user_name: row.user_name,
            entered_at: row.occurred_at.into(),
            received_at: row.received_at.into(),
            body: row.body,
            decision,
        })
    }
}

/// What devices sent to some plants and was refused, in the order in which it was entered. What people
/// did at the console is not in it: they were told at once.
///
/// # Errors
/// When the database does not answer or holds a refusal that is none.
pub async fn list(
    tx: &mut TenantTx,
    plants: &[PlantId],
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Refused>, Error> {
    let plants: Vec<Uuid> = plants.iter().map(|plant| plant.uuid()).collect();
    sqlx::query_as!(
        Row,
        r#"select refused.command_id, refused.plant_id, refused.device_id, device.name as "device_name?",
               refused.user_id, person.name as "user_name?", command.occurred_at, refused.received_at,
               refused.body, command.refusal, decision.decided_at as "decided_at?",
               decision.decided_by as "decided_by?", decision.released_as, decision.note as "note?"
           from refused
           join command
               on command.organization_id = refused.organization_id and command.id = refused.command_id
           left join device
               on device.organization_id = refused.organization_id and device.id = refused.device_id
           left join user_account as person
               on person.organization_id = refused.organization_id and person.id = refused.user_id
           left join refused_decision as decision
               on decision.organization_id = refused.organization_id
               and decision.command_id = refused.command_id
           where refused.plant_id = any($1) and ($2::uuid is null or refused.device_id = $2)
               and refused.device_id <> '00000000-0000-0000-0000-000000000000'
               and ($3::uuid is null or refused.command_id > $3)
               and not ($4 and decision.decided_at is not null)
               and ($6::uuid is null or refused.command_id = $6)
           order by refused.command_id limit $5"#,
        &plants,
        filter.device.map(DeviceId::uuid),
        filter.after.map(CommandId::uuid),
        filter.is_open,
        limit,
        filter.command.map(CommandId::uuid)
    )
    .fetch_all(tx.conn())
    .await?
    .into_iter()
    .map(Refused::try_from)
    .collect()
}

/// One of them.
///
/// # Errors
/// When the database does not answer or holds a refusal that is none.
pub async fn find(
    tx: &mut TenantTx,
    plants: &[PlantId],
    command: CommandId,
) -> Result<Option<Refused>, Error> {
    let filter = Filter { command: Some(command), ..Filter::default() };
    Ok(list(tx, plants, &filter, 1).await?.pop())
}

/// Notes what the transaction's actor decided; false where somebody decided before.
///
/// # Errors
/// When the database does not answer, or the transaction is nobody's.
pub async fn decide(
    tx: &mut TenantTx,
    command: CommandId,
    released_as: Option<CommandId>,
    note: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let actor = tx.actor().map(UserId::uuid);
    let decided = sqlx::query!(
        "insert into refused_decision \
             (organization_id, command_id, decided_at, decided_by, released_as, note) \
         values (current_organization(), $1, $2, $3, $4, $5) on conflict do nothing",
        command.uuid(),
        Instant(now),
        actor,
        released_as.map(CommandId::uuid),
        note
    )
    .execute(tx.conn())
    .await?;
    Ok(decided.rows_affected() > 0)
}

/// How much is kept of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    pub commands: i64,
    pub bytes: i64,
}

/// # Errors
/// When the database does not answer.
pub async fn kept(tx: &mut TenantTx, device: DeviceId) -> Result<Kept, Error> {
    let row = sqlx::query!(
        r#"select count(*) as "commands!",
               coalesce(sum(octet_length(body) + coalesce(octet_length(change), 0)), 0)::bigint as "bytes!"
           from refused where device_id = $1"#,
        device.uuid()
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Kept { commands: row.commands, bytes: row.bytes })
}
