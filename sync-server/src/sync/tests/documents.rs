//! Documents that cannot be read, or cannot grow any more.

use shared_model::actor::{ActorEpoch, automerge_actor};
use shared_model::command::Command;
use shared_model::quantity::Amount;
use shared_model::refusal::Refusal;
use shared_model::sync::wire::Verdict;
use shared_model::work_order::WorkOrderEdit;
use shared_model::work_order::document::MAX_BYTES;

use super::floor::{Floor, is_accepted, report, send};
use crate::sync::{Sender, Sync};

#[tokio::test]
async fn commands_on_a_damaged_document_wait_and_no_others() {
    let mut floor = Floor::new().await;
    let (mut first, damaged) = floor.tablet_with_order(50).await;
    let (mut second, sound) = floor.tablet_with_order(50).await;
    let mut tx = floor.tx().await;
    sqlx::query("update document set snapshot = 'nonsense' where id = $1")
        .bind(damaged.uuid())
        .execute(tx.conn())
        .await
        .expect("a query");
    tx.commit().await.expect("a commit");
    // Another process, which has not seen the document before.
    let other = Sync::start(floor.pools.clone());
    let waits = first.press(report(damaged, 5, 0));
    assert_eq!(send(&other, &first, std::slice::from_ref(&waits)).await.expect("committed"), []);
    let goes = second.press(report(sound, 7, 0));
    let verdicts = send(&other, &second, &[goes]).await.expect("committed");
    assert!(verdicts.len() == 1 && verdicts.iter().all(is_accepted), "{verdicts:?}");
    assert_eq!(floor.count("refused").await, 0);
    let known: i64 = sqlx::query_scalar("select count(*) from command where id = $1")
        .bind(waits.id.uuid())
        .fetch_one(floor.tx().await.conn())
        .await
        .expect("a query");
    assert_eq!(known, 0, "it has no verdict");
}

#[tokio::test]
async fn an_order_whose_history_is_full_takes_facts_and_no_more_changes() {
    let mut floor = Floor::new().await;
    let (mut tablet, order) = floor.tablet_with_order(50).await;
    let start = tablet.press(report(order, 1, 0));
    assert!(is_accepted(&(start.id, floor.judge(&tablet, start.clone()).await)));
    let mut text = noise();
    // Years of edits, written into the document as the server has it.
    let document = &mut tablet.orders.get_mut(&order).expect("an order").document;
    let mut plan = document.order().expect("a document").expect("an order");
    let author = automerge_actor(uuid::Uuid::nil().into(), uuid::Uuid::nil().into(), ActorEpoch::default());
    let mut snapshot = document.save().expect("small");
    for chars in [60_000, 4_000, 1_000] {
        while MAX_BYTES - snapshot.len() > 4 * chars {
            plan.title = text(chars);
            document.write(&plan, &author, crate::edge::now()).expect("writes");
            snapshot = document.save().expect("still fits");
        }
    }
    let mut tx = floor.tx().await;
    let filled =
        sqlx::query("update document set snapshot = $2 where id = $1").bind(order.uuid()).bind(snapshot);
    filled.execute(tx.conn()).await.expect("a query");
    tx.commit().await.expect("a commit");

    // Another process, which has not seen the document before.
    let sync = Sync::start(floor.pools.clone());
    let mut edit = || Command::EditWorkOrder {
        order,
        edit: WorkOrderEdit { title: Some(text(1_000)), ..WorkOrderEdit::default() },
    };
    let mut verdicts = Vec::new();
    for _ in 0..4 {
        let command = tablet.press(edit());
        verdicts.extend(send(&sync, &tablet, &[command]).await.expect("committed"));
    }
    let (_, last) = verdicts.iter().find(|verdict| !is_accepted(verdict)).expect("an end");
    assert!(matches!(last, Verdict::Refused(Refusal::Malformed { .. })), "{last:?}");
    let more = tablet.draft(report(order, 2, 0));
    assert!(send(&sync, &tablet, &[more]).await.expect("committed").iter().all(is_accepted));
    assert_eq!(floor.row(order).await.output[&Some(20)].good, Amount::whole(3));
    // The server writes no change either.
    tablet.sender = Sender::Server;
    let own = tablet.draft(edit());
    let verdicts = send(&sync, &tablet, &[own]).await.expect("committed");
    assert!(matches!(verdicts[..], [(_, Verdict::Refused(Refusal::Malformed { .. }))]), "{verdicts:?}");
}

/// Texts that hardly compress.
fn noise() -> impl FnMut(usize) -> String {
    let mut state = 1u32;
    move |chars| {
        (0..chars)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                char::from_u32(0x1_0000 + (state >> 8) % 0x10_0000).unwrap_or('x')
            })
            .collect()
    }
}
