use ed25519_dalek::SigningKey;
use reqwest::Method;
use serde_json::json;
use shared_model::command::Command;
use shared_model::exception::RefusedWork;
use shared_model::ids::CommandId;
use shared_model::people::Role;
use shared_model::quantity::{Amount, UnitCode};
use shared_model::refusal::Refusal;
use shared_model::stock::StockKey;
use shared_model::sync::wire::stored::ReceivedEnvelope;
use shared_model::sync::wire::{ClientFrame, Verdict};
use shared_model::time::Timestamp;

use crate::auth::verify_device;
use crate::edge;
use crate::http::tablet::{Tablet, code};
use crate::sync::Sender;
use crate::testing::client::Reply;
use crate::testing::{PASSWORD, TestServer, World};

async fn sign_in(server: &TestServer, device_token: &str, email: &str) -> Reply {
    let body = json!({ "email": email, "password": PASSWORD });
    server.post("/api/v1/devices/sign-in", device_token, body).await
}

#[tokio::test]
async fn a_device_joins_with_a_code_proves_itself_and_lets_a_person_sign_in() {
    let server = TestServer::start().await;
    let tablet = Tablet::enroll(&server).await;
    let token = tablet.token(&server).await;
    let claims = verify_device(server.app(), &token).await.expect("a valid token");
    assert_eq!((claims.plant, claims.device.to_string()), (server.world().plant, tablet.id));
    let person = sign_in(&server, &token, &server.world().email(Role::Operator)).await.ok();
    assert_eq!(person["user_id"], server.world().user(Role::Operator).to_string());
    assert_eq!(person["roles"], json!(["operator"]));
    let mut tx = server.world().tx(server.db().pools()).await;
    let user = server.world().user(Role::Operator);
    assert!(crate::db::device::has_user(&mut tx, claims.device, user).await.expect("a query"));
}

#[tokio::test]
async fn enrolling_says_everything_that_a_device_needs_to_begin() {
    let server = TestServer::start().await;
    let key = SigningKey::from_bytes(&edge::random());
    let typed = code(&server).await.to_lowercase().replace('-', " ");
    let body = json!({ "code": typed, "name": " Line 1 ", "public_key": Tablet::public_key(&key) });
    let told = server.post_open("/api/v1/devices/enroll", body).await.ok();
    assert_eq!(told["plant"]["id"], server.world().plant.to_string());
    assert_eq!(told["plant_feed"], told["plant"]["id"]);
    assert_eq!(told["organization_feed"], server.world().organization.to_string());
    assert_eq!(told["plant"]["zone"], "Europe/Berlin");
    assert_eq!(told["plant"]["currency"], "EUR");
    assert!(told["server_time"].is_i64());
    let list = server.get("/api/v1/devices", &server.token(Role::PlantManager).await).await.ok();
    assert_eq!(list["items"][0]["name"], "Line 1");
}

#[tokio::test]
async fn a_code_is_good_for_one_device_which_may_ask_again() {
    let server = TestServer::start().await;
    let (code, first) = (code(&server).await, SigningKey::from_bytes(&edge::random()));
    let ask = |key: &SigningKey| {
        let body = json!({ "code": code, "name": "Line 1", "public_key": Tablet::public_key(key) });
        server.post_open("/api/v1/devices/enroll", body)
    };
    let id = ask(&first).await.text("device_id");
    assert_eq!(ask(&first).await.text("device_id"), id, "the answer may have been lost");
    let second = ask(&SigningKey::from_bytes(&edge::random())).await;
    assert_eq!(second.problem(), (409, "used_enrollment_code"));
}

