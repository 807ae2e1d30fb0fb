//! Work order numbers: ranges that are leased, so that devices number orders with no network.

use shared_model::ids::{DeviceId, PlantId};
use shared_model::number::NumberLease;
use shared_model::time::Timestamp;

use super::{Error, Instant, TenantTx};

/// What the numbers of new orders begin with.
pub const PREFIX: &str = "WO-";

/// Leases the next `count` numbers to a device; to the server itself with the nil id. Numbers that
/// people gave by hand are passed over.
///
/// # Errors
/// When the database does not answer.
pub async fn lease(
    tx: &mut TenantTx,
    plant: PlantId,
    device: DeviceId,
    count: u32,
    now: Timestamp,
) -> Result<NumberLease, Error> {
    let count = i64::from(count.max(1));
    let past = sqlx::query_scalar!(
        r#"with given as (
               select coalesce(max(substring(number_key from '^wo-([0-9]{1,9})$')::bigint), 0) as highest
               from work_order where plant_id = $1
           )
           insert into number_range (organization_id, plant_id, prefix, next)
           select current_organization(), $1, $2, given.highest + 1 + $3 from given
           on conflict (organization_id, plant_id, prefix)
           do update set next = greatest(number_range.next, (select highest + 1 from given)) + $3
           returning next"#,
        plant.uuid(),
        PREFIX,
        count
    )
    .fetch_one(tx.conn())
    .await?;
    let first = past - count;
    sqlx::query!(
        "insert into number_lease (organization_id, plant_id, prefix, first, past, device_id, leased_at) \
         values (current_organization(), $1, $2, $3, $4, $5, $6)",
        plant.uuid(),
        PREFIX,
        first,
        past,
        device.uuid(),
        Instant(now)
    )
    .execute(tx.conn())
    .await?;
    Ok(NumberLease { prefix: PREFIX.to_owned(), next: first.unsigned_abs(), end: past.unsigned_abs() })
}
