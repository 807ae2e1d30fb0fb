use serde_json::{Value, json};
use shared_model::command::Command;
use shared_model::people::Role;

use crate::http::floor::Plant;
use crate::http::tablet::Tablet;
use crate::testing::World;
use crate::testing::client::Reply;

/// A plant, and a revoked tablet that handed in what a warehouse worker had entered on it.
struct HandedIn {
    plant: Plant,
    manager: String,
    tablet: Tablet,
}

impl HandedIn {
    async fn of(commands: &[Value]) -> Self {
        let plant = Plant::start().await;
        let mut tablet = Tablet::enroll(&plant.server).await;
        let user = plant.server.world().user(Role::Warehouse);
        let entered: Vec<_> = commands
            .iter()
            .map(|json| {
                let mut json = json.clone();
                json["key"] = json!({ "material": plant.bolt });
                let command: Command = serde_json::from_value(json).expect("a command");
                tablet.enter(&plant.server, user, command)
            })
            .collect();
        tablet.revoke(&plant.server).await;
        tablet.hand_in(&plant.server, &entered).await.ok();
        let manager = plant.server.token(Role::PlantManager).await;
        Self { plant, manager, tablet }
    }

    async fn list(&self, query: &str) -> Value {
        self.plant.server.get(&format!("/api/v1/refused{query}"), &self.manager).await.ok()
    }

    async fn ids(&self, query: &str) -> Vec<String> {
        let list = self.list(query).await;
        let items = list["items"].as_array().expect("items").iter();
        items.map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
    }

    async fn decide(&self, id: &str, how: &str, note: &str) -> Reply {
        let path = format!("/api/v1/refused/{id}/{how}");
        self.plant.server.post(&path, &self.manager, json!({ "note": note })).await
    }

    async fn bolts(&self) -> Value {
        let stock = self.plant.server.get(&self.plant.path("stock"), &self.manager).await.ok();
        stock["items"]
            .as_array()
            .and_then(|items| items.first())
            .map_or(Value::Null, |row| row["on_hand"].clone())
    }

    async fn audited(&self, action: &'static str) -> i64 {
        let mut tx = self.plant.server.world().tx(self.plant.server.db().pools()).await;
        let sql = "select count(*) from audit_event where action = $1";
        sqlx::query_scalar(sql).bind(action).fetch_one(tx.conn()).await.expect("a query")
    }
}

fn receive(amount: &str) -> Value {
    json!({ "command": "receive_stock", "amount": amount, "unit": "pcs" })
}

#[tokio::test]
async fn an_administrator_sees_what_a_revoked_device_had_and_who_entered_it() {
    let all = HandedIn::of(&[receive("5"), receive("7"), receive("9")]).await;
    let list = all.list(&format!("?device={}&limit=2", all.tablet.id)).await;
    let first = &list["items"][0];
    assert_eq!(first["command"]["command"], "receive_stock");
    assert_eq!(first["command"]["amount"], "5");
    assert_eq!(first["device_name"], "Line 1");
    assert_eq!(first["user_name"], "Test warehouse");
    assert_eq!(first["refusal"], "device_revoked");
    assert_eq!(first["decision"], Value::Null);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(2));
    let next = list["next"].as_str().expect("one more");
    let rest = all.list(&format!("?device={}&limit=2&after={next}", all.tablet.id)).await;
    assert_eq!(rest["items"][0]["command"]["amount"], "9");
    assert_eq!(rest["next"], Value::Null);
    assert_eq!(all.ids(&format!("?device={}", uuid::Uuid::from_u128(7))).await.len(), 0);
}

#[tokio::test]
async fn only_administrators_of_the_plant_see_it() {
    let all = HandedIn::of(&[receive("5")]).await;
    let id = all.ids("").await.remove(0);
    let server = &all.plant.server;
    let supervisor = server.get("/api/v1/refused", &all.plant.supervisor).await;
    assert_eq!(supervisor.problem(), (403, "not_permitted"));
    let stranger = World::build(server.db().pools()).await;
    let token = server.token_of(&stranger.email(Role::PlantManager)).await;
    assert_eq!(server.get("/api/v1/refused", &token).await.ok()["items"], json!([]));
    for how in ["release", "close"] {
        let path = format!("/api/v1/refused/{id}/{how}");
        let reply = server.post(&path, &token, json!({ "note": "x" })).await;
        assert_eq!(reply.problem(), (404, "unknown_command"));
        let reply = server.post(&path, &all.plant.supervisor, json!({ "note": "x" })).await;
        assert_eq!(reply.problem(), (403, "not_permitted"));
    }
}

