use shared_model::ids::{FeedId, WorkOrderId};
use shared_model::people::Role;
use shared_model::sync::wire::stored::StoredChange;
use shared_model::time::Timestamp;
use sqlx::ConnectOptions as _;

use super::{DAY_MILLIS, Reach, Report, trim};
use crate::auditor::audit;
use crate::db::feed::{self, NewEntry, Next};
use crate::db::months::{Beginning, Month, Months};
use crate::db::{Error, history};
use crate::edge;
use crate::sync::Fault;
use crate::sync::tests::floor::{Floor, Tablet, is_accepted, report};
use crate::testing::TestDb;

const REACH: Reach = Reach::days(Reach::DEFAULT_DAYS);

/// A plant with work on it.
struct Plant {
    db: TestDb,
    floor: Floor,
    tablet: Tablet,
    order: WorkOrderId,
}

impl Plant {
    async fn start() -> Self {
        Self::on(TestDb::new().await).await
    }

    async fn on(db: TestDb) -> Self {
        let world = db.world().await;
        let mut floor = Floor::in_world(db.pools().clone(), world).await;
        let (tablet, order) = floor.tablet_with_order(50).await;
        let mut warehouse = floor.tablet(Role::Warehouse).await;
        let received = warehouse.draft(floor.receive(300));
        floor.judge(&warehouse, received).await;
        let mut plant = Self { db, floor, tablet, order };
        plant.work(3).await;
        plant
    }

    /// Reports of one good piece each.
    async fn work(&mut self, reports: u32) {
        for _ in 0..reports {
            let pressed = self.tablet.press(report(self.order, 1, 0));
            let id = pressed.id;
            assert!(is_accepted(&(id, self.floor.judge(&self.tablet, pressed).await)));
        }
    }

    /// Days pass: everything that was received until now was received so long ago.
    async fn pass(&self, days: i64) {
        let mut months = self.months().await;
        for ago in 0..=days {
            let month = Month::of(edge::now().plus_millis(-ago * DAY_MILLIS));
            months.make(month).await.expect("a month");
        }
        months.close().await.expect("closes");
        for table in ["change_log", "fact"] {
            self.db
                .force(&format!("update {table} set received_at = received_at - interval '{days} days'"))
                .await;
        }
    }

    async fn months(&self) -> Months {
        Months::open(&self.db.access().owner).await.expect("connects")
    }

    async fn months_there(&self) -> Vec<Month> {
        self.months().await.all().await.expect("a query")
    }

    async fn try_trim(&self, now: Timestamp) -> Result<Option<Report>, Fault> {
        trim(self.db.pools(), &self.db.access().owner, now, REACH).await
    }

    async fn trim(&self) -> Report {
        self.try_trim(edge::now()).await.expect("a database").expect("nobody else is at it")
    }

    fn feed(&self) -> FeedId {
        self.floor.world.plant.into()
    }

    async fn head(&self) -> feed::Head {
        feed::heads(&mut self.floor.tx().await, &[self.feed()]).await.expect("a head")[0]
    }

    async fn read(&self, after: u64) -> Next {
        feed::read(&mut self.floor.tx().await, self.feed(), after).await.expect("a read")
    }

    /// Everything adds up, and nothing of what was ever entered is gone.
    async fn is_whole(&self, reports: i64) {
        let world = &self.floor.world;
        let audit = audit(self.db.pools(), world.organization, world.plant).await.expect("a database");
        let audit = audit.expect("nobody else is at it");
        assert!(audit.is_right() && audit.documents == 1, "{audit}");
        assert_eq!(self.floor.count("fact where kind = 'production_reported'").await, reports);
        let mut tx = self.floor.tx().await;
        let told = history::of_order(&mut tx, self.order, None, 1_000).await.expect("a history");
        let told = told.iter().filter(|fact| fact.kind == "production_reported").count();
        assert_eq!(i64::try_from(told).expect("few"), reports, "the order's own history");
    }
}

