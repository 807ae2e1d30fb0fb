//! Two organizations on one server see nothing of each other.

use shared_model::ids::FeedId;
use shared_model::people::Role;
use shared_model::refusal::Refusal;
use shared_model::sync::wire::Verdict;

use super::floor::{Floor, report};
use crate::db::feed;
use crate::testing::World;

#[tokio::test]
async fn a_feed_of_another_organization_is_empty() {
    let mut floor = Floor::new().await;
    floor.tablet_with_order(5).await;
    let other = World::build(&floor.pools).await;
    let theirs = FeedId::from(floor.world.plant);
    let mut tx = other.tx(&floor.pools).await;
    assert!(feed::read(&mut tx, theirs, 0).await.expect("a read").is_none());
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
