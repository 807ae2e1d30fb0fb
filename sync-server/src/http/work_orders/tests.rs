use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use shared_model::people::Role;

use crate::edge;
use crate::http::floor::Plant;
use crate::testing::client::{Reply, read};

#[tokio::test]
async fn an_order_goes_its_way_from_the_plan_to_the_end() {
    let plant = Plant::start().await;
    let created = plant.create("First", "10").await;
    assert_eq!(created.status, 201, "{:?}", created.body);
    let id = created.text("id");
    assert_eq!(created.body["state"], "planned");
    assert_eq!(created.body["operations"][0]["name"], "Assemble");
    let released = plant.step(&id, "release", Value::Null).await.ok();
    assert_eq!(released["state"], "released");
    assert_eq!(released["materials"][0]["material_id"], plant.bolt);
    assert_eq!(released["materials"][0]["planned"], "40");
    let report = json!({
        "command": "report_production", "order": id,
        "report": { "operation": 10, "good": "10", "scrap": [{ "amount": "1", "reason": null }] },
    });
    plant.command(&plant.operator, report).await.ok();
    let finish = json!({ "command": "finish_operation", "order": id, "operation": 10 });
    plant.command(&plant.operator, finish).await.ok();
    let done = plant.step(&id, "complete", Value::Null).await.ok();
    assert_eq!(done["state"], "completed");
    assert_eq!(done["output"], json!({ "good": "10", "scrap": "1", "rework": "0" }));
    let facts = plant
        .server
        .get(&plant.path(&format!("work-orders/{id}/facts?limit=200")), &plant.planner)
        .await
        .ok();
    let kinds: Vec<&str> =
        facts["items"].as_array().into_iter().flatten().filter_map(|it| it["kind"].as_str()).collect();
    assert!(kinds.contains(&"production_reported") && kinds.contains(&"stock_moved"), "{kinds:?}");
    let stock = plant.server.get(&plant.path("stock?q=widget"), &plant.planner).await.ok();
    assert_eq!(stock["items"][0]["on_hand"], "10");
    assert_eq!(stock["items"][0]["material_number"], "WIDGET");
    let stock = plant.server.get(&plant.path("stock"), &plant.planner).await.ok();
    let bolts = stock["items"].as_array().into_iter().flatten().find(|it| it["material_number"] == "BOLT");
    assert_eq!(bolts.expect("bolts")["on_hand"], "-44");
}

#[tokio::test]
async fn orders_are_paused_resumed_assigned_edited_and_closed_short() {
    let plant = Plant::start().await;
    let id = plant.create("", "10").await.text("id");
    let path = plant.path(&format!("work-orders/{id}"));
    let edit = json!({ "title": "Urgent", "due_on": "2031-02-03", "priority": 1 });
    let edited = plant.server.call(Method::PATCH, &path, Some(&plant.planner), Some(&edit)).await.ok();
    assert_eq!((&edited["due_on"], &edited["title"]), (&json!("2031-02-03"), &json!("Urgent")));
    let edit = json!({ "due_on": null });
    let undated = plant.server.call(Method::PATCH, &path, Some(&plant.planner), Some(&edit)).await.ok();
    assert_eq!((&undated["due_on"], &undated["title"]), (&Value::Null, &json!("Urgent")));
    let operator = plant.server.world().user(Role::Operator);
    let assigned = plant.step(&id, "assign", json!({ "assignee_id": operator })).await.ok();
    assert_eq!(assigned["assignee_id"], operator.to_string());
    plant.step(&id, "release", Value::Null).await.ok();
    let start = json!({ "command": "start_operation", "order": id, "operation": 10 });
    plant.command(&plant.operator, start).await.ok();
    let paused = plant.step(&id, "pause", json!({ "reason": "no power" })).await.ok();
    assert_eq!((&paused["state"], &paused["state_reason"]), (&json!("paused"), &json!("no power")));
    assert_eq!(plant.step(&id, "resume", Value::Null).await.ok()["state"], "in_progress");
    let early = plant.step(&id, "complete", Value::Null).await;
    assert_eq!(early.status, 409, "{:?}", early.body);
    let closed = plant.step(&id, "short-close", json!({ "reason": "customer took less" })).await.ok();
    assert_eq!(closed["state"], "completed");
}