#[tokio::test]
async fn entries_that_no_device_needs_any_more_are_dropped_with_their_month_and_nothing_else_is() {
    let mut plant = Plant::start().await;
    let old = plant.head().await;
    plant.pass(100).await;
    plant.work(2).await;
    assert!(matches!(plant.read(0).await, Next::Batch(_)));
    let (author, old_check) = {
        let mut tx = plant.floor.tx().await;
        let author = history::author(&mut tx, plant.floor.world.plant, old.seq).await.expect("a query");
        (author, feed::check_at(&mut tx, plant.feed(), old.seq).await.expect("a query"))
    };
    assert!(author.is_some() && old_check.is_some());

    let done = plant.trim().await;
    assert_eq!(
        (done.feeds, done.moved, done.snapshots),
        (2, 2, 2),
        "the organization's feed is quiet: {done:?}"
    );
    let then = Month::of(edge::now().plus_millis(-100 * DAY_MILLIS)).to_string();
    assert!(done.dropped.contains(&then), "{done:?}");
    let head = plant.head().await;
    assert_eq!(head.horizon, old.seq);
    let plants = plant.feed();
    let kept = format!("change_log where feed_id = '{plants}'");
    assert_eq!(plant.floor.count(&kept).await.unsigned_abs(), head.seq - head.horizon);
    assert!(matches!(plant.read(0).await, Next::Forgotten));
    assert!(matches!(plant.read(head.horizon - 1).await, Next::Forgotten));
    assert!(matches!(plant.read(head.horizon).await, Next::Batch(batch) if batch.until == head.seq));
    assert!(matches!(plant.read(head.seq).await, Next::End));
    {
        let mut tx = plant.floor.tx().await;
        let check = feed::check_at(&mut tx, plants, head.horizon).await.expect("a query");
        assert_eq!(check, old_check, "who stands at the horizon is still told from who read another feed");
        let still = history::author(&mut tx, plant.floor.world.plant, old.seq).await.expect("a query");
        assert_eq!(still, author);
    }
    plant.is_whole(5).await;

    let again = plant.trim().await;
    assert_eq!(again, Report { feeds: 2, ..Report::default() });
    plant.work(1).await;
    plant.is_whole(6).await;
}

#[tokio::test]
async fn a_month_away_is_in_the_feed_however_often_it_is_trimmed() {
    let mut plant = Plant::start().await;
    plant.pass(10).await;
    let before = plant.head().await.seq;
    plant.work(1).await;
    plant.pass(34).await;
    plant.work(1).await;
    for _ in 0..2 {
        plant.trim().await;
        assert_eq!(plant.head().await.horizon, 0, "44 days ago");
    }
    plant.pass(2).await;
    plant.work(1).await;
    plant.trim().await;
    assert_eq!(plant.head().await.horizon, before, "the first were received 46 days ago");
    assert!(matches!(plant.read(before).await, Next::Batch(_)));
    plant.is_whole(6).await;
}

#[tokio::test]
async fn one_that_is_cut_off_before_it_drops_does_no_harm_and_the_next_one_finishes() {
    let mut plant = Plant::start().await;
    plant.pass(100).await;
    plant.work(1).await;
    let months = plant.months_there().await.len();
    // Somebody reads for a long time; the job gives up before others have to wait behind it.
    let mut reader = plant.floor.tx().await;
    sqlx::query("select count(*) from change_log").execute(reader.conn()).await.expect("a query");
    let cut_off = plant.try_trim(edge::now()).await;
    assert!(matches!(cut_off, Err(Fault::Db(Error::Unavailable(_)))), "{cut_off:?}");
    assert!(plant.head().await.horizon > 0, "the feed begins later already");
    assert_eq!(plant.months_there().await.len(), months);
    plant.work(1).await;
    plant.is_whole(5).await;
    assert!(matches!(plant.read(0).await, Next::Forgotten), "although the entries are still there");
    reader.rollback().await.expect("a rollback");
    let done = plant.trim().await;
    assert!(done.moved == 0 && !done.dropped.is_empty(), "{done:?}");
    plant.is_whole(5).await;
}

