//! The database goes away while people work.

use std::time::Duration;

use shared_model::people::Role;
use shared_model::quantity::Amount;
use shared_model::sync::wire::{ClientFrame, ProblemCode, ServerFrame, Verdict};

use super::floor::{Floor, is_accepted, send};
use super::line::Exchange;
use crate::app::App;
use crate::db::{Pools, migrate};
use crate::postgres::{Cluster, Durability};
use crate::testing::World;

async fn start(dir: &std::path::Path) -> Cluster {
    Cluster::start_with(dir, Durability::Volatile).await.expect("PostgreSQL starts")
}

async fn stop(cluster: Cluster) {
    tokio::task::spawn_blocking(move || cluster.stop()).await.expect("no panic").expect("PostgreSQL stops");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_stops_under_load_loses_nothing_and_doubles_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let cluster = start(dir.path()).await;
    migrate::run(&cluster.access().owner).await.expect("migrates");
    let pools = Pools::new(cluster.access());
    let floor = Floor::in_world(pools.clone(), World::build(&pools).await).await;
    let exchange = Exchange::on(App::start(pools.clone()).await.expect("starts")).await;

    // Three people receive twenty wheels each, one by one, and try again until they are told.
    let mut people = Vec::new();
    for _ in 0..3 {
        let mut tablet = floor.tablet(Role::Warehouse).await;
        let receipts: Vec<_> = (0..20).map(|_| tablet.draft(floor.receive(1))).collect();
        let sync = floor.sync.clone();
        people.push(tokio::spawn(async move {
            let mut failures = 0;
            for receipt in receipts {
                loop {
                    match send(&sync, &tablet, std::slice::from_ref(&receipt)).await {
                        Ok(verdicts) => {
                            assert!(verdicts.iter().all(is_accepted), "{verdicts:?}");
                            break;
                        }
                        Err(fault) => {
                            assert!(fault.is_passing(), "{fault:?}");
                            failures += 1;
                            tokio::time::sleep(Duration::from_millis(50)).await;
                        }
                    }
                }
            }
            failures
        }));
    }
    let mut tablet = floor.tablet(Role::Warehouse).await;
    let (mut line, _) = exchange.call(&tablet, &[]).await;

    stop(cluster).await;
    let receipt = tablet.draft(floor.receive(1));
    line.say(&ClientFrame::Push { commands: vec![receipt.clone()] }).await;
    assert_eq!(line.hear_problem().await, ProblemCode::Unavailable);
    let ready = reqwest::get(format!("http://{}/ready", exchange.serving.address())).await.expect("answers");
    assert_eq!(ready.status().as_u16(), 503);

    let cluster = start(dir.path()).await;
    let mut failures = 0;
    for person in people {
        failures += person.await.expect("done");
    }
    assert!(failures > 0, "nobody was at work while the database was away");
    let (mut line, _) = exchange.call(&tablet, &[]).await;
    line.say(&ClientFrame::Push { commands: vec![receipt.clone()] }).await;
    let (_, word) = line.hear_word().await;
    let Some(ServerFrame::Verdicts(verdicts)) = word else { panic!("{word:?}") };
    assert!(matches!(verdicts[..], [(id, Verdict::Accepted { .. })] if id == receipt.id));
    assert_eq!(floor.on_hand(floor.wheel).await, Amount::whole(61));

    // And the news flow again, from whatever process they come.
    let mut other = floor.tablet(Role::Warehouse).await;
    let command = other.draft(floor.receive(1));
    floor.judge(&other, command.clone()).await;
    loop {
        let Some(ServerFrame::Batch(batch)) = line.hear().await else { panic!("a batch") };
        line.say(&ClientFrame::Applied { feed: batch.feed, seq: batch.until }).await;
        if batch.entries.iter().any(|entry| entry.command == Some(command.id)) {
            break;
        }
    }
    drop(floor);
    stop(cluster).await;
}