#[tokio::test]
async fn what_the_rules_refuse_is_a_problem_with_the_refusals_own_code_and_sentence() {
    let plant = Plant::start().await;
    let id = plant.create("", "10").await.text("id");
    let cancelled = plant.step(&id, "cancel", json!({ "reason": "customer withdrew" })).await.ok();
    let reply = plant.step(&id, "release", Value::Null).await;
    assert_eq!(reply.problem(), (409, "wrong_state"));
    let number = cancelled["number"].as_str().expect("a number");
    assert_eq!(reply.text("detail"), format!("order {number} is cancelled: customer withdrew"));
    assert_eq!(reply.body["refusal"]["code"], "wrong_state");
    assert_eq!(plant.create("", "0").await.problem(), (422, "quantity_not_positive"));
    let silent = plant.step(&id, "cancel", json!({ "reason": " " })).await;
    assert_eq!(silent.problem().0, 409);
    let body = json!({ "material_id": uuid::Uuid::nil(), "quantity": "1" });
    let unknown = plant.server.post(&plant.path("work-orders"), &plant.planner, body).await;
    assert_eq!(unknown.problem(), (404, "unknown_material"));
    let nothing = plant.step(&uuid::Uuid::nil().to_string(), "release", Value::Null).await;
    assert_eq!(nothing.problem(), (404, "unknown_order"));
}

#[tokio::test]
async fn those_who_may_not_plan_do_not() {
    let plant = Plant::start().await;
    let body = json!({ "material_id": plant.widget, "quantity": "1" });
    let reply = plant.server.post(&plant.path("work-orders"), &plant.operator, body).await;
    assert_eq!(reply.problem(), (403, "not_permitted"));
    let id = plant.create("", "1").await.text("id");
    let path = plant.path(&format!("work-orders/{id}/release"));
    let reply = plant.server.post(&path, &plant.operator, Value::Null).await;
    assert_eq!(reply.problem(), (403, "not_permitted"));
}

#[tokio::test]
async fn the_same_request_twice_is_one_order() {
    let plant = Plant::start().await;
    let key = edge::ids().draw::<uuid::Uuid>().to_string();
    let body = json!({ "material_id": plant.widget, "quantity": "3" });
    let post = |key: String| {
        let url = plant.server.url(&plant.path("work-orders"));
        read(Client::new().post(url).bearer_auth(&plant.planner).header("idempotency-key", key).json(&body))
    };
    let (first, again) = (post(key.clone()).await.ok(), post(key).await.ok());
    assert_eq!(first["id"], again["id"]);
    assert_eq!(first["number"], again["number"]);
    let list = plant.server.get(&plant.path("work-orders"), &plant.planner).await.ok();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(post("one".to_owned()).await.problem(), (400, "invalid_idempotency_key"));
}

#[tokio::test]
async fn the_list_is_searched_filtered_and_read_page_by_page() {
    let plant = Plant::start().await;
    for title in ["Red", "Green", "Blue"] {
        plant.create(title, "1").await.ok();
    }
    let list = |query: &'static str| {
        let path = plant.path(&format!("work-orders?{query}"));
        let plant = &plant;
        async move { plant.server.get(&path, &plant.planner).await }
    };
    assert_eq!(list("q=GREEN").await.ok()["items"][0]["title"], "Green");
    assert_eq!(list("state=released,paused").await.ok()["items"], json!([]));
    assert_eq!(list("state=flying").await.problem(), (400, "invalid_query"));
    let first = list("limit=2").await.ok();
    assert_eq!(first["items"].as_array().map(Vec::len), Some(2));
    let next = format!("work-orders?limit=2&after={}", first["next"].as_str().expect("there is more"));
    let second = plant.server.get(&plant.path(&next), &plant.planner).await.ok();
    assert_eq!(second["items"][0]["title"], "Blue");
    assert!(second["next"].is_null());
}

#[tokio::test]
async fn an_order_that_is_known_already_is_not_sent_again() {
    let plant = Plant::start().await;
    let created = plant.create("", "1").await;
    let (id, tag) = (created.text("id"), created.headers["etag"].clone());
    let get = |tag| {
        let url = plant.server.url(&plant.path(&format!("work-orders/{id}")));
        read(Client::new().get(url).bearer_auth(&plant.planner).header("if-none-match", tag))
    };
    assert_eq!(get(tag.clone()).await.status, 304);
    plant.step(&id, "release", Value::Null).await.ok();
    assert_eq!(get(tag).await.ok()["state"], "released");
}