#[tokio::test]
async fn what_is_entered_in_a_month_that_nobody_made_is_taken_and_finds_its_month_later() {
    let db = TestDb::new().await;
    // As in a backup of last year.
    let mut months = Months::open(&db.access().owner).await.expect("connects");
    for month in months.all().await.expect("a query") {
        assert!(months.drop(month, &[]).await.expect("an empty month"));
    }
    let mut plant = Plant::on(db).await;
    let entries = plant.floor.count("change_log").await;
    assert!(entries > 0);
    let done = plant.trim().await;
    let now = Month::of(edge::now());
    for month in [now, now.next(), now.next().next(), now.next().next().next()] {
        assert!(done.made.contains(&month.to_string()), "{done:?}");
    }
    let waiting = async |plant: &Plant| {
        let mut admin =
            plant.db.access().admin.clone().database(plant.db.name()).connect().await.expect("connects");
        let count = sqlx::query_scalar::<_, i64>("select count(*) from change_log_other");
        count.fetch_one(&mut admin).await.expect("a query")
    };
    assert_eq!(waiting(&plant).await, 0, "all are in their month");
    assert_eq!(plant.floor.count("change_log").await, entries);
    plant.is_whole(3).await;

    // The clock is wrong for a moment, either way. It holds nothing up, later either.
    for wrong in [Timestamp::from_millis(0), Timestamp::from_millis(4_070_908_800_000)] {
        let mut tx = plant.floor.tx().await;
        let change = StoredChange::Record("{}".to_owned());
        let entry = NewEntry { command: None, change, ends_unit: true };
        feed::append(&mut tx, plant.feed(), wrong, vec![entry]).await.expect("taken");
        tx.commit().await.expect("a commit");
    }
    plant.work(1).await;
    assert_eq!(waiting(&plant).await, 2);
    plant
        .db
        .force("update change_log set received_at = received_at - interval '60 days' where seq < 9")
        .await;
    plant.trim().await;
    assert_eq!(plant.head().await.horizon, 8);
    assert_eq!(waiting(&plant).await, 2);
    plant.is_whole(4).await;
    let quiet = "update change_log set received_at = received_at - interval '60 days' where received_at > '2020-01-01'";
    plant.db.force(quiet).await;
    plant.work(1).await;
    plant.trim().await;
    assert_eq!(waiting(&plant).await, 0, "behind the horizon");
    plant.is_whole(5).await;
}

#[tokio::test]
async fn where_nobody_works_or_the_clock_is_far_ahead_nothing_is_forgotten() {
    let plant = Plant::start().await;
    let entries = plant.floor.count("change_log").await;
    let far = edge::now().plus_millis(400 * DAY_MILLIS);
    let done = plant.try_trim(far).await.expect("a database").expect("nobody else is at it");
    assert!(done.is_asleep && done.moved == 0, "{done:?}");
    assert_eq!(plant.floor.count("change_log").await, entries);
    plant.is_whole(3).await;
}

#[tokio::test]
async fn a_month_with_an_entry_that_some_feed_needs_stays_for_all() {
    let mut plant = Plant::start().await;
    plant.pass(100).await;
    plant.work(1).await;
    let entries = plant.floor.count("change_log").await;
    let organization = plant.floor.world.organization;
    let then = Month::of(edge::now().plus_millis(-100 * DAY_MILLIS));
    let old = |feed| Beginning { organization, feed, horizon: u64::MAX };
    let mut months = plant.months().await;
    // The organization's feed is in it, too, and nobody says that it is old.
    assert!(!months.drop(then, &[old(plant.feed())]).await.expect("a query"));
    let one_short = Beginning { horizon: 1, ..old(organization.into()) };
    assert!(!months.drop(then, &[old(plant.feed()), one_short]).await.expect("a query"));
    assert_eq!(plant.floor.count("change_log").await, entries);
    plant.is_whole(4).await;
}

#[tokio::test]
async fn two_at_once_are_one() {
    let plant = Plant::start().await;
    let mut other = plant.months().await;
    assert!(other.claim().await.expect("a query"));
    assert!(plant.try_trim(edge::now()).await.expect("a database").is_none());
    other.close().await.expect("closes");
    plant.trim().await;
}

#[test]
fn no_setting_makes_a_month_away_a_problem() {
    assert_eq!(Reach::days(7), Reach::days(30));
    assert_ne!(Reach::days(31), Reach::days(30));
}
