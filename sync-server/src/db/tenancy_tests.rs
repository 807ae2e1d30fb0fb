//! What keeps one organization's rows from another's: looked up in the catalog, and tried.

use sqlx::{ConnectOptions as _, Row as _};

use super::{SystemTx, TenantTx, organization, user};
use crate::testing::TestDb;
use shared_model::people::Role;

/// Tables that belong to no organization.
const SYSTEM_TABLES: [&str; 3] = ["_sqlx_migrations", "server_history", "signing_key"];
/// Keys that span organizations, each for a reason.
const SYSTEM_KEYS: [&str; 1] = [
    "email_address_pkey", // people sign in with their address and nothing else
];

async fn problems(db: &TestDb, query: &'static str) -> Vec<String> {
    let mut owner = db.access().owner.connect().await.expect("connects");
    let rows = sqlx::query(query).fetch_all(&mut owner).await.expect("a catalog query");
    rows.into_iter().map(|row| row.get::<String, _>(0)).collect()
}

#[tokio::test]
async fn every_table_of_a_tenant_forces_row_level_security() {
    let db = TestDb::new().await;
    let mut without = problems(
        &db,
        "select c.relname::text from pg_class c \
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') \
         and not (c.relrowsecurity and c.relforcerowsecurity and exists ( \
             select from pg_attribute a where a.attrelid = c.oid and a.attname = 'organization_id' \
             and a.attnotnull and not a.attisdropped) \
         and exists ( \
             select from pg_policy p where p.polrelid = c.oid and p.polcmd = '*' and p.polroles = '{0}' \
             and pg_get_expr(p.polqual, c.oid) = '(organization_id = current_organization())' \
             and pg_get_expr(p.polwithcheck, c.oid) = '(organization_id = current_organization())'))",
    )
    .await;
    without.retain(|table| !SYSTEM_TABLES.contains(&table.as_str()));
    assert!(without.is_empty(), "without organization_id or its policy: {without:?}");
}

#[tokio::test]
async fn no_other_policy_lets_the_app_see_more() {
    let db = TestDb::new().await;
    let more = problems(
        &db,
        "select p.polname || ' on ' || p.polrelid::regclass::text from pg_policy p \
         where p.polname <> 'tenant' \
         and ('unison_app'::regrole = any (p.polroles) or 0::oid = any (p.polroles))",
    )
    .await;
    assert!(more.is_empty(), "{more:?}");
}

#[tokio::test]
async fn every_key_leads_with_the_organization() {
    let db = TestDb::new().await;
    // Both sides of foreign keys; unique indexes, which primary keys and constraints have.
    let mut others = problems(
        &db,
        "select i.indexrelid::regclass::text from pg_index i join pg_class c on c.oid = i.indrelid \
         join pg_attribute t on t.attrelid = c.oid and t.attname = 'organization_id' \
         where c.relnamespace = 'public'::regnamespace and i.indisunique and i.indkey[0] <> t.attnum \
         union all \
         select f.conname::text from pg_constraint f \
         join pg_attribute own on own.attrelid = f.conrelid and own.attnum = f.conkey[1] \
         join pg_attribute target on target.attrelid = f.confrelid and target.attnum = f.confkey[1] \
         where f.contype = 'f' and f.connamespace = 'public'::regnamespace \
         and (own.attname <> 'organization_id' or target.attname <> 'organization_id')",
    )
    .await;
    others.retain(|key| !SYSTEM_KEYS.contains(&key.as_str()));
    assert!(others.is_empty(), "{others:?}");
}

#[tokio::test]
async fn the_app_owns_nothing_and_is_above_nothing() {
    let db = TestDb::new().await;
    let powers = problems(
        &db,
        "select rolname::text from pg_roles where rolname in ('unison_app', 'unison_system') \
         and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb) \
         union all \
         select relname::text from pg_class where relowner in ('unison_app'::regrole, 'unison_system'::regrole) \
         union all \
         select r.rolname::text from pg_auth_members m join pg_roles r on r.oid = m.member \
         where r.rolname in ('unison_app', 'unison_system')",
    )
    .await;
    assert!(powers.is_empty(), "{powers:?}");
}

#[tokio::test]
async fn one_organization_sees_nothing_of_another() {
    let db = TestDb::new().await;
    let (ours, theirs) = (db.world().await, db.world().await);
    let mut tx = ours.tx(db.pools()).await;
    let plants = organization::plants(&mut tx).await.expect("plants");
    assert_eq!(plants.iter().map(|plant| plant.id).collect::<Vec<_>>(), [ours.plant]);
    assert!(user::find(&mut tx, theirs.user(Role::Operator)).await.expect("a query").is_none());
    assert!(user::find(&mut tx, ours.user(Role::Operator)).await.expect("a query").is_some());
}

