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

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use sqlx::AssertSqlSafe;

    use super::*;
    use crate::testing::TestDb;

    const ENTRIES: &str = "
        select set_config('app.organization_id', '00000000-0000-7000-8000-000000000001', false);
        insert into organization (organization_id, code, name)
            values ('00000000-0000-7000-8000-000000000001', 'A', 'A');
        insert into change_log
            (organization_id, feed_id, seq, received_at, kind, body, ends_unit, check_value)
        select '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', n,
            case n when 7 then '1999-01-01' when 8 then '2099-01-01'
                else now() - n * interval '20 days' end,
            'record', '{\"n\": ' || n || '}', true, n
        from generate_series(1, 9) as n";

    #[tokio::test]
    async fn the_entries_of_a_feed_that_was_one_table_are_found_in_its_months() {
        let db = TestDb::empty().await;
        let mut owner = db.access().owner.connect().await.expect("connects");
        let before = MIGRATIONS.iter().filter(|it| it.version < 7).cloned().collect();
        let before = Migrator { migrations: Cow::Owned(before), ..Migrator::DEFAULT };
        before.run(&mut owner).await.expect("the schema of an older program");
        sqlx::raw_sql(ENTRIES).execute(&mut owner).await.expect("entries");
        run(&db.access().owner).await.expect("migrates");

        let mut count = async |table: &str| {
            let sql = AssertSqlSafe(format!("select count(*) from {table}"));
            sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut owner).await.expect("a query")
        };
        assert_eq!(count("change_log where body = '{\"n\": ' || seq || '}' and check_value = seq").await, 9);
        assert_eq!(count("change_log_other").await, 2, "those of clocks that were wrong");
        assert!(count("pg_inherits where inhparent = 'change_log'::regclass").await > 8);
        assert!(is_current(&db.pools().system).await.expect("a query"));
    }
}
