//! Devices: the codes that enroll them, their keys, who signs in on them.

use shared_model::ids::{DeviceId, OrganizationId, PlantId, UserId, WorkCenterId};
use shared_model::time::Timestamp;

use super::{Error, Instant, SystemTx, TenantTx};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    pub id: DeviceId,
    pub plant: PlantId,
    pub name: String,
    /// Ed25519.
    pub public_key: [u8; 32],
    pub station: Option<WorkCenterId>,
    pub enrolled_at: Timestamp,
    pub last_seen_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    /// Since when it is told to remove what it holds.
    pub wipe_asked_at: Option<Timestamp>,
    /// When it said that it does.
    pub wiped_at: Option<Timestamp>,
}

struct Row {
    id: uuid::Uuid,
    plant_id: uuid::Uuid,
    name: String,
    public_key: Vec<u8>,
    station_id: Option<uuid::Uuid>,
    enrolled_at: Instant,
    last_seen_at: Option<Instant>,
    revoked_at: Option<Instant>,
    wipe_asked_at: Option<Instant>,
    wiped_at: Option<Instant>,
}

impl TryFrom<Row> for Device {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let inconsistent =
            |_| Error::Inconsistent { table: "device", column: "public_key", row: row.id.to_string() };
        Ok(Self {
            id: row.id.into(),
            plant: row.plant_id.into(),
            name: row.name,
            public_key: row.public_key.try_into().map_err(inconsistent)?,
            station: row.station_id.map(Into::into),
            enrolled_at: row.enrolled_at.into(),
            last_seen_at: row.last_seen_at.map(Into::into),
            revoked_at: row.revoked_at.map(Into::into),
            wipe_asked_at: row.wipe_asked_at.map(Into::into),
            wiped_at: row.wiped_at.map(Into::into),
        })
    }
}

/// What an enrollment code is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    pub plant: PlantId,
    pub expires_at: Timestamp,
    pub used_by: Option<DeviceId>,
}

/// Whose a device is.
///
/// # Errors
/// When the database does not answer.
pub async fn organization(tx: &mut SystemTx, device: DeviceId) -> Result<Option<OrganizationId>, Error> {
    let found = sqlx::query_scalar!("select organization_id from device where id = $1", device.uuid())
        .fetch_optional(tx.conn())
        .await?;
    Ok(found.map(Into::into))
}

/// Who made an enrollment code.
///
/// # Errors
/// When the database does not answer.
pub async fn organization_of_code(tx: &mut SystemTx, hash: &[u8]) -> Result<Option<OrganizationId>, Error> {
    let found = sqlx::query_scalar!("select organization_id from enrollment_code where code_hash = $1", hash)
        .fetch_optional(tx.conn())
        .await?;
    Ok(found.map(Into::into))
}

