//! What holds for all of the API.

use reqwest::{Client, Method};
use serde_json::json;
use shared_model::people::Role;

use crate::testing::TestServer;
use crate::testing::client::read;

/// Run `cargo run -p sync-server -- openapi > sync-server/openapi.json` and look at the difference:
/// it is what changes for everybody who uses the API.
#[test]
fn the_committed_description_of_the_api_is_current() {
    let committed = include_str!("../../openapi.json");
    assert!(super::openapi() == committed, "sync-server/openapi.json is not what the handlers say");
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
