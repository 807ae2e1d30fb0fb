use shared_model::people::Role;

use super::{Report, audit};
use crate::sync::tests::floor::{Floor, is_accepted, report};
use crate::testing::TestDb;

/// A plant with work on it, and somebody who may change what no server changes.
struct Audited {
    db: TestDb,
    floor: Floor,
    number: String,
}

impl Audited {
    async fn start() -> Self {
        let db = TestDb::new().await;
        let world = db.world().await;
        let mut floor = Floor::in_world(db.pools().clone(), world).await;
        let (mut tablet, order) = floor.tablet_with_order(50).await;
        let mut warehouse = floor.tablet(Role::Warehouse).await;
        let received = warehouse.draft(floor.receive(300));
        floor.judge(&warehouse, received).await;
        for (good, scrap) in [(5, 1), (7, 0)] {
            let pressed = tablet.press(report(order, good, scrap));
            let id = pressed.id;
            assert!(is_accepted(&(id, floor.judge(&tablet, pressed).await)));
        }
        let number = floor.row(order).await.number.to_string();
        Self { db, floor, number }
    }

    async fn audit(&self) -> Report {
        let world = &self.floor.world;
        let report = audit(self.db.pools(), world.organization, world.plant).await.expect("a database");
        report.expect("nobody else is at it")
    }

    /// Does what a fault of the server or of the disk would.
    async fn spoil(&self, sql: &str) {
        self.db.force(sql).await;
    }
}

#[tokio::test]
async fn a_plant_on_which_people_work_is_right() {
    let audited = Audited::start().await;
    let report = audited.audit().await;
    assert!(report.is_right(), "{report}");
    assert_eq!((report.documents, report.older_documents), (1, 0));
    assert!(report.entries > 5, "{report}");
    assert!(report.to_string().ends_with("everything is as the entries say\n"), "{report}");
}

#[tokio::test]
async fn whatever_was_changed_behind_the_servers_back_is_named() {
    let audited = Audited::start().await;
    let order = format!("order {}", audited.number);
    for (spoil, repair, said) in [
        (
            "update work_order_output set good = good + 38",
            "update work_order_output set good = good - 38",
            format!(
                "{order}, operation 20: 12 good, 1 scrap, 0 rework by its reports, but 50 good, 1 scrap, 0 rework on the screens"
            ),
        ),
        (
            "update stock_balance set on_hand = 7 where on_hand = 248",
            "update stock_balance set on_hand = 248 where on_hand = 7",
            "stock of WHEEL at Store: 248 by its movements, but 7 on the screens".to_owned(),
        ),
        (
            "update work_order set state = 'completed'",
            "update work_order set state = 'in_progress'",
            format!("{order}: its state is in progress by its changes, but completed on the screens"),
        ),
        (
            "update work_order set quantity = 60",
            "update work_order set quantity = 50",
            format!("{order}: its quantity is 50 by its changes, but 60 on the screens"),
        ),
        (
            "alter table document add copy bytea; update document set copy = snapshot, snapshot = 'nonsense'",
            "update document set snapshot = copy; alter table document drop copy",
            format!("{order}: its document cannot be read: the document is damaged"),
        ),
        (
            "update document set change_count = change_count + 1",
            "update document set change_count = change_count - 1",
            format!("{order}: its document counts 4 changes, and the feed has 3"),
        ),
        (
            "update fact set body = jsonb_set(body, '{note}', '\"x\"') where kind = 'production_reported' and body ->> 'good' = '7'",
            "update fact set body = jsonb_set(body, '{note}', '\"\"') where kind = 'production_reported' and body ->> 'good' = '7'",
            "says one thing in the feed and another in its table".to_owned(),
        ),
        (
            "create table away as select * from fact where body ->> 'good' = '7'; \
             delete from fact where body ->> 'good' = '7'",
            "insert into fact select * from away; drop table away",
            "is in the feed and not in its table".to_owned(),
        ),
    ] {
        audited.spoil(spoil).await;
        let report = audited.audit().await;
        assert!(report.differences.iter().any(|it| it.contains(&said)), "{spoil}: {report}");
        // A lost fact is missed in what it was added to as well.
        assert!(report.differences.len() <= 2, "{spoil}: {report}");
        audited.spoil(repair).await;
        let report = audited.audit().await;
        assert!(report.is_right(), "after {repair}: {report}");
    }
}

#[tokio::test]
async fn entries_that_were_lost_from_the_feed_are_missed() {
    let audited = Audited::start().await;
    audited.spoil("delete from change_log where seq = 3 and kind <> 'record'").await;
    let report = audited.audit().await;
    assert!(report.differences.iter().any(|it| it.contains("an entry is missing")), "{report}");
    audited.spoil("delete from document").await;
    let report = audited.audit().await;
    assert!(report.differences.iter().any(|it| it.contains("and no document")), "{report}");
}

#[tokio::test]
async fn an_audit_at_night_is_told_in_the_audit_log_and_two_at_once_are_one() {
    let audited = Audited::start().await;
    let world = &audited.floor.world;
    let mut first =
        crate::db::TenantTx::begin_reading(audited.db.pools(), world.organization).await.expect("begins");
    assert!(crate::db::auditor::claim(&mut first, world.plant).await.expect("a query"));
    let second = audit(audited.db.pools(), world.organization, world.plant).await.expect("a database");
    assert!(second.is_none());
    first.rollback().await.expect("a rollback");

    let app = crate::app::App::start(audited.db.pools().clone()).await.expect("the database answers");
    let told = "audit_event where action = 'audit.differences_found' and (detail ->> 'differences')::int = 1";
    super::nightly::all(&app).await.expect("audited");
    assert_eq!(audited.floor.count(told).await, 0);
    audited.spoil("update work_order set priority = 1").await;
    super::nightly::all(&app).await.expect("audited");
    assert_eq!(audited.floor.count(told).await, 1);
}
