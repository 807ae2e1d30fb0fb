//! The schema: the files of `migrations/`, compiled into the program.

use sqlx::PgPool;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use super::Error;

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error("the database cannot be reached to migrate it")]
    Connect(#[source] sqlx::Error),
    #[error("the database cannot be brought to the schema of this program")]
    Apply(#[from] sqlx::migrate::MigrateError),
}

/// Brings the schema up to date, as its owner.
///
/// # Errors
/// When the database does not answer, or is of a newer program.
pub async fn run(owner: &PgConnectOptions) -> Result<(), MigrateError> {
    let mut connection = owner.connect().await.map_err(MigrateError::Connect)?;
    MIGRATIONS.run(&mut connection).await?;
    // The other roles ask whether the schema is current.
    sqlx::raw_sql("grant select on _sqlx_migrations to unison_system")
        .execute(&mut connection)
        .await
        .map_err(MigrateError::Connect)?;
    connection.close().await.map_err(MigrateError::Connect)
}

/// What tells one set of migrations from another.
#[must_use]
pub fn fingerprint() -> String {
    use sha2::{Digest as _, Sha256};
    let mut all = Sha256::new();
    for migration in MIGRATIONS.iter() {
        all.update(migration.version.to_be_bytes());
        all.update(&migration.checksum);
    }
    use std::fmt::Write as _;
    all.finalize()[..8].iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

pub(super) async fn is_current(pool: &PgPool) -> Result<bool, Error> {
    let wanted = MIGRATIONS.iter().map(|migration| migration.version).max();
    // Not a checked query: the table is sqlx's own and is not there when queries are checked.
    let found: Result<Option<i64>, _> =
        sqlx::query_scalar("select max(version) from _sqlx_migrations where success").fetch_one(pool).await;
    match found {
        Ok(found) => Ok(found == wanted),
        // undefined_table, insufficient_privilege: never migrated
        Err(sqlx::Error::Database(error)) if matches!(error.code().as_deref(), Some("42P01" | "42501")) => {
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}
