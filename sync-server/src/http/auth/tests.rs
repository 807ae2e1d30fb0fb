use serde_json::json;
use shared_model::people::Role;

use crate::db::user;
use crate::testing::{PASSWORD, TestServer};

const SIGN_IN: &str = "/api/v1/auth/sign-in";
const REFRESH: &str = "/api/v1/auth/refresh";

#[tokio::test]
async fn a_person_signs_in_and_sees_their_plants_and_roles() {
    let server = TestServer::start().await;
    let email = server.world().email(Role::Supervisor).to_uppercase();
    let session = server.post_open(SIGN_IN, json!({ "email": email, "password": PASSWORD })).await.ok();
    assert_eq!(session["user"]["id"], server.world().user(Role::Supervisor).to_string());
    assert_eq!(session["user"]["roles"][0]["role"], "supervisor");
    assert_eq!(session["user"]["plants"][0]["id"], server.world().plant.to_string());
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    let server = TestServer::start().await;
    let email = server.world().email(Role::Operator);
    let wrong = server.post_open(SIGN_IN, json!({ "email": email, "password": "not this one" })).await;
    let unknown = server.post_open(SIGN_IN, json!({ "email": "who@else.test", "password": PASSWORD })).await;
    assert_eq!(wrong.problem(), (401, "wrong_credentials"));
    assert_eq!(wrong.body, unknown.body);
}

#[tokio::test]
async fn who_guesses_has_to_wait() {
    let server = TestServer::start().await;
    let email = server.world().email(Role::Operator);
    let wrong = json!({ "email": email, "password": "not this one" });
    let mut refused = 0;
    while refused < 11 {
        let reply = server.post_open(SIGN_IN, wrong.clone()).await;
        if reply.problem() == (429, "too_many_attempts") {
            assert!(reply.headers.contains_key("retry-after"));
            break;
        }
        assert_eq!(reply.problem(), (401, "wrong_credentials"));
        refused += 1;
    }
    assert!((6..=10).contains(&refused), "{refused}");
    let right = json!({ "email": email, "password": PASSWORD });
    server.app().advance_clock(60_000);
    server.post_open(SIGN_IN, right).await.ok();
}

#[tokio::test]
async fn guesses_at_the_same_time_do_not_all_get_through() {
    let server = TestServer::start().await;
    let email = server.world().email(Role::Operator);
    for email in [email.as_str(), "who@else.test"] {
        let wrong = json!({ "email": email, "password": "not this one" });
        let guesses = (0..30).map(|_| server.post_open(SIGN_IN, wrong.clone()));
        let mut looked_at = 0;
        for reply in futures_util::future::join_all(guesses).await {
            match reply.problem() {
                (401, "wrong_credentials") => looked_at += 1,
                other => assert_eq!(other, (429, "too_many_attempts"), "{email}"),
            }
        }
        // More than six only where the machine takes longer over them than one has to wait.
        assert!((6..=10).contains(&looked_at), "{looked_at} of {email}");
        server.app().advance_clock(60_000);
    }
}

#[tokio::test]
async fn who_got_it_right_at_last_begins_anew() {
    let server = TestServer::start().await;
    let email = server.world().email(Role::Operator);
    let wrong = json!({ "email": email, "password": "not this one" });
    for _ in 0..3 {
        for _ in 0..3 {
            assert_eq!(server.post_open(SIGN_IN, wrong.clone()).await.problem().0, 401);
        }
        server.post_open(SIGN_IN, json!({ "email": email, "password": PASSWORD })).await.ok();
    }
}

#[tokio::test]
async fn a_deactivated_account_is_out_at_once() {
    let server = TestServer::start().await;
    let world = server.world();
    let token = server.token(Role::PlantManager).await;
    let mut tx = world.tx(server.db().pools()).await;
    let mut person =
        user::find(&mut tx, world.user(Role::PlantManager)).await.expect("a query").expect("a person");
    person.is_active = false;
    user::edit(&mut tx, &person).await.expect("edits");
    tx.commit().await.expect("commits");
    assert_eq!(server.get("/api/v1/devices", &token).await.problem(), (401, "invalid_token"));
    let email = world.email(Role::PlantManager);
    let reply = server.post_open(SIGN_IN, json!({ "email": email, "password": PASSWORD })).await;
    assert_eq!(reply.problem(), (403, "account_inactive"));
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_coming_twice_ends_the_session() {
    let server = TestServer::start().await;
    let email = server.world().email(Role::PlantManager);
    let session = server.post_open(SIGN_IN, json!({ "email": email, "password": PASSWORD })).await;
    let first = json!({ "refresh_token": session.text("refresh_token") });
    let renewed = server.post_open(REFRESH, first.clone()).await;
    let (token, second) = (renewed.text("access_token"), renewed.text("refresh_token"));
    server.get("/api/v1/devices", &token).await.ok();
    let again = server.post_open(REFRESH, first).await;
    assert_eq!(again.problem(), (401, "invalid_refresh_token"));
    let reply = server.post_open(REFRESH, json!({ "refresh_token": second })).await;
    assert_eq!(reply.problem(), (401, "invalid_refresh_token"));
    assert_eq!(server.get("/api/v1/devices", &token).await.problem(), (401, "invalid_token"));
}

#[tokio::test]
async fn a_session_that_nobody_used_for_a_week_is_over() {
    let server = TestServer::start().await;
    let email = server.world().email(Role::Operator);
    let session = server.post_open(SIGN_IN, json!({ "email": email, "password": PASSWORD })).await;
    server.app().advance_clock(super::REFRESH_MILLIS);
    let body = json!({ "refresh_token": session.text("refresh_token") });
    assert_eq!(server.post_open(REFRESH, body).await.problem(), (401, "invalid_refresh_token"));
}

#[tokio::test]
async fn after_signing_out_the_token_is_worth_nothing() {
    let server = TestServer::start().await;
    let token = server.token(Role::PlantManager).await;
    let reply = server.post("/api/v1/auth/sign-out", &token, json!({})).await;
    assert_eq!(reply.status, 204);
    assert_eq!(server.get("/api/v1/devices", &token).await.problem(), (401, "invalid_token"));
}
