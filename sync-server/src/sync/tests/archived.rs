//! Orders that were closed long ago leave the devices.

use reqwest::StatusCode;
use shared_model::command::Command;
use shared_model::fact::FactBody;
use shared_model::ids::{FeedId, WorkOrderId};
use shared_model::ledger::OrderLedger;
use shared_model::people::Role;
use shared_model::production::Output;
use shared_model::quantity::Amount;
use shared_model::stock::{StockKey, StockLevels};
use shared_model::sync::wire::{ArchivedOrder, EntryChange, Item, WholeOrder, decode};
use shared_model::work_order::document::Document;
use shared_model::work_order::summary::Summary;

use super::floor::{Floor, Tablet, report};
use super::line::Exchange;
use super::snapshots::{Greeting, MANY, greet, write_reasons};
use crate::archive::archive;
use crate::auditor::audit;
use crate::edge;
use crate::testing::TestDb;

pub(super) struct Plant {
    pub db: TestDb,
    pub floor: Floor,
    tablet: Tablet,
}

impl Plant {
    pub(super) async fn start() -> Self {
        let db = TestDb::new().await;
        let world = db.world().await;
        let floor = Floor::in_world(db.pools().clone(), world).await;
        let tablet = floor.tablet(Role::PlantManager).await;
        let plant = Self { db, floor, tablet };
        plant.receive(500).await;
        plant
    }

    /// An order of which `good` carts were made and that was cancelled.
    pub(super) async fn closed(&mut self, quantity: i32, good: i32) -> WorkOrderId {
        let (mut tablet, order) = self.floor.tablet_with_order(quantity).await;
        self.enter(&mut tablet, report(order, good, 1)).await;
        let reason = "customer withdrew".to_owned();
        self.enter(&mut tablet, Command::cancel(order, reason)).await;
        self.tablet = tablet;
        order
    }

    pub(super) async fn enter(&self, tablet: &mut Tablet, command: Command) {
        let pressed = tablet.press(command);
        let id = pressed.id;
        let verdict = self.floor.judge(tablet, pressed).await;
        assert!(super::floor::is_accepted(&(id, verdict.clone())), "{verdict:?}");
    }

    pub(super) async fn receive(&self, wheels: i32) {
        let mut warehouse = self.floor.tablet(Role::Warehouse).await;
        let received = warehouse.draft(self.floor.receive(wheels));
        self.floor.judge(&warehouse, received).await;
    }

    /// What was received until now was received 31 days ago, and something is entered now.
    pub(super) async fn month_passes(&self) {
        for table in ["change_log", "fact"] {
            self.db
                .force(&format!("update {table} set received_at = received_at - interval '31 days'"))
                .await;
        }
        self.receive(1).await;
    }

    pub(super) async fn archive(&self) -> usize {
        archive(self.db.pools(), edge::now()).await.expect("a database")
    }

    /// The orders that the feed tells devices to let go of, in its order.
    async fn told(&self, exchange: &Exchange) -> Vec<Vec<WorkOrderId>> {
        let reader = self.floor.tablet(Role::Operator).await;
        let (mut line, heads) = exchange.call(&reader, &[]).await;
        let batches = line.catch_up(&heads).await;
        let entries = batches.into_iter().flat_map(|batch| batch.entries);
        entries
            .filter_map(|entry| match entry.change {
                EntryChange::Archived(orders) => Some(orders),
                _ => None,
            })
            .collect()
    }

    async fn audited(&self) -> Vec<String> {
        let world = &self.floor.world;
        let audit = audit(self.db.pools(), world.organization, world.plant).await.expect("a database");
        audit.expect("nobody else is at it").differences
    }
}

async fn whole(exchange: &Exchange, tablet: &Tablet, order: WorkOrderId) -> Result<WholeOrder, StatusCode> {
    let url = format!("http://{}/api/v1/sync/orders/{order}", exchange.serving.address());
    let request = reqwest::Client::new().get(url).bearer_auth(exchange.token(tablet));
    let response = request.send().await.expect("an answer");
    match response.status() {
        StatusCode::OK => Ok(decode(&response.bytes().await.expect("a body")).expect("an order")),
        status => Err(status),
    }
}

#[tokio::test]
async fn a_closed_order_leaves_the_devices_after_a_month_and_again_a_month_after_something_concerned_it() {
    let mut plant = Plant::start().await;
    let order = plant.closed(5, 5).await;
    let (mut other, open) = plant.floor.tablet_with_order(5).await;
    assert_eq!(plant.archive().await, 0, "it was closed just now");
    plant.month_passes().await;
    assert_eq!(plant.archive().await, 1, "{open} is open");
    assert_eq!(plant.archive().await, 0, "it is archived");
    let exchange = Exchange::open(&plant.floor).await;
    assert_eq!(plant.told(&exchange).await, [vec![order]]);

    // Somebody was away for that long with a report in the pocket. Nobody made so many: it opens an exception.
    other.learn(order, &plant.tablet);
    let late = other.draft(report(order, 3, 0));
    plant.floor.judge(&other, late).await;
    plant.month_passes().await;
    assert_eq!(plant.archive().await, 0, "somebody has to look at what came late");
    let found = plant.floor.open_exceptions().await;
    assert!(!found.is_empty());
    plant.db.force("update exception set closed_at = now()").await;
    assert_eq!(plant.archive().await, 1);
    assert_eq!(plant.told(&exchange).await, [vec![order], vec![order]]);
    assert_eq!(plant.audited().await, [""; 0]);
}

