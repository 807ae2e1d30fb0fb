//! Organizations and their plants.

use shared_model::ids::{OrganizationId, PlantId};
use shared_model::plant::{Organization, Plant};
use shared_model::record::Record;

use super::{Error, Pools, SystemTx, TenantTx, record};

/// A plant, as far as a person needs to know it to choose one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlantName {
    pub id: PlantId,
    pub code: String,
    pub name: String,
}

/// Adds the organization of this transaction, or changes it.
///
/// # Errors
/// When the database refuses, among others because the transaction is another organization's.
pub async fn put(tx: &mut TenantTx, organization: &Organization) -> Result<(), Error> {
    sqlx::query!(
        "insert into organization (organization_id, code, name) values ($1, $2, $3) \
         on conflict (organization_id) do update set code = excluded.code, name = excluded.name",
        organization.id.uuid(),
        organization.code.as_str(),
        organization.name
    )
    .execute(tx.conn())
    .await?;
    record::put(tx, None, &Record::Organization(organization.clone())).await?;
    Ok(())
}

/// Adds a plant or changes it.
///
/// # Errors
/// When the database refuses; constraint `plant_code_unique`: another plant has the code.
pub async fn put_plant(tx: &mut TenantTx, plant: &Plant) -> Result<(), Error> {
    sqlx::query!(
        "insert into plant (organization_id, id, code, name) values (current_organization(), $1, $2, $3) \
         on conflict (organization_id, id) do update set code = excluded.code, name = excluded.name",
        plant.id.uuid(),
        plant.code.as_str(),
        plant.name
    )
    .execute(tx.conn())
    .await?;
    record::put(tx, Some(plant.id), &Record::Plant(plant.clone())).await?;
    Ok(())
}

/// The plants of all organizations.
///
/// # Errors
/// When the database does not answer.
pub async fn all_plants(pools: &Pools) -> Result<Vec<(OrganizationId, PlantName)>, Error> {
    let mut system = SystemTx::begin(pools).await?;
    let organizations = all(&mut system).await?;
    drop(system);
    let mut found = Vec::new();
    for (organization, ..) in organizations {
        let mut tx = TenantTx::begin(pools, organization, None).await?;
        found.extend(plants(&mut tx).await?.into_iter().map(|plant| (organization, plant)));
        tx.rollback().await?;
    }
    Ok(found)
}

/// # Errors
/// When the database does not answer.
pub async fn plants(tx: &mut TenantTx) -> Result<Vec<PlantName>, Error> {
    let rows =
        sqlx::query!("select id, code, name from plant order by name, id").fetch_all(tx.conn()).await?;
    Ok(rows.into_iter().map(|row| PlantName { id: row.id.into(), code: row.code, name: row.name }).collect())
}

/// # Errors
/// When the database does not answer.
pub async fn has_plant(tx: &mut TenantTx, plant: PlantId) -> Result<bool, Error> {
    let found =
        sqlx::query_scalar!(r#"select exists (select from plant where id = $1) as "found!""#, plant.uuid())
            .fetch_one(tx.conn())
            .await?;
    Ok(found)
}

/// The plants of a code in all organizations, with the organization's code: for the command line,
/// where nobody has signed in.
///
/// # Errors
/// When the database does not answer.
pub async fn find_plants(
    tx: &mut SystemTx,
    code: &str,
) -> Result<Vec<(OrganizationId, String, PlantId)>, Error> {
    let rows = sqlx::query!(
        "select organization_id, organization.code, plant.id \
         from plant join organization using (organization_id) where code_key = lower($1) \
         order by organization.code",
        code
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.organization_id.into(), row.code, row.id.into())).collect())
}

/// All organizations with their codes and names.
///
/// # Errors
/// When the database does not answer.
pub async fn all(tx: &mut SystemTx) -> Result<Vec<(OrganizationId, String, String)>, Error> {
    let rows =
        sqlx::query!("select organization_id, code, name from organization order by code, organization_id")
            .fetch_all(tx.conn())
            .await?;
    Ok(rows.into_iter().map(|row| (row.organization_id.into(), row.code, row.name)).collect())
}
