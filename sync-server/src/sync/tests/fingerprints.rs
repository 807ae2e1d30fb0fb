//! What a device is told to compare what it holds with.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::StatusCode;
use shared_model::fact::Fact;
use shared_model::ids::{FeedId, WorkOrderId};
use shared_model::people::Role;
use shared_model::sync::fingerprint::{FactSum, Range, of_all, of_archived, of_order};
use shared_model::sync::wire::{Batch, EntryChange, decode};
use shared_model::work_order::document::{Document, decode_change};
use uuid::Uuid;

use super::archived::Plant;
use super::floor::{Tablet, report};
use super::line::Exchange;

/// What a device has of the plant's feed.
struct Read {
    at: u64,
    check: i64,
    documents: BTreeMap<WorkOrderId, Document>,
    facts: Vec<Fact>,
    archived: BTreeSet<WorkOrderId>,
}

impl Read {
    fn of(feed: FeedId, batches: Vec<Batch>) -> Self {
        let mut read = Self {
            at: 0,
            check: 0,
            documents: BTreeMap::new(),
            facts: Vec::new(),
            archived: BTreeSet::new(),
        };
        for batch in batches.into_iter().filter(|batch| batch.feed == feed) {
            (read.at, read.check) = (batch.until, batch.check.expect("said"));
            for entry in batch.entries {
                match entry.change {
                    EntryChange::Document { id, change } => {
                        read.archived.remove(&id);
                        let document = read.documents.entry(id).or_default();
                        document.merge(decode_change(&change).expect("a change")).expect("merges");
                    }
                    EntryChange::Fact(fact) => {
                        if let Some(order) = fact.order {
                            read.archived.remove(&order);
                        }
                        read.facts.push(fact);
                    }
                    EntryChange::Archived(orders) => read.archived.extend(orders),
                    EntryChange::Record(_) => {}
                }
            }
        }
        read
    }

    fn sum(&self, is_meant: impl Fn(Option<WorkOrderId>) -> bool) -> FactSum {
        self.facts.iter().filter(|fact| is_meant(fact.order)).map(|fact| fact.id).collect()
    }

    fn prints(&mut self) -> Vec<(WorkOrderId, u64)> {
        let orders: Vec<_> = self.documents.keys().copied().collect();
        let mut print = |order: WorkOrderId| {
            if self.archived.contains(&order) {
                return of_archived(order);
            }
            let facts = self.sum(|of| of == Some(order));
            of_order(order, &self.documents.get_mut(&order).expect("read").heads(), facts)
        };
        orders.into_iter().map(|order| (order, print(order))).collect()
    }
}

/// A plant with orders that are open, closed and archived, and an exchange to ask.
async fn plant() -> (Plant, Exchange) {
    let mut plant = Plant::start().await;
    plant.closed(5, 5).await;
    plant.closed(4, 2).await;
    plant.month_passes().await;
    assert_eq!(plant.archive().await, 2);
    let (mut other, open) = plant.floor.tablet_with_order(5).await;
    plant.enter(&mut other, report(open, 3, 1)).await;
    let exchange = Exchange::open(&plant.floor).await;
    (plant, exchange)
}

async fn read(plant: &Plant, exchange: &Exchange, tablet: &Tablet) -> Read {
    let (mut line, heads) = exchange.call(tablet, &[]).await;
    Read::of(plant.floor.world.plant.into(), line.catch_up(&heads).await)
}

async fn ask(exchange: &Exchange, tablet: &Tablet, query: &str) -> Result<Range, (StatusCode, String)> {
    let url = format!("http://{}/api/v1/sync/fingerprints?{query}", exchange.serving.address());
    let request = reqwest::Client::new().get(url).bearer_auth(exchange.token(tablet));
    let response = request.send().await.expect("an answer");
    match response.status() {
        StatusCode::OK => Ok(decode(&response.bytes().await.expect("a body")).expect("a range")),
        status => Err((status, response.text().await.expect("a text"))),
    }
}

