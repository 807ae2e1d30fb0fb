//! Two servers that tell each other by NATS what is new. `tests/tests/two_servers_story.rs` has a NATS.

use shared_model::people::Role;
use shared_model::sync::wire::ServerFrame;

use super::floor::Floor;
use super::line::Exchange;
use crate::app::App;
use crate::db::{Nats, Pools, Wake};
use crate::testing::TestDb;

/// Nobody listens there.
const NOWHERE: &str = "nats://127.0.0.1:1";

async fn by_nats(db: &TestDb) -> Pools {
    db.pools().clone().waking_by(Wake::Nats(Nats::connect(NOWHERE).await.expect("an address")))
}

#[tokio::test]
async fn while_nats_is_away_servers_hear_of_each_other_and_of_themselves_all_the_same() {
    let db = TestDb::new().await;
    let world = db.world().await;
    let here = by_nats(&db).await;
    let floor = Floor::in_world(here.clone(), world).await;
    let mut tablet = floor.tablet(Role::Warehouse).await;
    let own = Exchange::on(App::start(here).await.expect("the database answers")).await;
    let other = Exchange::on(App::start(by_nats(&db).await).await.expect("the database answers")).await;
    for exchange in [own, other] {
        let (mut line, heads) = exchange.call(&tablet, &[]).await;
        line.catch_up(&heads).await;
        let receipt = tablet.draft(floor.receive(1));
        floor.judge(&tablet, receipt).await;
        let news = line.hear().await;
        assert!(matches!(&news, Some(ServerFrame::Batch(batch)) if !batch.entries.is_empty()), "{news:?}");
    }
}

#[tokio::test]
async fn what_is_no_address_is_said_when_the_server_starts() {
    for address in ["nats://", "ws://host", "http://host", "nats://a b", "tls://127.0.0.1:99999"] {
        let told = Nats::connect(address).await.expect_err("no address").to_string();
        assert!(told.starts_with("NATS_URL is not the address of a NATS server"), "{told}");
    }
}
