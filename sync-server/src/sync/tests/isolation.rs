//! Two organizations on one server see nothing of each other, and two plants of one organization
//! change nothing of each other's.

use shared_model::command::Command;
use shared_model::ids::{FactId, FeedId};
use shared_model::people::Role;
use shared_model::refusal::Refusal;
use shared_model::sync::wire::Verdict;

use super::floor::{Floor, is_accepted, report};
use crate::db::feed::{self, Next};
use crate::testing::World;

#[tokio::test]
async fn a_feed_of_another_organization_is_empty() {
    let mut floor = Floor::new().await;
    floor.tablet_with_order(5).await;
    let other = World::build(&floor.pools).await;
    let theirs = FeedId::from(floor.world.plant);
    let mut tx = other.tx(&floor.pools).await;
    assert!(matches!(feed::read(&mut tx, theirs, 0).await.expect("a read"), Next::End));
    assert_eq!(feed::heads(&mut tx, &[theirs]).await.expect("heads")[0].seq, 0);
}

#[tokio::test]
async fn a_device_of_another_organization_cannot_touch_an_order() {
    let mut floor = Floor::new().await;
    let (tablet, order) = floor.tablet_with_order(5).await;
    let stranger_world = World::build(&floor.pools).await;
    let mut stranger = tablet.clone();
    stranger.device = stranger_world.device(&floor.pools).await;
    stranger.sender = crate::sync::Sender::Device(stranger.device);
    stranger.user = stranger_world.user(Role::PlantManager);
    stranger.world = stranger_world;
    let with_change = stranger.press(report(order, 5, 0));
    assert_eq!(floor.judge(&stranger, with_change).await, Verdict::Rebase { epoch: 0 });
    let command = stranger.draft(report(order, 5, 0));
    let unknown = Verdict::Refused(Refusal::UnknownOrder);
    assert_eq!(floor.judge(&stranger, command.clone()).await, unknown);
    // And not by naming the other plant either.
    let mut other_plant = stranger.draft(command.command);
    other_plant.plant = floor.world.plant;
    assert_eq!(floor.judge(&stranger, other_plant).await, Verdict::Refused(Refusal::OtherPlant));
    assert!(floor.row(order).await.output.is_empty());
}

#[tokio::test]
async fn a_device_of_one_plant_cannot_close_an_exception_of_another() {
    let mut floor = Floor::new().await;
    let (mut tablet, order) = floor.tablet_with_order(1).await;
    let too_many = tablet.press(report(order, 2, 0));
    floor.judge(&tablet, too_many).await;
    let exceptions: Vec<uuid::Uuid> = sqlx::query_scalar("select id from exception order by kind")
        .fetch_all(floor.tx().await.conn())
        .await
        .expect("exceptions");
    let mut stranger = tablet.clone();
    stranger.world = floor.world.second_plant(&floor.pools).await;
    stranger.device = stranger.world.device(&floor.pools).await;
    stranger.sender = crate::sync::Sender::Device(stranger.device);
    let note = "not ours".to_owned();
    let close = |exception: FactId, order| Command::CloseException { exception, order, note: note.clone() };
    let nowhere = stranger.draft(close(uuid::Uuid::from_u128(7).into(), None));
    let as_unknown = floor.judge(&stranger, nowhere).await;
    assert_eq!(as_unknown, Verdict::Refused(Refusal::UnknownFact));
    for id in exceptions.iter().copied() {
        for order in [None, Some(order)] {
            let command = stranger.draft(close(id.into(), order));
            assert_eq!(floor.judge(&stranger, command).await, as_unknown);
        }
    }
    assert_eq!(floor.open_exceptions().await, ["negative_stock", "over_production"]);
    let mut manager = floor.tablet(Role::PlantManager).await;
    let own = manager.draft(close(exceptions[0].into(), None));
    assert!(is_accepted(&(own.id, floor.judge(&manager, own.clone()).await)));
    assert_eq!(floor.open_exceptions().await, ["over_production"]);
}
