use reqwest::Method;
use serde_json::{Value, json};
use shared_model::people::Role;

use crate::testing::{PASSWORD, TestServer};

fn path(server: &TestServer) -> String {
    format!("/api/v1/plants/{}/users", server.world().plant)
}

fn new_user(server: &TestServer, email: &str, role: &str) -> Value {
    json!({
        "name": "New Person", "email": email, "password": PASSWORD,
        "roles": [{ "role": role, "plant_id": server.world().plant }],
    })
}

#[tokio::test]
async fn a_person_who_was_added_signs_in() {
    let server = TestServer::start().await;
    let manager = server.token(Role::PlantManager).await;
    let created =
        server.post(&path(&server), &manager, new_user(&server, "new@person.test", "operator")).await;
    assert_eq!(created.status, 201);
    let session =
        server.post_open("/api/v1/auth/sign-in", json!({ "email": "new@person.test", "password": PASSWORD }));
    assert_eq!(session.await.ok()["user"]["name"], "New Person");
    let list = server.get(&format!("{}?q=new%20pers", path(&server)), &manager).await.ok();
    assert_eq!(list["items"][0]["roles"][0]["role"], "operator");
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn an_address_a_password_and_a_role_are_checked() {
    let server = TestServer::start().await;
    let manager = server.token(Role::PlantManager).await;
    let taken = server.world().email(Role::Operator);
    let mut short = new_user(&server, "a@b.test", "operator");
    short["password"] = json!("short");
    for (body, problem) in [
        (new_user(&server, &taken.to_uppercase(), "operator"), (409, "email_taken")),
        (new_user(&server, "nowhere", "operator"), (422, "invalid_user")),
        (new_user(&server, "a@b.test", "emperor"), (422, "invalid_user")),
        (new_user(&server, "a@b.test", "organization_admin"), (403, "not_yours_to_give")),
        (short, (422, "unacceptable_password")),
    ] {
        let reply = server.post(&path(&server), &manager, body).await;
        assert_eq!(reply.problem(), problem, "{:?}", reply.body);
    }
}

#[tokio::test]
async fn a_role_that_is_taken_away_counts_no_more() {
    let server = TestServer::start().await;
    let manager = server.token(Role::PlantManager).await;
    let engineer = server.token(Role::Engineer).await;
    let user = format!("{}/{}", path(&server), server.world().user(Role::Engineer));
    let body = json!({
        "name": "Demoted", "is_active": true,
        "roles": [{ "role": "viewer", "plant_id": server.world().plant }],
    });
    server.call(Method::PUT, &user, Some(&manager), Some(&body)).await.ok();
    assert_eq!(server.get(&user, &engineer).await.ok()["name"], "Demoted");
    let unit = format!("/api/v1/plants/{}/units/pcs", server.world().plant);
    let body = json!({ "code": "pcs", "name": "pieces", "dimension": "count", "factor": "1" });
    let reply = server.call(Method::PUT, &unit, Some(&engineer), Some(&body)).await;
    assert_eq!(reply.problem(), (403, "not_permitted"));
}
