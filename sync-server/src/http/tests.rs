//! What holds for all of the API.

mod outage;

use reqwest::{Client, Method};
use serde_json::json;
use shared_model::people::Role;

use crate::testing::client::{Reply, read};
use crate::testing::{TestServer, World};

/// Run `cargo run -p sync-server -- openapi > sync-server/openapi.json` and look at the difference:
/// it is what changes for everybody who uses the API.
#[test]
fn the_committed_description_of_the_api_is_current() {
    let committed = include_str!("../../openapi.json");
    assert!(super::openapi() == committed, "sync-server/openapi.json is not what the handlers say");
}

#[test]
fn every_operation_has_a_name_of_its_own_and_says_what_it_is_for() {
    let mut names = std::collections::BTreeSet::new();
    for operation in operations() {
        assert!(names.insert(operation.name.clone()), "{} stands twice", operation.name);
        assert!(operation.has_summary, "{} says nothing about itself", operation.name);
    }
}

/// An operation of the API, as its description has it.
struct Operation {
    name: String,
    method: Method,
    path: String,
    is_open: bool,
    has_summary: bool,
    has_body: bool,
}

fn operations() -> Vec<Operation> {
    let document: serde_json::Value = serde_json::from_str(&super::openapi()).expect("JSON");
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, about) in methods.as_object().expect("methods") {
            operations.push(Operation {
                name: about["operationId"].as_str().expect("a name").to_owned(),
                method: method.to_uppercase().parse().expect("a method"),
                path: path.clone(),
                is_open: about.get("security").is_none(),
                has_summary: about["summary"].as_str().is_some_and(|text| !text.is_empty()),
                has_body: about.get("requestBody").is_some(),
            });
        }
    }
    operations
}

/// Everything that may be asked by somebody who has not signed in.
const OPEN: [&str; 10] = [
    "health",
    "live",
    "ready",
    "startup",
    "sign_in",
    "refresh",
    "enroll_device",
    "get_device_token",
    "hand_in_unsent",
    "confirm_wipe",
];

/// A body that is read, for each operation that wants one: what it is refused for must be who asks.
fn body(operation: &str) -> serde_json::Value {
    let id = uuid::Uuid::from_u128(7);
    let active = |more: serde_json::Value| {
        let mut body = json!({ "id": id, "name": "X", "is_active": true });
        body.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        body
    };
    match operation {
        "put_material" => active(json!({
            "number": "X", "unit": "pcs", "procurement": "purchase", "tracking": "none",
        })),
        "put_bom" => json!({
            "id": id, "material": id, "version": 1, "base_quantity": "1", "is_active": true, "lines": [],
        }),
        "put_routing" => {
            json!({ "id": id, "material": id, "version": 1, "is_active": true, "operations": [] })
        }
        "put_location" => active(json!({ "kind": "warehouse" })),
        "put_work_center" => active(json!({ "code": "X", "kind": "machine" })),
        "put_reason" => active(json!({ "code": "X", "kind": "scrap" })),
        "put_shift" => {
            active(json!({ "code": "X", "starts": "06:00:00", "ends": "14:00:00", "weekdays": 31 }))
        }
        "put_unit" => json!({ "code": id, "name": "X", "dimension": "count", "factor": "1" }),
        "put_supplier" => active(json!({})),
        "put_department" => active(json!({ "code": "X" })),
        "create_user" => {
            json!({ "name": "X", "email": "x@x.test", "password": "a long password", "roles": [] })
        }
        "edit_user" => json!({ "name": "X", "is_active": true, "roles": [] }),
        "create_work_order" => json!({ "material_id": id, "quantity": "1" }),
        "edit_work_order" => json!({}),
        "assign_work_order" => json!({ "assignee_id": null }),
        "pause_work_order" | "cancel_work_order" | "short_close_work_order" => json!({ "reason": "X" }),
        "execute_command" => json!({ "command": "release_work_order", "order": id }),
        "create_enrollment_code" => json!({ "plant_id": id }),
        "sign_in_on_device" => json!({ "email": "x@x.test", "password": "X" }),
        "release_refused" => json!({}),
        "close_refused" => json!({ "note": "X" }),
        other => panic!("say here what the body of {other} is"),
    }
}

async fn tried(server: &TestServer, operation: &Operation, token: Option<&str>) -> Reply {
    let id = uuid::Uuid::from_u128(7).to_string();
    let mut path = operation.path.replace("{plant}", &server.world().plant.to_string());
    while let (Some(from), Some(to)) = (path.find('{'), path.find('}')) {
        path.replace_range(from..=to, &id);
    }
    let body = operation.has_body.then(|| body(&operation.name));
    server.call(operation.method.clone(), &path, token, body.as_ref()).await
}

#[tokio::test]
async fn nobody_gets_in_without_signing_in() {
    let server = TestServer::start().await;
    for operation in operations() {
        assert_eq!(operation.is_open, OPEN.contains(&operation.name.as_str()), "{}", operation.name);
        if !operation.is_open {
            let reply = tried(&server, &operation, None).await;
            assert_eq!(reply.problem(), (401, "unauthorized"), "{}", operation.name);
        }
    }
}

