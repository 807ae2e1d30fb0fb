//! Feeds have no gaps, and batches no loose ends.

use std::collections::BTreeSet;

use shared_model::command::Command;
use shared_model::ids::FeedId;
use shared_model::people::Role;
use shared_model::quantity::Amount;
use shared_model::stock::StockKey;
use shared_model::sync::wire::stored::{StoredBatch, StoredChange};
use shared_model::sync::wire::{Batch, CREDIT_BATCHES, ClientFrame, ServerFrame, Verdict};
use shared_model::time::Timestamp;

use super::floor::{Floor, is_accepted, pieces, send};
use super::line::{Exchange, Line};
use crate::db::feed::{self, NewEntry, Next};
use crate::edge;
use crate::sync::Sync;

async fn whole_feed(floor: &Floor, feed: FeedId) -> Vec<StoredBatch> {
    let mut tx = floor.tx().await;
    let mut batches: Vec<StoredBatch> = Vec::new();
    loop {
        let after = batches.last().map_or(0, |batch| batch.until);
        match feed::read(&mut tx, feed, after).await.expect("a read") {
            Next::Batch(batch) => batches.push(batch),
            Next::End => return batches,
            Next::Forgotten => panic!("the feed begins behind {after}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_that_eight_write_to_at_once_has_no_gap() {
    let floor = Floor::new().await;
    let feed = FeedId::from(floor.world.plant);
    let other = Sync::start(floor.pools.clone());
    let mut writers = Vec::new();
    for n in 0..8 {
        let mut tablet = floor.tablet(Role::Warehouse).await;
        let sync = if n % 2 == 0 { floor.sync.clone() } else { other.clone() };
        let receipts: Vec<_> = (0..20).map(|_| tablet.draft(floor.receive(1))).collect();
        writers.push(tokio::spawn(async move {
            for receipt in receipts {
                let verdicts = send(&sync, &tablet, &[receipt]).await.expect("committed");
                assert!(verdicts.iter().all(is_accepted), "{verdicts:?}");
            }
        }));
    }
    // Somebody who follows the feed meanwhile never sees an entry before the ones that precede it.
    let mut seen = 0;
    while writers.iter().any(|writer| !writer.is_finished()) {
        if let Next::Batch(batch) = feed::read(&mut floor.tx().await, feed, seen).await.expect("a read") {
            assert_eq!(batch.entries[0].seq, seen + 1);
            assert!(batch.entries.windows(2).all(|two| two[1].seq == two[0].seq + 1));
            seen = batch.until;
        }
    }
    for writer in writers {
        writer.await.expect("done");
    }
    let seqs: Vec<u64> = whole_feed(&floor, feed)
        .await
        .iter()
        .flat_map(|batch| batch.entries.iter().map(|it| it.seq))
        .collect();
    assert_eq!(seqs, Vec::from_iter(1..=seqs.len() as u64));
    assert_eq!(floor.on_hand(floor.wheel).await, Amount::whole(160));
}

#[tokio::test]
async fn a_batch_ends_where_a_command_ends() {
    let floor = Floor::new().await;
    let mut tablet = floor.tablet(Role::Warehouse).await;
    // Each is two movements of stock, the first one with an exception, so that no even number fits.
    let transfer = Command::TransferStock {
        key: StockKey::of(floor.wheel, None),
        to: floor.store,
        amount: Amount::ONE,
        unit: pieces(),
    };
    for _ in 0..3 {
        let transfers = (0..400).map(|_| tablet.draft(transfer.clone())).collect();
        let verdicts = floor.send(&tablet, transfers).await.expect("committed");
        assert!(verdicts.iter().all(is_accepted));
    }
    let batches = whole_feed(&floor, floor.world.plant.into()).await;
    assert!(batches.len() > 1, "one batch of {} entries", batches[0].entries.len());
    let mut finished = BTreeSet::new();
    for batch in &batches {
        assert!(batch.entries.len() <= 2_000);
        let commands: BTreeSet<_> = batch.entries.iter().filter_map(|entry| entry.command).collect();
        assert!(commands.is_disjoint(&finished), "a command is in two batches");
        finished.extend(commands);
    }
}

async fn hear_batch(line: &mut Line) -> Batch {
    let Some(ServerFrame::Batch(batch)) = line.hear().await else { panic!("a batch") };
    batch
}

#[tokio::test]
async fn what_was_committed_while_a_device_was_busy_comes_in_one_batch() {
    /// More than are remembered in packed form for those who come a little later.
    const COMMITS: usize = 50;
    const PING: ClientFrame = ClientFrame::Ping { at: Timestamp::from_millis(7) };

    let floor = Floor::new().await;
    let exchange = Exchange::open(&floor).await;
    let mut tablet = floor.tablet(Role::Warehouse).await;
    let busy_tablet = floor.tablet(Role::Operator).await;
    let (mut quick, heads) = exchange.call(&tablet, &[]).await;
    quick.catch_up(&heads).await;
    let (mut busy, _) = exchange.call(&busy_tablet, &heads).await;

    let (mut here, mut there) = (0, 0);
    for n in 0..CREDIT_BATCHES + COMMITS {
        let receipt = tablet.draft(floor.receive(1));
        let verdict = floor.judge(&tablet, receipt).await;
        assert!(matches!(verdict, Verdict::Accepted { .. }), "{verdict:?}");
        let batch = hear_batch(&mut quick).await;
        quick.say(&ClientFrame::Applied { feed: batch.feed, seq: batch.until }).await;
        there = batch.until;
        // It hears, and does not say that it has it.
        if n < CREDIT_BATCHES {
            here = hear_batch(&mut busy).await.until;
        }
    }
    busy.say(&PING).await;
    assert!(matches!(busy.hear().await, Some(ServerFrame::Pong { .. })), "no batch without credit");

    busy.say(&ClientFrame::Applied { feed: floor.world.plant.into(), seq: here }).await;
    let batch = hear_batch(&mut busy).await;
    assert_eq!((batch.after, batch.until), (here, there));
    let commands: BTreeSet<_> = batch.entries.iter().filter_map(|entry| entry.command).collect();
    assert_eq!(commands.len(), COMMITS);
}

#[tokio::test]
async fn what_belongs_together_is_sent_together_however_much_it_is() {
    let floor = Floor::new().await;
    let feed = FeedId::from(floor.world.plant);
    let start = feed::heads(&mut floor.tx().await, &[feed]).await.expect("heads")[0].seq;
    let mut tx = floor.tx().await;
    let entry = |bytes: usize, ends_unit| NewEntry {
        command: None,
        change: StoredChange::Document { id: edge::ids().draw(), change: vec![7; bytes] },
        ends_unit,
    };
    let entries = vec![entry(10, true), entry(1_500_000, false), entry(1_500_000, true), entry(10, true)];
    feed::append(&mut tx, feed, edge::now(), entries).await.expect("appended");
    tx.commit().await.expect("a commit");
    let cuts: Vec<u64> = {
        let batches = whole_feed(&floor, feed).await;
        batches.iter().filter(|batch| batch.until > start).map(|batch| batch.until - start).collect()
    };
    assert_eq!(cuts, [1, 3, 4]);
}

#[tokio::test]
async fn a_transaction_that_is_not_committed_leaves_nothing() {
    let floor = Floor::new().await;
    let feed = FeedId::from(floor.world.plant);
    let before = feed::heads(&mut floor.tx().await, &[feed]).await.expect("heads");
    let mut tx = floor.tx().await;
    let change = StoredChange::Fact("{}".to_owned());
    let entry = NewEntry { command: None, change, ends_unit: true };
    feed::append(&mut tx, feed, edge::now(), vec![entry]).await.expect("appended");
    drop(tx);
    assert_eq!(feed::heads(&mut floor.tx().await, &[feed]).await.expect("heads"), before);
    let mut tablet = floor.tablet(Role::Warehouse).await;
    let receipt = tablet.draft(floor.receive(1));
    floor.judge(&tablet, receipt).await;
    let batches = whole_feed(&floor, feed).await;
    assert_eq!(batches.last().map(|batch| batch.until), Some(before[0].seq + 1), "the number was taken back");
}

#[tokio::test]
async fn a_record_that_is_written_as_it_was_makes_no_entry() {
    let floor = Floor::new().await;
    let bom = shared_model::record::Record::Bom(floor.bom_of(floor.bom, 1, 4));
    let entries = floor.count("change_log").await;
    let mut tx = floor.tx().await;
    assert!(!crate::db::record::put(&mut tx, None, &bom).await.expect("a query"));
    tx.commit().await.expect("a commit");
    assert_eq!(floor.count("change_log").await, entries);
}