#[tokio::test]
async fn where_nobody_worked_for_a_month_nothing_leaves_the_devices() {
    let mut plant = Plant::start().await;
    plant.closed(5, 5).await;
    let later = edge::now().plus_millis(2 * crate::archive::REST_MILLIS);
    assert_eq!(archive(plant.db.pools(), later).await.expect("a database"), 0);
}

#[tokio::test]
async fn a_new_device_gets_of_an_archived_order_its_row_and_its_sums_and_the_rest_when_it_asks() {
    let mut plant = Plant::start().await;
    let order = plant.closed(5, 4).await;
    let (_, open) = plant.floor.tablet_with_order(5).await;
    plant.month_passes().await;
    assert_eq!(plant.archive().await, 1);
    write_reasons(&plant.floor, MANY).await;
    let exchange = Exchange::open(&plant.floor).await;
    let newcomer = plant.floor.tablet(Role::Operator).await;
    let Greeting { offers, heads, .. } = greet(&exchange, &newcomer, Vec::new(), Vec::new()).await;
    let chunks = exchange.fetch(&newcomer, offers[0]).await;
    let items: Vec<Item> = chunks.into_iter().flat_map(|chunk| chunk.items).collect();

    let whole_ones = items.iter().filter_map(|item| match item {
        Item::Order { summary, .. } => Some(summary.id),
        _ => None,
    });
    assert_eq!(whole_ones.collect::<Vec<_>>(), [open]);
    let is_of_it = |item: &Item| matches!(item, Item::Fact { fact, .. } if fact.order == Some(order));
    assert!(!items.iter().any(is_of_it), "its facts are in the sums");
    let mut archived = items.iter().filter_map(|item| match item {
        Item::Archived(archived) => Some(&**archived),
        _ => None,
    });
    let ArchivedOrder { summary, output } = archived.next().expect("its row");
    assert_eq!((summary.id, archived.next()), (order, None));
    let made = Output { good: Amount::whole(4), scrap: Amount::ONE, rework: Amount::ZERO };
    assert_eq!(output[..], [(Some(20), made)]);

    // What it used and made, and what is on hand with that.
    let sums: StockLevels = items
        .iter()
        .find_map(|item| match item {
            Item::ArchivedStock(sums) => Some(sums.iter().cloned().collect()),
            _ => None,
        })
        .expect("sums");
    for material in [plant.floor.cart, plant.floor.wheel] {
        let key = StockKey::of(material, Some(plant.floor.store));
        let beside = items.iter().filter_map(|item| match item {
            Item::Fact { fact, .. } => match &fact.body {
                FactBody::StockMoved(moved) if moved.key == key => Some(moved.amount),
                _ => None,
            },
            _ => None,
        });
        let on_hand = beside.chain([sums.on_hand(&key)]).sum::<Amount>();
        assert_eq!(on_hand, plant.floor.on_hand(material).await);
    }

    let whole = whole(&exchange, &newcomer, order).await.expect("the order");
    let read = Document::load(&whole.document).expect("loads").order().expect("reads").expect("an order");
    assert_eq!((&Summary::of(&read), &whole.summary), (summary, summary));
    let head = heads.iter().find(|head| head.feed == FeedId::from(plant.floor.world.plant)).expect("a head");
    assert!(whole.seq < head.seq, "it rested since");
    let ledger: OrderLedger = whole.facts.into_iter().map(|received| received.fact).collect();
    assert_eq!((ledger.output(Some(20)), ledger.moved()), (made, sums));
}

#[tokio::test]
async fn an_order_is_given_to_devices_of_its_plant_and_to_nobody_else() {
    let mut plant = Plant::start().await;
    let order = plant.closed(5, 5).await;
    let exchange = Exchange::open(&plant.floor).await;
    assert!(whole(&exchange, &plant.tablet, order).await.is_ok());
    let pools = plant.db.pools();
    let neighbour = plant.floor.world.second_plant(pools).await;
    for elsewhere in [neighbour, plant.db.world().await] {
        let device = elsewhere.device(pools).await;
        let mut stranger = plant.tablet.clone();
        (stranger.world, stranger.device) = (elsewhere, device);
        assert_eq!(whole(&exchange, &stranger, order).await, Err(StatusCode::NOT_FOUND));
    }
    let url = format!("http://{}/api/v1/sync/orders/{order}", exchange.serving.address());
    let response = reqwest::Client::new().get(url).send().await.expect("an answer");
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_archived_order_that_somebody_altered_behind_the_servers_back_is_found_by_the_auditor() {
    let mut plant = Plant::start().await;
    let order = plant.closed(5, 5).await;
    plant.month_passes().await;
    plant.archive().await;
    assert_eq!(plant.audited().await, [""; 0]);
    plant
        .db
        .force(&format!(
            "update fact set occurred_at = occurred_at - interval '1 day' where order_id = '{order}'"
        ))
        .await;
    let found = plant.audited().await;
    assert!(found.iter().any(|what| what.contains("when it was archived")), "{found:?}");
}