#[tokio::test]
async fn a_plant_of_another_organization_does_not_exist() {
    let server = TestServer::start().await;
    let stranger = World::build(server.db().pools()).await;
    let token = server.token_of(&stranger.email(Role::PlantManager)).await;
    for operation in operations().iter().filter(|operation| operation.path.contains("{plant}")) {
        let reply = tried(&server, operation, Some(&token)).await;
        assert_eq!(reply.problem(), (404, "unknown_plant"), "{}", operation.name);
    }
}

#[tokio::test]
async fn a_viewer_changes_nothing() {
    let server = TestServer::start().await;
    let token = server.token(Role::Viewer).await;
    // A command says itself who may give it; see its own tests.
    let is_change = |operation: &&Operation| {
        operation.path.contains("{plant}")
            && operation.method != Method::GET
            && operation.name != "execute_command"
    };
    for operation in operations().iter().filter(is_change) {
        let reply = tried(&server, operation, Some(&token)).await;
        assert_eq!(reply.status, 403, "{} answered {:?}", operation.name, reply.body);
    }
}

#[tokio::test]
async fn the_server_says_that_it_lives_and_that_it_can_work() {
    let server = TestServer::start().await;
    for path in ["/health", "/live", "/ready", "/startup"] {
        let reply = server.call(Method::GET, path, None, None).await;
        assert_eq!(reply.ok()["status"], "up", "{path}");
    }
}

#[tokio::test]
async fn a_database_that_was_not_migrated_is_not_ready() {
    let server = TestServer::start().await;
    let mut owner = sqlx::ConnectOptions::connect(&server.db().access().owner).await.expect("connects");
    sqlx::query("delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)")
        .execute(&mut owner)
        .await
        .expect("the owner may");
    let reply = server.call(Method::GET, "/ready", None, None).await;
    assert_eq!(reply.problem(), (503, "not_migrated"));
}

#[tokio::test]
async fn whatever_is_wrong_with_a_request_is_a_problem_document() {
    let server = TestServer::start().await;
    let sign_in = "/api/v1/auth/sign-in";
    let send = |body: &'static str, kind: &'static str| {
        read(Client::new().post(server.url(sign_in)).header("content-type", kind).body(body))
    };
    let missing = send(r#"{"email":"a@b.c"}"#, "application/json").await;
    assert_eq!(missing.problem(), (422, "invalid_body"));
    assert!(missing.text("detail").contains("password"), "{missing:?}");
    assert_eq!(send("{", "application/json").await.problem(), (400, "malformed_body"));
    assert_eq!(send("a=b", "application/x-www-form-urlencoded").await.problem(), (415, "not_json"));
    let reply = server.call(Method::GET, "/api/v1/nothing", None, None).await;
    assert_eq!(reply.problem(), (404, "unknown_address"));
    let reply = server.call(Method::GET, sign_in, None, None).await;
    assert_eq!(reply.problem(), (405, "method_not_allowed"));
    let token = server.token(Role::PlantManager).await;
    let reply = server.get("/api/v1/devices?after=%21", &token).await;
    assert_eq!(reply.problem(), (400, "invalid_query"));
    let reply = server.call(Method::DELETE, "/api/v1/devices/no-uuid", Some(&token), None).await;
    assert_eq!(reply.problem(), (404, "unknown_address"));
}

#[tokio::test]
async fn a_body_of_more_than_a_megabyte_is_refused() {
    let server = TestServer::start().await;
    let body = json!({ "email": "a@b.c", "password": "x".repeat(1024 * 1024) });
    let reply = server.post_open("/api/v1/auth/sign-in", body).await;
    assert_eq!(reply.problem(), (413, "body_too_large"));
}

#[tokio::test]
async fn an_answer_carries_the_id_of_its_request() {
    let server = TestServer::start().await;
    let given = read(Client::new().get(server.url("/live")).header("x-request-id", "tablet-4711")).await;
    assert_eq!(given.headers["x-request-id"], "tablet-4711");
    let drawn = read(Client::new().get(server.url("/live")).header("x-request-id", "a b\tc d e f")).await;
    assert_eq!(drawn.headers["x-request-id"].len(), 36);
}

#[tokio::test]
async fn without_a_token_or_with_a_wrong_one_nobody_gets_in() {
    let server = TestServer::start().await;
    let path = "/api/v1/devices";
    let none = server.call(Method::GET, path, None, None).await;
    assert_eq!(none.problem(), (401, "unauthorized"));
    assert_eq!(none.headers["www-authenticate"], "Bearer");
    let token = server.token(Role::PlantManager).await;
    for wrong in ["nonsense", &token[..token.len() - 4], &token.replacen('.', ".e", 1)] {
        assert_eq!(server.get(path, wrong).await.problem(), (401, "invalid_token"));
    }
    server.get(path, &token).await.ok();
    server.app().advance_clock(crate::auth::TOKEN_MILLIS);
    let expired = server.get(path, &token).await;
    assert_eq!(expired.problem(), (401, "invalid_token"));
    assert!(expired.text("detail").contains("expired"));
}