#[tokio::test]
async fn two_devices_with_one_code_at_once_do_not_both_join() {
    let server = TestServer::start().await;
    let code = code(&server).await;
    let ask = || {
        let key = SigningKey::from_bytes(&edge::random());
        let body = json!({ "code": code, "name": "Line 1", "public_key": Tablet::public_key(&key) });
        server.post_open("/api/v1/devices/enroll", body)
    };
    let (left, right) = futures_util::join!(ask(), ask());
    let mut statuses = [left.status.as_u16(), right.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

#[tokio::test]
async fn a_code_that_is_old_or_never_was_enrolls_nobody() {
    let server = TestServer::start().await;
    let key = Tablet::public_key(&SigningKey::from_bytes(&edge::random()));
    let code = code(&server).await;
    server.app().advance_clock(24 * 60 * 60 * 1000);
    let old = json!({ "code": code, "name": "Line 1", "public_key": key });
    let reply = server.post_open("/api/v1/devices/enroll", old).await;
    assert_eq!(reply.problem(), (409, "expired_enrollment_code"));
    let never = json!({ "code": "AAAA-AAAA", "name": "Line 1", "public_key": key });
    let reply = server.post_open("/api/v1/devices/enroll", never.clone()).await;
    assert_eq!(reply.problem(), (404, "unknown_enrollment_code"));
    for _ in 0..9 {
        server.post_open("/api/v1/devices/enroll", never.clone()).await;
    }
    let reply = server.post_open("/api/v1/devices/enroll", never).await;
    assert_eq!(reply.problem(), (429, "too_many_attempts"));
}

#[tokio::test]
async fn a_device_needs_a_name_and_a_key() {
    let server = TestServer::start().await;
    let key = Tablet::public_key(&SigningKey::from_bytes(&edge::random()));
    for (name, key, code) in [
        (" ", key.as_str(), "invalid_name"),
        ("Line 1", "AAAA", "invalid_key"),
        // The neutral element: everything would be signed with it.
        ("Line 1", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "invalid_key"),
    ] {
        let body = json!({ "code": "AAAA-AAAA", "name": name, "public_key": key });
        let reply = server.post_open("/api/v1/devices/enroll", body).await;
        assert_eq!(reply.problem(), (422, code));
    }
}

#[tokio::test]
async fn a_device_with_a_wrong_clock_is_told_the_time_and_tries_again() {
    let server = TestServer::start().await;
    let tablet = Tablet::enroll(&server).await;
    for wrong in [-3_600_000, 3_600_000] {
        let reply = tablet.token_at(&server, server.app().now().plus_millis(wrong)).await;
        assert_eq!(reply.problem(), (401, "clock_skew"));
        let server_time = reply.body["server_time"].as_i64().expect("milliseconds");
        tablet.token_at(&server, Timestamp::from_millis(server_time)).await.ok();
    }
}

#[tokio::test]
async fn only_the_devices_own_key_opens_the_door() {
    let server = TestServer::start().await;
    let (tablet, other) = (Tablet::enroll(&server).await, Tablet::enroll(&server).await);
    let thief = other.claiming(tablet.id);
    assert_eq!(thief.token_at(&server, server.app().now()).await.problem(), (401, "invalid_signature"));
    let nobody = thief.claiming(uuid::Uuid::nil().to_string());
    assert_eq!(nobody.token_at(&server, server.app().now()).await.problem(), (404, "unknown_device"));
}

#[tokio::test]
async fn a_revoked_device_is_turned_away_even_with_a_token_that_it_has() {
    let server = TestServer::start().await;
    let tablet = Tablet::enroll(&server).await;
    let token = tablet.token(&server).await;
    let admin = server.token(Role::PlantManager).await;
    let path = format!("/api/v1/devices/{}", tablet.id);
    assert_eq!(server.call(Method::DELETE, &path, Some(&admin), None).await.status, 204);
    assert_eq!(server.call(Method::DELETE, &path, Some(&admin), None).await.status, 204, "again");
    let reply = sign_in(&server, &token, &server.world().email(Role::Operator)).await;
    assert_eq!(reply.problem(), (403, "device_revoked"));
    assert_eq!(tablet.token_at(&server, server.app().now()).await.problem(), (403, "device_revoked"));
    let refused = verify_device(server.app(), &token).await.expect_err("revoked");
    assert_eq!(refused.code(), "device_revoked");
}

#[tokio::test]
async fn devices_are_managed_by_those_who_administer_their_plant() {
    let server = TestServer::start().await;
    let tablet = Tablet::enroll(&server).await;
    let operator = server.token(Role::Operator).await;
    let body = json!({ "plant_id": server.world().plant });
    let reply = server.post("/api/v1/devices/codes", &operator, body.clone()).await;
    assert_eq!(reply.problem(), (403, "not_permitted"));
    assert_eq!(server.get("/api/v1/devices", &operator).await.problem(), (403, "not_permitted"));
    let stranger = World::build(server.db().pools()).await;
    let stranger = server.token_of(&stranger.email(Role::PlantManager)).await;
    let reply = server.post("/api/v1/devices/codes", &stranger, body).await;
    assert_eq!(reply.problem(), (404, "unknown_plant"));
    let path = format!("/api/v1/devices/{}", tablet.id);
    let reply = server.call(Method::DELETE, &path, Some(&stranger), None).await;
    assert_eq!(reply.problem(), (404, "unknown_device"));
    let list = server.get("/api/v1/devices", &stranger).await.ok();
    assert_eq!(list, json!({ "items": [], "next": null }));
}

#[tokio::test]
async fn a_person_of_another_organization_cannot_sign_in_on_the_device() {
    let server = TestServer::start().await;
    let tablet = Tablet::enroll(&server).await;
    let stranger = World::build(server.db().pools()).await;
    let reply = sign_in(&server, &tablet.token(&server).await, &stranger.email(Role::Operator)).await;
    assert_eq!(reply.problem(), (401, "wrong_credentials"));
}

#[tokio::test]
async fn a_persons_token_is_no_devices_token_and_the_other_way_round() {
    let server = TestServer::start().await;
    let tablet = Tablet::enroll(&server).await;
    let (device, person) = (tablet.token(&server).await, server.token(Role::PlantManager).await);
    assert_eq!(server.get("/api/v1/devices", &device).await.problem(), (401, "invalid_token"));
    let reply = sign_in(&server, &person, &server.world().email(Role::Operator)).await;
    assert_eq!(reply.problem(), (401, "invalid_token"));
}

#[tokio::test]
async fn the_list_of_devices_is_read_page_by_page() {
    let server = TestServer::start().await;
    for _ in 0..3 {
        Tablet::enroll(&server).await;
    }
    let token = server.token(Role::PlantManager).await;
    let first = server.get("/api/v1/devices?limit=2", &token).await.ok();
    assert_eq!(first["items"].as_array().map(Vec::len), Some(2));
    let next = first["next"].as_str().expect("there is more");
    let second = server.get(&format!("/api/v1/devices?limit=2&after={next}"), &token).await.ok();
    assert_eq!(second["items"].as_array().map(Vec::len), Some(1));
    assert!(second["next"].is_null());
    assert!(first["items"].as_array().into_iter().flatten().all(|it| it["id"] != second["items"][0]["id"]));
}

fn receive(amount: i32) -> Command {
    Command::ReceiveStock {
        key: StockKey::of(uuid::Uuid::from_u128(1).into(), None),
        amount: Amount::whole(amount),
        unit: UnitCode::new("pcs"),
        price: None,
        reference: String::new(),
    }
}

async fn count(server: &TestServer, sql: &'static str) -> i64 {
    let mut tx = server.world().tx(server.db().pools()).await;
    sqlx::query_scalar(sql).fetch_one(tx.conn()).await.expect("a query")
}

#[tokio::test]
async fn a_revoked_device_hands_in_its_work_which_is_kept_once_and_not_applied() {
    let server = TestServer::start().await;
    let mut tablet = Tablet::enroll(&server).await;
    let user = server.world().user(Role::Warehouse);
    let entered: Vec<_> = (1..=3).map(|n| tablet.enter(&server, user, receive(n))).collect();
    tablet.revoke(&server).await;
    let first = tablet.hand_in(&server, &entered[..2]).await.ok();
    let verdicts: Vec<(CommandId, Verdict)> =
        serde_json::from_value(first["verdicts"].clone()).expect("verdicts");
    let kept = |id| (id, Verdict::Refused(Refusal::DeviceRevoked));
    assert_eq!(verdicts, [kept(entered[0].id), kept(entered[1].id)]);
    // The answer got lost: the same again, and one more.
    tablet.hand_in(&server, &entered).await.ok();
    tablet.hand_in(&server, &entered).await.ok();
    assert_eq!(count(&server, "select count(*) from refused").await, 3);
    assert_eq!(count(&server, "select count(*) from fact").await, 0);
    let noted = "select count(*) from audit_event where action = 'device.handed_in_unsent'";
    assert_eq!(count(&server, noted).await, 2, "once for each time that brought something");
}

#[tokio::test]
async fn what_was_accepted_before_its_device_was_revoked_stays_accepted() {
    let server = TestServer::start().await;
    let mut tablet = Tablet::enroll(&server).await;
    let user = server.world().user(Role::Warehouse);
    let work = RefusedWork {
        entered: receive(1),
        entered_by: user,
        entered_at: server.app().now(),
        refusal: Refusal::UnknownMaterial,
        note: String::new(),
    };
    let refused = tablet.enter(&server, user, receive(1)).id;
    let entered = tablet.enter(&server, user, Command::HandOver { refused, work: Box::new(work) });
    let (organization, plant) = (server.world().organization, server.world().plant);
    let sent = vec![ReceivedEnvelope::from(&entered)];
    let answer = server.app().sync().submit(organization, plant, Sender::Server, sent).await;
    let accepted = answer.expect("committed").remove(0).1;
    assert!(matches!(accepted, Verdict::Accepted { .. }), "{accepted:?}");
    tablet.revoke(&server).await;
    let told = tablet.hand_in(&server, &[entered]).await.ok();
    let verdicts: Vec<(CommandId, Verdict)> =
        serde_json::from_value(told["verdicts"].clone()).expect("verdicts");
    assert_eq!(verdicts[0].1, accepted);
    assert_eq!(count(&server, "select count(*) from refused").await, 0);
}

#[tokio::test]
async fn nobody_hands_in_work_in_the_name_of_another_device() {
    let server = TestServer::start().await;
    let (mut tablet, other) = (Tablet::enroll(&server).await, Tablet::enroll(&server).await);
    let entered = [tablet.enter(&server, server.world().user(Role::Warehouse), receive(1))];
    let now = server.app().now();
    let path = "/api/v1/devices/unsent";
    let in_use = server.post_open(path, tablet.unsent(now, &entered)).await;
    assert_eq!(in_use.problem(), (409, "device_not_revoked"));
    tablet.revoke(&server).await;
    other.revoke(&server).await;

    let mut forged = other.unsent(now, &entered);
    forged["device_id"] = tablet.id.clone().into();
    assert_eq!(server.post_open(path, forged).await.problem(), (401, "invalid_signature"));
    let mut changed = tablet.unsent(now, &entered);
    changed["frame"] = other.unsent(now, &[])["frame"].clone();
    assert_eq!(server.post_open(path, changed).await.problem(), (401, "invalid_signature"));
    let mut later = tablet.unsent(now, &entered);
    later["at"] = now.plus_millis(1).as_millis().into();
    assert_eq!(server.post_open(path, later).await.problem(), (401, "invalid_signature"));
    let old = server.post_open(path, tablet.unsent(now.plus_millis(-600_000), &entered)).await;
    assert_eq!(old.problem(), (401, "clock_skew"));
    assert!(old.body["server_time"].is_i64());
    let ping = ClientFrame::Ping { at: now };
    let no_push = server.post_open(path, tablet.unsent_frame(now, &ping)).await;
    assert_eq!(no_push.problem(), (422, "invalid_frame"));
    let many: Vec<_> = (0..501).map(|_| entered[0].clone()).collect();
    assert_eq!(server.post_open(path, tablet.unsent(now, &many)).await.problem(), (422, "invalid_frame"));
    // What it signed itself in the name of another is kept, and is the other's not.
    other.hand_in(&server, &entered).await.ok();
    assert_eq!(count(&server, "select count(*) from refused").await, 1);
    assert_eq!(count(&server, "select count(*) from fact").await, 0);
}

#[tokio::test]
async fn guessing_and_flooding_with_unsent_work_is_slowed_down() {
    let server = TestServer::start().await;
    let tablet = Tablet::enroll(&server).await;
    tablet.revoke(&server).await;
    let mut last = tablet.hand_in(&server, &[]).await;
    let mut parts = 1;
    while last.status.is_success() && parts < 100 {
        last = tablet.hand_in(&server, &[]).await;
        parts += 1;
    }
    assert_eq!((last.problem(), parts), ((429, "too_many_attempts"), 61));
    assert!(last.headers.contains_key("retry-after"));
    let mut forged = tablet.unsent(server.app().now(), &[]);
    forged["signature"] = "x".into();
    let mut guesses = 0;
    while server.post_open("/api/v1/devices/unsent", forged.clone()).await.status == 401 && guesses < 100 {
        guesses += 1;
    }
    assert_eq!(guesses, 10);
}

#[tokio::test]
async fn a_device_that_is_to_be_wiped_hands_in_its_work_and_hears_it_then() {
    let server = TestServer::start().await;
    let mut tablet = Tablet::enroll(&server).await;
    let entered = [tablet.enter(&server, server.world().user(Role::Warehouse), receive(1))];
    tablet.revoke(&server).await;
    assert_eq!(tablet.hand_in(&server, &[]).await.ok()["wipe"], false);
    let now = server.app().now();
    assert_eq!(tablet.say_wiped(&server, now).await.problem(), (409, "wipe_not_asked"));

    assert_eq!(tablet.wipe(&server).await.status, 204);
    assert_eq!(tablet.wipe(&server).await.status, 204, "asking twice is asking once");
    assert_eq!(tablet.token_at(&server, now).await.problem(), (403, "device_revoked"));
    assert_eq!(tablet.hand_in(&server, &entered).await.ok()["wipe"], true);
    assert_eq!(count(&server, "select count(*) from refused").await, 1);

    let stranger = Tablet::enroll(&server).await.claiming(tablet.id.clone());
    assert_eq!(stranger.say_wiped(&server, now).await.problem(), (401, "invalid_signature"));
    let old = tablet.say_wiped(&server, now.plus_millis(-600_000)).await;
    assert_eq!(old.problem(), (401, "clock_skew"));
    let manager = server.token(Role::PlantManager).await;
    let device = async || {
        let listed = server.get("/api/v1/devices", &manager).await.ok();
        let all = listed["items"].as_array().expect("devices").clone();
        all.into_iter().find(|it| it["id"] == tablet.id.as_str()).expect("the device")
    };
    assert!(device().await["wipe_asked_at"].is_string() && device().await["wiped_at"].is_null());
    assert_eq!(tablet.say_wiped(&server, now).await.status, 204);
    assert_eq!(tablet.say_wiped(&server, now).await.status, 204, "the answer may have been lost");
    assert!(device().await["wiped_at"].is_string());
    for (action, times) in [("device.wipe_asked", 1), ("device.wiped", 1)] {
        let mut tx = server.world().tx(server.db().pools()).await;
        let noted: i64 = sqlx::query_scalar("select count(*) from audit_event where action = $1")
            .bind(action)
            .fetch_one(tx.conn())
            .await
            .expect("a query");
        assert_eq!(noted, times, "{action}");
    }
}

#[tokio::test]
async fn a_device_that_was_never_revoked_is_revoked_by_a_wipe() {
    let server = TestServer::start().await;
    let tablet = Tablet::enroll(&server).await;
    let token = tablet.token(&server).await;
    assert_eq!(tablet.wipe(&server).await.status, 204);
    let refused = verify_device(server.app(), &token).await.expect_err("refused");
    assert_eq!(refused.code(), "device_revoked");
    let supervisor = server.token(Role::Supervisor).await;
    let path = format!("/api/v1/devices/{}/wipe", tablet.id);
    let reply = server.call(Method::POST, &path, Some(&supervisor), None).await;
    assert_eq!(reply.problem().0, 403);
    let manager = server.token(Role::PlantManager).await;
    let nobody = format!("/api/v1/devices/{}/wipe", uuid::Uuid::from_u128(9));
    let reply = server.call(Method::POST, &nobody, Some(&manager), None).await;
    assert_eq!(reply.problem(), (404, "unknown_device"));
}
