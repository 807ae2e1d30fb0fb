//! Who this device is, and who is at it.

use rusqlite::{Connection, OptionalExtension, Transaction};
use shared_model::host::SessionUser;
use shared_model::ids::{UserId, WorkCenterId};
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::Result;
use crate::identity::Enrollment;
use crate::stored::{from_json, json};

#[derive(Clone, Default)]
pub(crate) struct Device {
    pub key: Option<[u8; 32]>,
    pub enrollment: Option<Enrollment>,
    pub user: Option<SessionUser>,
    pub station: Option<WorkCenterId>,
    pub clock_offset_millis: i64,
    /// The server's clock when the offset was measured.
    pub server_time: Timestamp,
}

pub(crate) fn load(outbox: &Connection) -> Result<Device> {
    let sql = "select key, enrollment, user_id, station, clock_offset_millis, server_time from device";
    let (mut device, user) = outbox.query_row(sql, [], |row| {
        let enrollment: Option<String> = row.get(1)?;
        let device = Device {
            key: row.get(0)?,
            enrollment: enrollment.map(|text| from_json(1, &text)).transpose()?,
            user: None,
            station: row.get::<_, Option<Uuid>>(3)?.map(Into::into),
            clock_offset_millis: row.get(4)?,
            server_time: Timestamp::from_millis(row.get(5)?),
        };
        Ok((device, row.get::<_, Option<Uuid>>(2)?))
    })?;
    device.user = user.map(|user| person(outbox, user.into())).transpose()?.flatten();
    Ok(device)
}

/// Somebody who signed in here at some time.
pub(crate) fn person(outbox: &Connection, user: UserId) -> Result<Option<SessionUser>> {
    Ok(outbox
        .prepare_cached("select body from person where user_id = ?1")?
        .query_row([user.uuid()], |row| from_json(0, row.get_ref(0)?.as_str()?))
        .optional()?)
}

pub(crate) fn set_key(tx: &Transaction<'_>, key: &[u8; 32]) -> Result<()> {
    tx.execute("update device set key = ?1", [key])?;
    Ok(())
}

pub(crate) fn enroll(tx: &Transaction<'_>, enrollment: &Enrollment) -> Result<()> {
    tx.execute("update device set enrollment = ?1", [json(enrollment)?])?;
    Ok(())
}

pub(crate) fn sign_in(tx: &Transaction<'_>, user: &SessionUser) -> Result<()> {
    tx.execute(
        "insert into person (user_id, body) values (?1, ?2) on conflict do update set body = excluded.body",
        (user.id.uuid(), json(user)?),
    )?;
    tx.execute("update device set user_id = ?1", [user.id.uuid()])?;
    Ok(())
}

pub(crate) fn sign_out(tx: &Transaction<'_>) -> Result<()> {
    tx.execute("update device set user_id = null", [])?;
    Ok(())
}

pub(crate) fn set_station(tx: &Transaction<'_>, station: Option<WorkCenterId>) -> Result<()> {
    tx.execute("update device set station = ?1", [station.map(WorkCenterId::uuid)])?;
    Ok(())
}

pub(crate) fn set_clock_offset(tx: &Transaction<'_>, millis: i64, server_time: Timestamp) -> Result<()> {
    let sql = "update device set clock_offset_millis = ?1, server_time = ?2";
    tx.execute(sql, (millis, server_time.as_millis()))?;
    Ok(())
}
