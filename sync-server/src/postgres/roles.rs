//! The roles: who owns the schema, and who works on it.

use base64::Engine as _;
use sha2::{Digest as _, Sha256};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use super::secrets::Secrets;
use super::{Access, Error};

const OWNER: &str = "unison_owner";
const APP: &str = "unison_app";
const SYSTEM: &str = "unison_system";
const DATABASE: &str = "unison";
/// Two servers that start at once on one PostgreSQL prepare it one after the other.
const PREPARING: i64 = 0x756e_6973_6f6e;

/// The logins of the embedded cluster.
pub(super) fn logins(admin: &PgConnectOptions, secrets: &Secrets) -> Access {
    let login = |role, password: &str| admin.clone().username(role).password(password).database(DATABASE);
    Access {
        admin: admin.clone(),
        owner: login(OWNER, &secrets.owner),
        app: login(APP, &secrets.app),
        system: login(SYSTEM, &secrets.system),
    }
}

/// Whether everybody can log in.
pub(super) async fn work(access: &Access) -> bool {
    works(&access.owner).await && works(&access.app).await && works(&access.system).await
}

/// Roles and database of the embedded cluster, made where they are missing.
pub(super) async fn prepare(admin: &PgConnectOptions, secrets: &Secrets) -> Result<Access, Error> {
    let access = logins(admin, secrets);
    if work(&access).await {
        return Ok(access);
    }
    let mut connection = connect(admin).await?;
    for (role, password) in [(OWNER, &secrets.owner), (APP, &secrets.app), (SYSTEM, &secrets.system)] {
        ensure_role(&mut connection, role, password).await?;
    }
    let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(DATABASE)
        .fetch_one(&mut connection)
        .await
        .map_err(Error::Roles)?;
    if !exists {
        run(&mut connection, format!("create database {DATABASE} owner {OWNER}"))
            .await
            .map_err(Error::Roles)?;
    }
    close(connection).await;
    Ok(access)
}

/// The same logins to another database of the same cluster.
#[must_use]
pub fn in_database(access: &Access, database: &str) -> Access {
    Access {
        admin: access.admin.clone(),
        owner: access.owner.clone().database(database),
        app: access.app.clone().database(database),
        system: access.system.clone().database(database),
    }
}

/// A PostgreSQL that somebody else runs. The URL's user owns the schema; the working roles are
/// created when they are missing. Their passwords follow from the URL's, so that every server
/// process that is given the same URL knows them.
///
/// # Errors
/// When it cannot be reached, or the user may not create the roles.
pub async fn external(url: &str) -> Result<Access, Error> {
    let admin: PgConnectOptions =
        url.parse().map_err(|source| Error::Connect { hint: ": DATABASE_URL is not a URL", source })?;
    let base = admin.to_url_lossy().password().map(ToOwned::to_owned);
    let login = |role: &str| {
        let options = admin.clone().username(role);
        match &base {
            Some(base) => options.password(&derived(base, role)),
            None => options,
        }
    };
    let access = Access { app: login(APP), system: login(SYSTEM), owner: admin.clone(), admin };
    if works(&access.app).await && works(&access.system).await {
        for login in [&access.app, &access.system] {
            is_below(login).await?;
        }
        return Ok(access);
    }
    let mut connection = connect(&access.admin).await?;
    for role in [APP, SYSTEM] {
        let password = base.as_deref().map(|base| derived(base, role)).unwrap_or_default();
        ensure_role(&mut connection, role, &password).await?;
    }
    close(connection).await;
    for options in [&access.app, &access.system] {
        close(connect(options).await?).await;
    }
    Ok(access)
}

fn derived(base: &str, role: &str) -> String {
    let digest = Sha256::new()
        .chain_update(b"unison role password\0")
        .chain_update(role)
        .chain_update(b"\0")
        .chain_update(base)
        .finalize();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest)
}

async fn works(login: &PgConnectOptions) -> bool {
    match login.connect().await {
        Ok(connection) => {
            close(connection).await;
            true
        }
        Err(_) => false,
    }
}

/// Whether row level security holds for a role that can log in.
async fn is_below(login: &PgConnectOptions) -> Result<(), Error> {
    let mut connection = connect(login).await?;
    let is_above: bool =
        sqlx::query_scalar("select rolsuper or rolbypassrls from pg_roles where rolname = current_user")
            .fetch_one(&mut connection)
            .await
            .map_err(Error::Roles)?;
    close(connection).await;
    if is_above { Err(Error::TooPowerful { role: login.get_username().to_owned() }) } else { Ok(()) }
}

/// Creates a role that can do nothing but log in, or gives the one that is there its password. One
/// that is above row level security is refused: with it organizations would see one another.
async fn ensure_role(connection: &mut PgConnection, role: &str, password: &str) -> Result<(), Error> {
    let mut tx = connection.begin().await.map_err(Error::Roles)?;
    sqlx::query("select pg_advisory_xact_lock($1)")
        .bind(PREPARING)
        .execute(&mut *tx)
        .await
        .map_err(Error::Roles)?;
    let is_above: Option<bool> =
        sqlx::query_scalar("select rolsuper or rolbypassrls from pg_roles where rolname = $1")
            .bind(role)
            .fetch_optional(&mut *tx)
            .await
            .map_err(Error::Roles)?;
    let verb = match is_above {
        Some(true) => return Err(Error::TooPowerful { role: role.to_owned() }),
        // Naming the other attributes would take a superuser, even to leave them as they are.
        Some(false) => "alter",
        None => "create",
    };
    let password = if password.is_empty() { String::new() } else { format!("password '{password}'") };
    // Role and password are our own words of letters, digits, - and _.
    run(&mut tx, format!("{verb} role {role} login {password}")).await.map_err(Error::Roles)?;
    tx.commit().await.map_err(Error::Roles)
}

async fn run(connection: &mut PgConnection, statement: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.map(drop)
}

async fn connect(login: &PgConnectOptions) -> Result<PgConnection, Error> {
    login.connect().await.map_err(|source| Error::Connect { hint: "", source })
}

async fn close(connection: PgConnection) {
    // The server drops a connection that does not say goodbye just as well.
    let _ = connection.close().await;
}

#[cfg(test)]
mod tests;
