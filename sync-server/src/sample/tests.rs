use std::os::unix::fs::PermissionsExt as _;

use shared_model::people::Role;
use shared_model::work_order::Stage;

use super::{Sample, load};
use crate::db::{TenantTx, work_order};
use crate::edge;
use crate::sync::Sync;
use crate::testing::TestDb;

struct Loaded {
    db: TestDb,
    sync: Sync,
    dir: tempfile::TempDir,
    sample: Sample,
}

impl Loaded {
    async fn new() -> Self {
        let db = TestDb::new().await;
        let sync = Sync::start(db.pools().clone());
        let dir = tempfile::tempdir().expect("a directory");
        let sample = load(&sync, dir.path(), edge::now()).await.expect("loads").expect("an empty database");
        Self { db, sync, dir, sample }
    }

    async fn tx(&self) -> TenantTx {
        TenantTx::begin(self.db.pools(), self.sample.organization, None).await.expect("a transaction")
    }

    async fn texts(&self, sql: &'static str) -> Vec<String> {
        sqlx::query_scalar(sql).fetch_all(self.tx().await.conn()).await.expect("a query")
    }

    async fn entries(&self) -> i64 {
        let count = sqlx::query_scalar("select count(*) from change_log");
        count.fetch_one(self.tx().await.conn()).await.expect("a query")
    }
}

#[tokio::test]
async fn the_sample_is_a_plant_in_the_middle_of_its_work() {
    let loaded = Loaded::new().await;
    let all = work_order::Filter::default();
    let orders =
        work_order::list(&mut loaded.tx().await, loaded.sample.plant, &all, 100).await.expect("orders");
    let count = |stage| orders.iter().filter(|order| order.stage == stage).count();
    assert_eq!(Stage::ALL.map(count), [2, 3, 2, 1, 3, 1]);
    assert_eq!(orders[0].number.as_str(), "WO-00001");
    assert!(orders.iter().filter(|order| order.stage == Stage::Released).all(|it| !it.materials.is_empty()));
    let today = edge::now();
    assert!(orders.iter().all(|order| order.created_at.is_some_and(|at| at < today)));
    assert!(
        orders
            .iter()
            .any(|order| order.due_on.is_some_and(|on| on.to_string().as_str() > &today.to_string()[..10]))
    );
    // Grips, of which more were fitted than there are.
    assert_eq!(loaded.texts("select kind from exception where closed_at is null").await, ["negative_stock"]);
    let skewed = loaded.texts("select code from command where clock_skew_ms is not null").await;
    assert_eq!(skewed, Vec::<String>::new(), "nothing is in the future");
}

#[tokio::test]
async fn loading_the_sample_twice_changes_nothing() {
    let loaded = Loaded::new().await;
    let entries = loaded.entries().await;
    let later = edge::now().plus_millis(3 * 86_400_000);
    let again = load(&loaded.sync, loaded.dir.path(), later).await.expect("loads");
    assert_eq!(again.as_ref(), Some(&loaded.sample));
    assert_eq!(loaded.entries().await, entries);
}

#[tokio::test]
async fn a_sample_that_was_interrupted_is_completed() {
    let loaded = Loaded::new().await;
    let entries = loaded.entries().await;
    let path = loaded.dir.path().join("sample-sign-ins.json");
    let json = std::fs::read_to_string(&path).expect("a file");
    std::fs::write(&path, json.replace("\"is_complete\": true", "\"is_complete\": false")).expect("a file");
    let again = load(&loaded.sync, loaded.dir.path(), edge::now()).await.expect("loads");
    assert_eq!(again.as_ref(), Some(&loaded.sample));
    assert_eq!(loaded.entries().await, entries, "every step was known");
}

#[tokio::test]
async fn everybody_has_a_password_of_their_own_that_only_the_servers_user_may_read() {
    let loaded = Loaded::new().await;
    let sign_ins = &loaded.sample.sign_ins;
    assert_eq!(sign_ins.len(), 7);
    assert_eq!(sign_ins.iter().filter(|it| it.role == Role::Operator).count(), 2);
    let passwords: std::collections::BTreeSet<_> = sign_ins.iter().map(|it| it.password.as_str()).collect();
    assert_eq!(passwords.len(), 7);
    let mode =
        loaded.dir.path().join("sample-sign-ins.json").metadata().expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let other = Loaded::new().await;
    assert_ne!(other.sample.sign_ins[0].password, sign_ins[0].password);
}

#[tokio::test]
async fn a_database_with_somebody_in_it_gets_no_sample() {
    let db = TestDb::new().await;
    db.world().await;
    let (sync, dir) = (Sync::start(db.pools().clone()), tempfile::tempdir().expect("a directory"));
    assert_eq!(load(&sync, dir.path(), edge::now()).await.expect("answers"), None);
    assert!(dir.path().read_dir().expect("a directory").next().is_none());
}