/// # Errors
/// When the database does not answer.
pub async fn add_code(
    tx: &mut TenantTx,
    hash: &[u8],
    plant: PlantId,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    let actor = tx.actor().map(UserId::uuid);
    sqlx::query!(
        "insert into enrollment_code \
         (organization_id, code_hash, plant_id, created_by, created_at, expires_at) \
         values (current_organization(), $1, $2, $3, $4, $5)",
        hash,
        plant.uuid(),
        actor,
        Instant(now),
        Instant(expires_at)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A code, locked: of two devices that come with it at once, one waits and finds it used.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_code(tx: &mut TenantTx, hash: &[u8]) -> Result<Option<Code>, Error> {
    let row = sqlx::query!(
        "select plant_id, expires_at, device_id from enrollment_code where code_hash = $1 for update",
        hash
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Code {
        plant: row.plant_id.into(),
        expires_at: row.expires_at.into(),
        used_by: row.device_id.map(Into::into),
    }))
}

/// Adds a device that came with a code, which is worth nothing from then on.
///
/// # Errors
/// When the database does not answer.
pub async fn enroll(
    tx: &mut TenantTx,
    code_hash: &[u8],
    id: DeviceId,
    name: &str,
    public_key: &[u8; 32],
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into device (organization_id, id, plant_id, name, public_key, enrolled_at) \
         select organization_id, $2, plant_id, $3, $4, $5 from enrollment_code where code_hash = $1",
        code_hash,
        id.uuid(),
        name,
        public_key,
        Instant(now)
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "update enrollment_code set used_at = $2, device_id = $3 where code_hash = $1",
        code_hash,
        Instant(now),
        id.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// # Errors
/// When the database does not answer.
pub async fn find(tx: &mut TenantTx, id: DeviceId) -> Result<Option<Device>, Error> {
    sqlx::query_as!(
        Row,
        "select id, plant_id, name, public_key, station_id, enrolled_at, last_seen_at, revoked_at, \
         wipe_asked_at, wiped_at \
         from device where id = $1",
        id.uuid()
    )
    .fetch_optional(tx.conn())
    .await?
    .map(Device::try_from)
    .transpose()
}

/// The devices of some plants after one in the order of their ids, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    tx: &mut TenantTx,
    plants: &[PlantId],
    after: Option<DeviceId>,
    limit: i64,
) -> Result<Vec<Device>, Error> {
    let plants: Vec<uuid::Uuid> = plants.iter().map(|plant| plant.uuid()).collect();
    sqlx::query_as!(
        Row,
        "select id, plant_id, name, public_key, station_id, enrolled_at, last_seen_at, revoked_at, \
         wipe_asked_at, wiped_at \
         from device where plant_id = any($3) and ($1::uuid is null or id > $1) order by id limit $2",
        after.map(DeviceId::uuid),
        limit,
        &plants
    )
    .fetch_all(tx.conn())
    .await?
    .into_iter()
    .map(Device::try_from)
    .collect()
}

/// Revokes a device; false when there is none. Revoking twice keeps the first date.
///
/// # Errors
/// When the database does not answer.
pub async fn revoke(tx: &mut TenantTx, id: DeviceId, now: Timestamp) -> Result<bool, Error> {
    let actor = tx.actor().map(UserId::uuid);
    let changed = sqlx::query!(
        "update device set revoked_at = coalesce(revoked_at, $2), \
         revoked_by = case when revoked_at is null then $3 else revoked_by end where id = $1",
        id.uuid(),
        Instant(now),
        actor
    )
    .execute(tx.conn())
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Has a device remove what it holds, which revokes it; false when there is none. Asking twice keeps the
/// first date.
///
/// # Errors
/// When the database does not answer.
pub async fn ask_to_wipe(tx: &mut TenantTx, id: DeviceId, now: Timestamp) -> Result<bool, Error> {
    revoke(tx, id, now).await?;
    let actor = tx.actor().map(UserId::uuid);
    let changed = sqlx::query!(
        "update device set wipe_asked_at = coalesce(wipe_asked_at, $2), \
         wipe_asked_by = case when wipe_asked_at is null then $3 else wipe_asked_by end where id = $1",
        id.uuid(),
        Instant(now),
        actor
    )
    .execute(tx.conn())
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Notes that a device removes what it holds; false when it was not asked to, or said so before.
///
/// # Errors
/// When the database does not answer.
pub async fn wiped(tx: &mut TenantTx, id: DeviceId, now: Timestamp) -> Result<bool, Error> {
    let changed = sqlx::query!(
        "update device set wiped_at = $2 \
         where id = $1 and wipe_asked_at is not null and wiped_at is null",
        id.uuid(),
        Instant(now)
    )
    .execute(tx.conn())
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Notes that a device was here. Not more often than once a minute: it is for people to look at.
///
/// # Errors
/// When the database does not answer.
pub async fn seen(tx: &mut TenantTx, id: DeviceId, now: Timestamp) -> Result<(), Error> {
    sqlx::query!(
        "update device set last_seen_at = $2 \
         where id = $1 and (last_seen_at is null or last_seen_at < $2::timestamptz - interval '1 minute')",
        id.uuid(),
        Instant(now)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notes that devices are here. Which of them should not be: they were revoked, or are not known.
///
/// # Errors
/// When the database does not answer.
pub async fn attend(
    tx: &mut TenantTx,
    devices: &[uuid::Uuid],
    now: Timestamp,
) -> Result<Vec<DeviceId>, Error> {
    let revoked = sqlx::query_scalar!(
        r#"with present as (select unnest($1::uuid[]) as id), noted as (
               update device set last_seen_at = $2 from present
               where device.id = present.id and device.revoked_at is null
           )
           select present.id as "id!" from present left join device on device.id = present.id
           where device.id is null or device.revoked_at is not null"#,
        devices,
        Instant(now)
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(revoked.into_iter().map(Into::into).collect())
}

/// Notes that a person signed in on a device: from now on the device may send what they did.
///
/// # Errors
/// When the database does not answer.
pub async fn signed_in(tx: &mut TenantTx, id: DeviceId, user: UserId, now: Timestamp) -> Result<(), Error> {
    sqlx::query!(
        "insert into device_user \
         (organization_id, device_id, user_id, first_signed_in_at, last_signed_in_at) \
         values (current_organization(), $1, $2, $3, $3) \
         on conflict (organization_id, device_id, user_id) do update set last_signed_in_at = $3",
        id.uuid(),
        user.uuid(),
        Instant(now)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether a person ever signed in on a device.
///
/// # Errors
/// When the database does not answer.
pub async fn has_user(tx: &mut TenantTx, id: DeviceId, user: UserId) -> Result<bool, Error> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from device_user where device_id = $1 and user_id = $2) as "found!""#,
        id.uuid(),
        user.uuid()
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(found)
}
