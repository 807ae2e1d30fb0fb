//! Commands and their verdicts.

use std::collections::{BTreeMap, BTreeSet};

use shared_model::ids::{CommandId, DeviceId, PlantId, UserId};
use shared_model::refusal::Refusal;
use shared_model::sync::wire::Verdict;
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::{Error, Instant, TenantTx, signed};

/// A command with the verdict that it gets.
#[derive(Clone, Debug)]
pub struct Settled {
    pub id: CommandId,
    pub code: &'static str,
    pub device: DeviceId,
    pub user: UserId,
    pub occurred_at: Timestamp,
    pub clock_skew_ms: Option<i64>,
    pub outcome: Outcome,
}

#[derive(Clone, Debug)]
pub enum Outcome {
    Accepted {
        seq: u64,
    },
    Refused {
        refusal: Refusal,
        /// The command as it was sent.
        body: String,
        change: Option<Vec<u8>>,
        /// The change's hash, where the bytes are a change.
        hash: Option<Vec<u8>>,
    },
}

/// The verdicts on commands that were judged before.
///
/// # Errors
/// When the database does not answer or holds a refusal that is none.
pub async fn verdicts(tx: &mut TenantTx, ids: &[Uuid]) -> Result<BTreeMap<CommandId, Verdict>, Error> {
    let rows = sqlx::query!("select id, accepted_seq, refusal from command where id = any($1)", ids)
        .fetch_all(tx.conn())
        .await?;
    rows.into_iter()
        .map(|row| {
            let inconsistent =
                || Error::Inconsistent { table: "command", column: "refusal", row: row.id.to_string() };
            let verdict = match (row.accepted_seq, &row.refusal) {
                (Some(seq), _) => Verdict::Accepted { seq: seq.unsigned_abs() },
                (None, Some(json)) => {
                    Verdict::Refused(serde_json::from_str(json).map_err(|_| inconsistent())?)
                }
                (None, None) => return Err(inconsistent()),
            };
            Ok((row.id.into(), verdict))
        })
        .collect()
}

/// Which changes were refused, with the commands that brought them.
///
/// # Errors
/// When the database does not answer.
pub async fn blocked(tx: &mut TenantTx, hashes: &[Vec<u8>]) -> Result<BTreeMap<Vec<u8>, CommandId>, Error> {
    let rows = sqlx::query!("select hash, command_id from blocked_change where hash = any($1)", hashes)
        .fetch_all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| (row.hash, row.command_id.into())).collect())
}

/// The devices that commands come from, as far as a command's right to come depends on them.
#[derive(Clone, Debug, Default)]
pub struct Senders {
    revoked: BTreeSet<DeviceId>,
    signed_in: BTreeSet<(DeviceId, UserId)>,
}

impl Senders {
    #[must_use]
    pub fn is_revoked(&self, device: DeviceId) -> bool {
        self.revoked.contains(&device)
    }

    /// Whether a person ever signed in on a device.
    #[must_use]
    pub fn has_user(&self, device: DeviceId, user: UserId) -> bool {
        self.signed_in.contains(&(device, user))
    }
}

/// # Errors
/// When the database does not answer.
pub async fn senders(tx: &mut TenantTx, devices: &[Uuid]) -> Result<Senders, Error> {
    let rows = sqlx::query!(
        r#"select device.id as "id!", revoked_at is not null as "is_revoked!", device_user.user_id as "user_id?"
           from device left join device_user
               on device_user.organization_id = device.organization_id and device_user.device_id = device.id
           where device.id = any($1)"#,
        devices
    )
    .fetch_all(tx.conn())
    .await?;
    let mut senders = Senders::default();
    for row in rows {
        let device = row.id.into();
        if row.is_revoked {
            senders.revoked.insert(device);
        }
        senders.signed_in.extend(row.user_id.map(|user| (device, user.into())));
    }
    Ok(senders)
}

