//! People, their roles, and whose an e-mail address is.

use shared_model::ids::{OrganizationId, PlantId, UserId};
use shared_model::people::{Role, RoleAssignment, User};
use shared_model::record::Record;

use super::{Error, SystemTx, TenantTx, record};

/// A person to be added.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub id: UserId,
    pub email: String,
    pub name: String,
    /// Argon2id in PHC form; none: they cannot sign in yet.
    pub password_hash: Option<String>,
    pub roles: Vec<RoleAssignment>,
}

/// What a sign-in is checked against.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub user: UserId,
    pub name: String,
    pub password_hash: Option<String>,
    pub is_active: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum UserError {
    #[error("somebody uses this e-mail address already")]
    EmailTaken,
    #[error("a role names a plant that does not exist")]
    UnknownPlant,
    #[error(transparent)]
    Db(#[from] Error),
}

impl From<sqlx::Error> for UserError {
    fn from(error: sqlx::Error) -> Self {
        let error = Error::from(error);
        match error.constraint() {
            Some("email_address_pkey") => Self::EmailTaken,
            Some("role_assignment_organization_id_plant_id_fkey") => Self::UnknownPlant,
            _ => Self::Db(error),
        }
    }
}

/// The form in which addresses are compared.
#[must_use]
pub fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Adds a person and tells the devices.
///
/// # Errors
/// When the address is taken or a role's plant does not exist.
pub async fn create(tx: &mut TenantTx, user: &NewUser) -> Result<(), UserError> {
    sqlx::query!(
        "insert into user_account (organization_id, id, email, name, password_hash) \
         values (current_organization(), $1, $2, $3, $4)",
        user.id.uuid(),
        user.email.trim(),
        user.name,
        user.password_hash
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "insert into email_address (email_key, organization_id, user_id) \
         values ($1, current_organization(), $2)",
        email_key(&user.email),
        user.id.uuid()
    )
    .execute(tx.conn())
    .await?;
    insert_roles(tx, user.id, &user.roles).await?;
    publish(tx, user.id).await
}

/// Changes name, activity and roles, and tells the devices. False when there is no such person.
///
/// # Errors
/// When a role's plant does not exist.
pub async fn edit(tx: &mut TenantTx, user: &User) -> Result<bool, UserError> {
    let changed = sqlx::query!(
        "update user_account set name = $2, is_active = $3, updated_at = now() where id = $1",
        user.id.uuid(),
        user.name,
        user.is_active
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if changed == 0 {
        return Ok(false);
    }
    sqlx::query!("delete from role_assignment where user_id = $1", user.id.uuid()).execute(tx.conn()).await?;
    insert_roles(tx, user.id, &user.roles).await?;
    publish(tx, user.id).await?;
    Ok(true)
}

/// # Errors
/// When the database does not answer.
pub async fn set_password(tx: &mut TenantTx, user: UserId, hash: &str) -> Result<(), Error> {
    sqlx::query!(
        "update user_account set password_hash = $2, updated_at = now() where id = $1",
        user.uuid(),
        hash
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn insert_roles(tx: &mut TenantTx, user: UserId, roles: &[RoleAssignment]) -> Result<(), UserError> {
    for held in roles {
        sqlx::query!(
            "insert into role_assignment (organization_id, user_id, role, plant_id, department_id) \
             values (current_organization(), $1, $2, $3, $4) on conflict do nothing",
            user.uuid(),
            held.role.code(),
            held.plant.map(PlantId::uuid),
            held.department.map(shared_model::ids::DepartmentId::uuid)
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

async fn publish(tx: &mut TenantTx, id: UserId) -> Result<(), UserError> {
    if let Some(user) = find(tx, id).await? {
        record::put(tx, None, &Record::User(user)).await?;
    }
    Ok(())
}

/// A person with their roles.
///
/// # Errors
/// When the database does not answer.
pub async fn find(tx: &mut TenantTx, id: UserId) -> Result<Option<User>, Error> {
    let Some(row) = sqlx::query!("select name, is_active from user_account where id = $1", id.uuid())
        .fetch_optional(tx.conn())
        .await?
    else {
        return Ok(None);
    };
    let roles = sqlx::query!(
        "select role, plant_id, department_id from role_assignment where user_id = $1 \
         order by role, plant_id, department_id",
        id.uuid()
    )
    .fetch_all(tx.conn())
    .await?
    .into_iter()
    .map(|row| RoleAssignment {
        role: Role::of_code(&row.role),
        plant: row.plant_id.map(Into::into),
        department: row.department_id.map(Into::into),
    })
    .collect();
    Ok(Some(User { id, name: row.name, is_active: row.is_active, roles }))
}

/// The people who have a role in a plant after one in the order of their ids. `search` looks into
/// their names.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    tx: &mut TenantTx,
    plant: PlantId,
    search: &str,
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<User>, Error> {
    let rows = sqlx::query!(
        r#"select id, name, is_active,
               (select jsonb_agg(jsonb_build_object(
                        'role', role, 'plant', plant_id, 'department', department_id) order by role, plant_id)
                from role_assignment where user_id = user_account.id) as "roles!"
           from user_account
           where ($2::uuid is null or id > $2) and ($3 = '' or strpos(lower(name), lower($3)) > 0)
               and exists (select from role_assignment
                           where user_id = user_account.id and (plant_id is null or plant_id = $1))
           order by id limit $4"#,
        plant.uuid(),
        after.map(UserId::uuid),
        search.trim(),
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let broken =
                |_| Error::Inconsistent { table: "role_assignment", column: "role", row: row.id.to_string() };
            let roles = serde_json::from_value(row.roles).map_err(broken)?;
            Ok(User { id: row.id.into(), name: row.name, is_active: row.is_active, roles })
        })
        .collect()
}

/// Whether anybody administers the whole organization.
///
/// # Errors
/// When the database does not answer.
pub async fn has_administrator(tx: &mut TenantTx) -> Result<bool, Error> {
    let found = sqlx::query_scalar!(
        r#"select exists (
               select from role_assignment join user_account on id = user_id
               where role = 'organization_admin' and plant_id is null and is_active
           ) as "found!""#
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(found)
}

/// # Errors
/// When the database does not answer.
pub async fn credentials(tx: &mut TenantTx, user: UserId) -> Result<Option<Credentials>, Error> {
    let row =
        sqlx::query!("select name, password_hash, is_active from user_account where id = $1", user.uuid())
            .fetch_optional(tx.conn())
            .await?;
    Ok(row.map(|row| Credentials {
        user,
        name: row.name,
        password_hash: row.password_hash,
        is_active: row.is_active,
    }))
}

/// Whose an e-mail address is.
///
/// # Errors
/// When the database does not answer.
pub async fn by_email(tx: &mut SystemTx, email: &str) -> Result<Option<(OrganizationId, UserId)>, Error> {
    let row = sqlx::query!(
        "select organization_id, user_id from email_address where email_key = $1",
        email_key(email)
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| (row.organization_id.into(), row.user_id.into())))
}