#[tokio::test]
async fn what_is_released_counts_once_in_the_name_of_the_person_and_at_their_time() {
    let all = HandedIn::of(&[receive("5"), receive("7")]).await;
    let ids = all.ids("?open=true").await;
    let (one, other) =
        futures_util::join!(all.decide(&ids[0], "release", ""), all.decide(&ids[0], "release", ""));
    let (one, other) = (one.ok(), other.ok());
    assert_eq!(one, other, "two administrators at once");
    assert_eq!(all.decide(&ids[0], "release", "").await.ok(), one, "the answer got lost");
    assert_eq!(all.bolts().await, "5");
    let decided = all.list("").await["items"][0].clone();
    assert_eq!(decided["decision"]["released_as"], one["id"]);
    assert_eq!(all.ids("?open=true").await, ids[1..]);
    let mut tx = all.plant.server.world().tx(all.plant.server.db().pools()).await;
    let (user, at): (uuid::Uuid, crate::db::Instant) =
        sqlx::query_as("select user_id, occurred_at from fact").fetch_one(tx.conn()).await.expect("one fact");
    assert_eq!(user, all.plant.server.world().user(Role::Warehouse).uuid());
    assert_eq!(shared_model::time::Timestamp::from(at).to_string(), decided["entered_at"]);
    assert_eq!(all.audited("refused.released").await, 1);
    assert_eq!(all.decide(&ids[0], "close", "no").await.problem(), (409, "decided_before"));
}

#[tokio::test]
async fn what_is_closed_stays_on_the_list_with_its_note_and_counts_nothing() {
    let all = HandedIn::of(&[receive("5")]).await;
    let id = all.ids("").await.remove(0);
    assert_eq!(all.decide(&id, "close", " ").await.problem(), (422, "reason_missing"));
    assert_eq!(all.decide(&id, "close", "never arrived").await.status, 204);
    assert_eq!(all.decide(&id, "close", "again").await.problem(), (409, "decided_before"));
    assert_eq!(all.decide(&id, "release", "").await.problem(), (409, "decided_before"));
    let decision = all.list("").await["items"][0]["decision"].clone();
    assert_eq!((&decision["note"], &decision["released_as"]), (&json!("never arrived"), &Value::Null));
    assert_eq!(all.bolts().await, Value::Null);
    assert_eq!(all.audited("refused.closed").await, 1);
}

#[tokio::test]
async fn what_is_refused_again_waits_and_may_be_tried_when_the_reason_is_gone() {
    // A shelf that the server does not know yet.
    let entered =
        json!({ "command": "transfer_stock", "to": uuid::Uuid::from_u128(9), "amount": "5", "unit": "pcs" });
    let all = HandedIn::of(&[entered]).await;
    let id = all.ids("").await.remove(0);
    for _ in 0..2 {
        assert_eq!(all.decide(&id, "release", "").await.problem(), (404, "unknown_location"));
    }
    assert_eq!(all.ids("?open=true").await, std::slice::from_ref(&id), "its attempts are not on the list");
    let engineer = all.plant.server.token(Role::Engineer).await;
    let location = uuid::Uuid::from_u128(9);
    let record = json!({ "id": location, "name": "Shelf", "kind": "warehouse", "is_active": true });
    let path = all.plant.path(&format!("locations/{location}"));
    all.plant.server.call(reqwest::Method::PUT, &path, Some(&engineer), Some(&record)).await.ok();
    all.decide(&id, "release", "").await.ok();
    assert_eq!(all.ids("?open=true").await, Vec::<String>::new());
}

#[tokio::test]
async fn what_a_device_in_use_was_refused_is_decided_on_that_device() {
    let plant = Plant::start().await;
    let mut tablet = Tablet::enroll(&plant.server).await;
    let user = plant.server.world().user(Role::Warehouse);
    let command = serde_json::from_value(json!({
        "command": "receive_stock", "key": { "material": plant.bolt }, "amount": "5", "unit": "pcs",
    }));
    let entered = tablet.enter(&plant.server, user, command.expect("a command"));
    let (organization, here) = (plant.server.world().organization, plant.server.world().plant);
    let sender = crate::sync::Sender::Device(entered.device);
    // Nobody signed in there.
    let sent = vec![(&entered).into()];
    plant.server.app().sync().submit(organization, here, sender, sent).await.expect("committed");
    let manager = plant.server.token(Role::PlantManager).await;
    let list = plant.server.get("/api/v1/refused", &manager).await.ok();
    assert_eq!(list["items"][0]["refusal"], "not_signed_in");
    let path = format!("/api/v1/refused/{}/release", entered.id);
    let reply = plant.server.post(&path, &manager, json!({})).await;
    assert_eq!(reply.problem(), (409, "decided_on_device"));
}