fn whole_query(read: &Read) -> String {
    format!("at={}&check={}&after={}", read.at, read.check, Uuid::nil())
}

#[tokio::test]
async fn a_device_that_read_everything_holds_what_the_server_says() {
    let (plant, exchange) = plant().await;
    let tablet = plant.floor.tablet(Role::Operator).await;
    let mut read = read(&plant, &exchange, &tablet).await;
    assert_eq!((read.documents.len(), read.archived.len()), (3, 2));
    let prints = read.prints();
    let range = ask(&exchange, &tablet, &whole_query(&read)).await.expect("a range");
    let beside = read.sum(|order| order.is_none());
    assert!(beside.count > 0, "stock was received");
    let said = Range {
        until: None,
        newer: Vec::new(),
        value: of_all(prints.iter().map(|(_, print)| *print)),
        orders: Vec::new(),
        beside: Some(beside),
    };
    assert_eq!(range, said);
    let each = ask(&exchange, &tablet, &format!("{}&each=true", whole_query(&read))).await.expect("a range");
    assert_eq!(each, Range { orders: prints.clone(), ..said });
    let behind = format!("at={}&check={}&after={}", read.at, read.check, prints[1].0);
    let range = ask(&exchange, &tablet, &behind).await.expect("a range");
    assert_eq!((range.value, range.until), (prints[2].1, None));
}

#[tokio::test]
async fn what_came_after_a_device_asked_is_left_out() {
    let (mut plant, exchange) = plant().await;
    let tablet = plant.floor.tablet(Role::Operator).await;
    let mut read = read(&plant, &exchange, &tablet).await;
    plant.receive(7).await;
    let (_, new) = plant.floor.tablet_with_order(9).await;
    let range = ask(&exchange, &tablet, &whole_query(&read)).await.expect("a range");
    assert_eq!(range.newer, [new]);
    assert_eq!(range.value, of_all(read.prints().into_iter().map(|(_, print)| print)));
    assert_eq!(range.beside, Some(read.sum(|order| order.is_none())));
}

#[tokio::test]
async fn a_device_that_read_another_history_is_told_so_and_gets_nothing() {
    let (plant, exchange) = plant().await;
    let tablet = plant.floor.tablet(Role::Operator).await;
    let read = read(&plant, &exchange, &tablet).await;
    let nil = Uuid::nil();
    for query in [
        format!("at={}&after={nil}", read.at + 1),
        format!("at={}&check={}&after={nil}", read.at, read.check.wrapping_add(1)),
    ] {
        let (status, problem) = ask(&exchange, &tablet, &query).await.expect_err("another history");
        assert_eq!(status, StatusCode::CONFLICT);
        assert!(problem.contains("other_history"), "{problem}");
    }
    for query in ["", "at=x", "at=1&after=x", "at=-1"] {
        let (status, _) = ask(&exchange, &tablet, query).await.expect_err("not understood");
        assert!(status.is_client_error(), "{query}: {status}");
    }
}

#[tokio::test]
async fn a_device_of_another_plant_or_organization_sees_nothing_of_it() {
    let (plant, exchange) = plant().await;
    let pools = plant.db.pools();
    let neighbour = plant.floor.world.second_plant(pools).await;
    for elsewhere in [neighbour, plant.db.world().await] {
        let device = elsewhere.device(pools).await;
        let mut stranger = plant.floor.tablet(Role::PlantManager).await;
        (stranger.world, stranger.device) = (elsewhere, device);
        let query = format!("at=0&after={}&each=true", Uuid::nil());
        let range = ask(&exchange, &stranger, &query).await.expect("a range");
        assert_eq!(range, Range { beside: Some(FactSum::default()), ..Range::default() });
    }
    let url = format!("http://{}/api/v1/sync/fingerprints?at=0", exchange.serving.address());
    assert_eq!(reqwest::get(url).await.expect("an answer").status(), StatusCode::UNAUTHORIZED);
}