/// Keeps the verdicts; of refused commands the bodies, and their changes as blocked.
///
/// # Errors
/// When the database does not answer.
pub async fn settle(
    tx: &mut TenantTx,
    plant: PlantId,
    received_at: Timestamp,
    commands: &[Settled],
) -> Result<(), Error> {
    if commands.is_empty() {
        return Ok(());
    }
    let column = |value: fn(&Settled) -> Uuid| commands.iter().map(value).collect::<Vec<_>>();
    let ids = column(|it| it.id.uuid());
    let codes: Vec<&str> = commands.iter().map(|it| it.code).collect();
    let devices = column(|it| it.device.uuid());
    let users = column(|it| it.user.uuid());
    let occurred: Vec<Instant> = commands.iter().map(|it| Instant(it.occurred_at)).collect();
    let skews: Vec<Option<i64>> = commands.iter().map(|it| it.clock_skew_ms).collect();
    let (mut seqs, mut refusals) = (vec![], vec![]);
    for command in commands {
        match &command.outcome {
            Outcome::Accepted { seq } => {
                seqs.push(Some(signed(*seq)));
                refusals.push(None);
            }
            Outcome::Refused { refusal, .. } => {
                seqs.push(None);
                refusals.push(serde_json::to_string(refusal).ok());
            }
        }
    }
    sqlx::query!(
        "insert into command (organization_id, id, plant_id, code, device_id, user_id, occurred_at, \
             received_at, clock_skew_ms, accepted_seq, refusal) \
         select current_organization(), id, $1, code, device_id, user_id, occurred_at, $2, clock_skew_ms, \
             accepted_seq, refusal \
         from unnest($3::uuid[], $4::text[], $5::uuid[], $6::uuid[], $7::timestamptz[], $8::bigint[], \
             $9::bigint[], $10::text[]) \
             as new (id, code, device_id, user_id, occurred_at, clock_skew_ms, accepted_seq, refusal)",
        plant.uuid(),
        Instant(received_at),
        &ids,
        &codes as &[&str],
        &devices,
        &users,
        &occurred as &[Instant],
        &skews as &[Option<i64>],
        &seqs as &[Option<i64>],
        &refusals as &[Option<String>]
    )
    .execute(tx.conn())
    .await?;
    keep_refused(tx, plant, received_at, commands).await
}

async fn keep_refused(
    tx: &mut TenantTx,
    plant: PlantId,
    received_at: Timestamp,
    commands: &[Settled],
) -> Result<(), Error> {
    let (mut ids, mut devices, mut users) = (vec![], vec![], vec![]);
    let (mut bodies, mut changes, mut messages) = (vec![], vec![], vec![]);
    let (mut hashes, mut blocked_by) = (vec![], vec![]);
    for command in commands {
        let Outcome::Refused { refusal, body, change, hash } = &command.outcome else { continue };
        ids.push(command.id.uuid());
        devices.push(command.device.uuid());
        users.push(command.user.uuid());
        bodies.push(body.clone());
        changes.push(change.clone());
        messages.push(refusal.to_string().replace('\0', "\u{fffd}"));
        if let Some(hash) = hash {
            hashes.push(hash.clone());
            blocked_by.push(command.id.uuid());
        }
    }
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into refused \
             (organization_id, command_id, plant_id, device_id, user_id, received_at, body, change, message) \
         select current_organization(), id, $1, device_id, user_id, $2, body, change, message \
         from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::bytea[], $8::text[]) \
             as new (id, device_id, user_id, body, change, message)",
        plant.uuid(),
        Instant(received_at),
        &ids,
        &devices,
        &users,
        &bodies,
        &changes as &[Option<Vec<u8>>],
        &messages
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "insert into blocked_change (organization_id, hash, command_id) \
         select current_organization(), hash, command_id \
         from unnest($1::bytea[], $2::uuid[]) as new (hash, command_id) on conflict do nothing",
        &hashes,
        &blocked_by
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