#[tokio::test]
async fn nobody_changes_an_order_that_somebody_else_changed_meanwhile() {
    let plant = Plant::start().await;
    let created = plant.create("", "10").await;
    let (id, seen) = (created.text("id"), tag(&created));
    let send = |method: Method, step: &str, token: &str, tags: &str, body: Value| {
        let url = plant.server.url(&plant.path(&format!("work-orders/{id}{step}")));
        read(Client::new().request(method, url).bearer_auth(token).header("if-match", tags).json(&body))
    };
    let edit = |tags: String, priority: u8| {
        send(Method::PATCH, "", &plant.planner, &tags, json!({ "priority": priority }))
    };
    let edited = edit(seen.clone(), 2).await;
    assert_eq!((edited.status, &edited.body["priority"]), (StatusCode::OK, &json!(2)));
    let stale = edit(seen.clone(), 3).await;
    assert_eq!(stale.problem(), (412, "changed_meanwhile"));
    let planner = plant.server.world().user(Role::Planner);
    assert_eq!(stale.body["changed_by"], json!({ "id": planner, "name": "Test planner" }));
    assert_eq!(stale.text("etag"), tag(&edited));
    assert!(stale.text("detail").starts_with("Test planner changed order "), "{stale:?}");
    for step in ["/release", "/complete"] {
        let reply = send(Method::POST, step, &plant.supervisor, &seen, Value::Null).await;
        assert_eq!(reply.problem(), (412, "changed_meanwhile"), "{step}");
    }
    for step in ["/cancel", "/pause", "/short-close"] {
        let reply = send(Method::POST, step, &plant.supervisor, &seen, json!({ "reason": "no" })).await;
        assert_eq!(reply.problem(), (412, "changed_meanwhile"), "{step}");
    }
    let weak = edit(format!("W/{}", tag(&edited)), 4).await;
    assert_eq!(weak.problem(), (412, "changed_meanwhile"));
    let one_of = format!("{seen}, {}", tag(&edited));
    let released = send(Method::POST, "/release", &plant.supervisor, &one_of, Value::Null).await;
    assert_eq!((released.status, &released.body["state"]), (StatusCode::OK, &json!("released")));
    let any = send(Method::POST, "/pause", &plant.supervisor, "*", json!({ "reason": "no" })).await;
    assert_eq!(any.problem(), (409, "wrong_state"), "it is judged");
    let order = plant.server.get(&plant.path(&format!("work-orders/{id}")), &plant.planner).await;
    assert_eq!((&order.body["priority"], &order.body["state"]), (&json!(2), &json!("released")));
    let path = plant.path(&format!("work-orders/{}", uuid::Uuid::nil()));
    let request = Client::new().patch(plant.server.url(&path)).bearer_auth(&plant.planner);
    let nothing = read(request.header("if-match", seen).json(&json!({}))).await;
    assert_eq!(nothing.problem(), (404, "unknown_order"));
}

#[tokio::test]
async fn of_many_who_saw_the_same_version_one_changes_it() {
    let plant = Plant::start().await;
    let created = plant.create("", "10").await;
    let url = plant.server.url(&plant.path(&format!("work-orders/{}", created.text("id"))));
    let edits = (1..=8).map(|priority| {
        let request = Client::new().patch(&url).bearer_auth(&plant.planner).header("if-match", tag(&created));
        read(request.json(&json!({ "priority": priority, "title": format!("Of {priority}") })))
    });
    let replies = futures_util::future::join_all(edits).await;
    let done: Vec<_> = replies.iter().filter(|reply| reply.status == StatusCode::OK).collect();
    assert_eq!(done.len(), 1);
    for refused in replies.iter().filter(|reply| reply.status != StatusCode::OK) {
        assert_eq!(refused.problem(), (412, "changed_meanwhile"));
        assert_eq!(refused.text("etag"), tag(done[0]));
    }
}

#[tokio::test]
async fn the_same_request_twice_is_not_changed_meanwhile_by_itself() {
    let plant = Plant::start().await;
    let created = plant.create("", "10").await;
    let (id, key) = (created.text("id"), edge::ids().draw::<uuid::Uuid>().to_string());
    let url = plant.server.url(&plant.path(&format!("work-orders/{id}/release")));
    for _ in 0..2 {
        let request =
            Client::new().post(&url).bearer_auth(&plant.supervisor).header("if-match", tag(&created));
        let reply = read(request.header("idempotency-key", &key).json(&Value::Null)).await;
        assert_eq!(reply.ok()["state"], "released");
    }
    let again = Client::new().post(&url).bearer_auth(&plant.supervisor).header("if-match", tag(&created));
    assert_eq!(read(again.json(&Value::Null)).await.problem(), (412, "changed_meanwhile"));
}

fn tag(reply: &Reply) -> String {
    reply.headers["etag"].to_str().expect("ASCII").to_owned()
}