#[tokio::test]
async fn a_month_of_the_feeds_is_no_way_round_the_policy() {
    let db = TestDb::new().await;
    let (ours, theirs) = (db.world().await, db.world().await);
    let months = problems(
        &db,
        "select inhrelid::regclass::text from pg_inherits where inhparent = 'change_log'::regclass",
    )
    .await;
    assert!(months.len() > 4, "{months:?}");
    for month in &months {
        let mut tx = ours.tx(db.pools()).await;
        let statement = sqlx::AssertSqlSafe(format!("select count(*) from {month}"));
        let read = sqlx::query(statement).fetch_one(tx.conn()).await.expect_err("not directly");
        assert!(read.to_string().contains("permission denied"), "{month}: {read}");
        // Even where somebody lets the server in by mistake.
        db.force(&format!("grant select on {month} to unison_app")).await;
        let mut tx = ours.tx(db.pools()).await;
        let sql = format!("select count(*) from {month} where organization_id <> current_organization()");
        let count = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(sql)).fetch_one(tx.conn());
        assert_eq!(count.await.expect("a query"), 0, "{month}");
    }
    let mut tx = theirs.tx(db.pools()).await;
    let theirs = sqlx::query_scalar::<_, i64>("select count(*) from change_log").fetch_one(tx.conn()).await;
    assert!(theirs.expect("a query") > 0, "there is something to see");
    for function in ["make_feed_month(2030, 1)", "drop_feed_month(2026, 1, null, null, null)"] {
        let mut tx = ours.tx(db.pools()).await;
        let sql = sqlx::AssertSqlSafe(format!("select {function}"));
        let done = sqlx::query(sql).execute(tx.conn()).await.expect_err("the owner alone");
        assert!(done.to_string().contains("permission denied"), "{function}: {done}");
    }
}

#[tokio::test]
async fn a_row_cannot_be_written_into_another_organization() {
    let db = TestDb::new().await;
    let (ours, theirs) = (db.world().await, db.world().await);
    let mut tx = ours.tx(db.pools()).await;
    let smuggled =
        sqlx::query("insert into plant (organization_id, id, code, name) values ($1, $1, 'X', 'X')")
            .bind(theirs.organization.uuid())
            .execute(tx.conn())
            .await
            .expect_err("row level security refuses");
    assert!(smuggled.to_string().contains("row-level security"), "{smuggled}");
}

#[tokio::test]
async fn without_an_organization_there_are_no_rows() {
    let db = TestDb::new().await;
    db.world().await;
    let mut app = db.access().app.connect().await.expect("connects");
    for table in ["organization", "plant", "user_account", "email_address", "device"] {
        let statement = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        let count: i64 = sqlx::query_scalar(statement).fetch_one(&mut app).await.expect("a query");
        assert_eq!(count, 0, "{table}");
    }
}

#[tokio::test]
async fn the_organization_is_forgotten_when_the_transaction_ends() {
    let db = TestDb::new().await;
    let world = db.world().await;
    world.tx(db.pools()).await.commit().await.expect("commits");
    let mut next = db.pools().app.acquire().await.expect("the same connection");
    let named: Option<uuid::Uuid> =
        sqlx::query_scalar("select current_organization()").fetch_one(&mut *next).await.expect("a query");
    assert_eq!(named, None);
}

#[tokio::test]
async fn the_system_finds_whose_an_address_is_and_reads_no_names() {
    let db = TestDb::new().await;
    let world = db.world().await;
    let mut tx = SystemTx::begin(db.pools()).await.expect("a transaction");
    let address = world.email(Role::Planner).to_uppercase();
    let found = user::by_email(&mut tx, &address).await.expect("a query");
    assert_eq!(found, Some((world.organization, world.user(Role::Planner))));
    let names = sqlx::query("select name from user_account").fetch_all(tx.conn()).await;
    assert!(names.expect_err("no permission").to_string().contains("permission denied"));
}

#[tokio::test]
async fn an_address_belongs_to_one_person_in_the_whole_system() {
    let db = TestDb::new().await;
    let (ours, theirs) = (db.world().await, db.world().await);
    let mut tx = TenantTx::begin(db.pools(), ours.organization, None).await.expect("a transaction");
    let taken = user::create(
        &mut tx,
        &user::NewUser {
            id: crate::edge::ids().draw(),
            email: format!(" {} ", theirs.email(Role::Operator).to_uppercase()),
            name: "Somebody".to_owned(),
            password_hash: None,
            roles: Vec::new(),
        },
    )
    .await;
    assert!(matches!(taken, Err(user::UserError::EmailTaken)), "{taken:?}");
}
