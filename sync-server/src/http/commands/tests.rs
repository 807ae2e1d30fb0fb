use reqwest::Client;
use serde_json::{Value, json};
use shared_model::people::Role;

use crate::edge;
use crate::http::floor::Plant;
use crate::testing::World;
use crate::testing::client::{Reply, read};

fn received(material: &str, amount: &str) -> Value {
    json!({ "command": "receive_stock", "key": { "material": material }, "amount": amount })
}

async fn send(plant: &Plant, token: &str, key: &str, command: &Value) -> Reply {
    let url = plant.server.url(&plant.path("commands"));
    read(Client::new().post(url).bearer_auth(token).header("idempotency-key", key).json(command)).await
}

#[tokio::test]
async fn a_command_that_is_sent_again_is_carried_out_once() {
    let plant = Plant::start().await;
    let key = edge::ids().draw::<uuid::Uuid>().to_string();
    let receipt = received(&plant.bolt, "100");
    let first = send(&plant, &plant.supervisor, &key, &receipt).await.ok();
    let again = send(&plant, &plant.supervisor, &key, &receipt).await.ok();
    assert_eq!(first, again);
    assert_eq!(first["id"], key);
    let stock = plant.server.get(&plant.path("stock"), &plant.planner).await.ok();
    assert_eq!(stock["items"][0]["on_hand"], "100");
}

#[tokio::test]
async fn a_refused_command_is_refused_with_the_same_words_again() {
    let plant = Plant::start().await;
    let key = edge::ids().draw::<uuid::Uuid>().to_string();
    let nothing = received(&plant.bolt, "0");
    let first = send(&plant, &plant.supervisor, &key, &nothing).await;
    assert_eq!(first.problem(), (422, "quantity_not_positive"));
    let again = send(&plant, &plant.supervisor, &key, &nothing).await;
    assert_eq!(again.body, first.body);
}

#[tokio::test]
async fn a_viewer_gives_no_commands() {
    let plant = Plant::start().await;
    let viewer = plant.server.token(Role::Viewer).await;
    let reply = plant.command(&viewer, received(&plant.bolt, "1")).await;
    assert_eq!(reply.problem(), (403, "not_permitted"));
}

#[tokio::test]
async fn a_command_that_nobody_knows_is_malformed() {
    let plant = Plant::start().await;
    let reply = plant.command(&plant.supervisor, json!({ "command": "make_coffee" })).await;
    assert_eq!(reply.problem(), (422, "malformed"));
    let reply = plant.command(&plant.supervisor, json!({ "key": {} })).await;
    assert_eq!(reply.problem(), (422, "invalid_body"));
}

#[tokio::test]
async fn a_command_touches_nothing_of_another_organization() {
    let plant = Plant::start().await;
    let stranger = World::build(plant.server.db().pools()).await;
    let token = plant.server.token_of(&stranger.email(Role::Supervisor)).await;
    let path = format!("/api/v1/plants/{}/commands", stranger.plant);
    let reply = plant.server.post(&path, &token, received(&plant.bolt, "1")).await;
    assert_eq!(reply.problem(), (404, "unknown_material"));
}
