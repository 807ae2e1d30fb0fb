use reqwest::{Client, Method};
use serde_json::{Value, json};
use shared_model::people::Role;

use crate::db::user;
use crate::edge;
use crate::testing::TestServer;
use crate::testing::client::{Reply, read};

/// An engineer at work on reference data.
struct Engineer {
    server: TestServer,
    token: String,
}

impl Engineer {
    async fn start() -> Self {
        let server = TestServer::start().await;
        let token = server.token(Role::Engineer).await;
        let this = Self { server, token };
        this.put_unit("pcs", "count", "1").await;
        this.put_unit("kg", "mass", "1").await;
        this
    }

    fn path(&self, kind: &str) -> String {
        format!("/api/v1/plants/{}/{kind}", self.server.world().plant)
    }

    async fn put(&self, kind: &str, record: &Value) -> Reply {
        let id = record["id"].as_str().or(record["code"].as_str()).expect("an id");
        let path = format!("{}/{id}", self.path(kind));
        self.server.call(Method::PUT, &path, Some(&self.token), Some(record)).await
    }

    async fn put_unit(&self, code: &str, dimension: &str, factor: &str) {
        let unit = json!({ "code": code, "name": code, "dimension": dimension, "factor": factor });
        self.put("units", &unit).await.ok();
    }

    async fn get(&self, path: &str) -> Reply {
        self.server.get(&self.path(path), &self.token).await
    }

    /// A new material; its id.
    async fn material(&self, number: &str) -> Value {
        let record = material(number);
        self.put("materials", &record).await.ok()["id"].clone()
    }
}

fn new_id() -> String {
    edge::ids().draw::<uuid::Uuid>().to_string()
}

fn material(number: &str) -> Value {
    json!({
        "id": new_id(), "number": number, "name": format!("Material {number}"), "unit": "pcs",
        "procurement": "both", "tracking": "none", "is_active": true,
    })
}

fn bom(of: &Value, version: u32, components: &[&Value]) -> Value {
    let lines: Vec<Value> = components
        .iter()
        .zip(1..)
        .map(|(component, line)| json!({ "line": line, "component": component, "quantity": "2", "unit": "pcs" }))
        .collect();
    json!({
        "id": new_id(), "material": of, "version": version, "base_quantity": "1", "is_active": true,
        "lines": lines,
    })
}

#[tokio::test]
async fn what_is_written_is_read_again_listed_and_found() {
    let engineer = Engineer::start().await;
    let record = material("R_10R_0402_1%");
    let created = engineer.put("materials", &record).await;
    assert_eq!(created.status, 201);
    let path = format!("materials/{}", record["id"].as_str().expect("an id"));
    let read = engineer.get(&path).await;
    assert_eq!(read.headers["etag"], created.headers["etag"]);
    assert_eq!(read.body["number"], "R_10R_0402_1%");
    assert_eq!(read.body["minimum_stock"], "0");
    engineer.material("Widget").await;
    for (search, found) in [("", 2), ("r_10r", 1), ("MATERIAL WID", 1), ("nothing", 0)] {
        let list = engineer.get(&format!("materials?q={search}")).await.ok();
        assert_eq!(list["items"].as_array().map(Vec::len), Some(found), "{search}");
    }
    let first = engineer.get("materials?limit=1").await.ok();
    let next = first["next"].as_str().expect("there is more");
    let second = engineer.get(&format!("materials?limit=1&after={next}")).await.ok();
    assert_eq!(second["items"][0]["number"], "Widget");
    assert!(second["next"].is_null());
}

#[tokio::test]
async fn every_kind_of_record_is_written_and_read() {
    let engineer = Engineer::start().await;
    let material = engineer.material("M1").await;
    let location = json!({ "id": new_id(), "name": "Hall", "kind": "production", "is_active": true });
    let center = json!({
        "id": new_id(), "code": "CNC1", "name": "Mill", "kind": "machine", "location": location["id"],
        "is_active": true,
    });
    let records = [
        ("locations", location),
        ("work-centers", center.clone()),
        ("departments", json!({ "id": new_id(), "code": "D1", "name": "Assembly", "is_active": true })),
        ("suppliers", json!({ "id": new_id(), "name": "Bolts Ltd", "currency": "EUR", "is_active": true })),
        (
            "reasons",
            json!({ "id": new_id(), "kind": "scrap", "code": "S1", "name": "Scratch", "is_active": true }),
        ),
        (
            "shifts",
            json!({
                "id": new_id(), "code": "N", "name": "Night", "starts": "22:00:00", "ends": "06:00:00",
                "weekdays": 31, "is_active": true,
            }),
        ),
        ("boms", bom(&material, 1, &[])),
        (
            "routings",
            json!({
                "id": new_id(), "material": material, "version": 1, "is_active": true,
                "operations": [{
                    "number": 10, "name": "Mill", "work_center": center["id"], "setup_minutes": "5",
                    "run_minutes": "0.25",
                }],
            }),
        ),
    ];
    for (kind, record) in records {
        let written = engineer.put(kind, &record).await;
        assert_eq!(written.status, 201, "{kind}: {:?}", written.body);
        let path = format!("{kind}/{}", record["id"].as_str().expect("an id"));
        let read = engineer.get(&path).await.ok();
        for (field, value) in record.as_object().expect("an object") {
            if value.is_string() || value.is_number() {
                assert_eq!(read[field], *value, "{kind}.{field}");
            }
        }
        assert_eq!(engineer.get(kind).await.ok()["items"][0], read, "{kind}");
        assert_eq!(engineer.put(kind, &read).await.status, 200, "{kind}: what is read can be written");
    }
    assert_eq!(engineer.get("units/kg").await.ok()["dimension"], "mass");
}

#[tokio::test]
async fn numbers_are_given_once_whatever_their_case() {
    let engineer = Engineer::start().await;
    engineer.material("Widget.Red").await;
    let again = engineer.put("materials", &material("WIDGET.red")).await;
    assert_eq!(again.problem(), (409, "number_taken"));
}

#[tokio::test]
async fn nobody_overwrites_what_somebody_else_changed_meanwhile() {
    let engineer = Engineer::start().await;
    let mut record = material("M1");
    let tag = engineer.put("materials", &record).await.headers["etag"].clone();
    let url =
        engineer.server.url(&engineer.path(&format!("materials/{}", record["id"].as_str().expect("an id"))));
    record["name"] = json!("Another name");
    let put = |header: &'static str, tag: String| {
        read(Client::new().put(&url).bearer_auth(&engineer.token).header(header, tag).json(&record))
    };
    put("if-match", tag.to_str().expect("ASCII").to_owned()).await.ok();
    let stale = put("if-match", tag.to_str().expect("ASCII").to_owned()).await;
    assert_eq!(stale.problem(), (412, "changed_meanwhile"));
    let exists = put("if-none-match", "*".to_owned()).await;
    assert_eq!(exists.problem(), (412, "changed_meanwhile"));
}

#[tokio::test]
async fn a_record_that_makes_no_sense_is_refused_in_a_sentence() {
    let engineer = Engineer::start().await;
    let wrong = |field: &str, value: Value| {
        let mut record = material("M1");
        record[field] = value;
        record
    };
    for (record, word) in [
        (wrong("name", json!(" ")), "name"),
        (wrong("unit", json!("furlong")), "furlong"),
        (wrong("procurement", json!("stolen")), "procurement"),
        (wrong("minimum_stock", json!("-1")), "minimum stock"),
        (wrong("number", json!("")), "number"),
        (wrong("color", json!("red")), "color"),
        (wrong("minimum_stock", json!(1.5)), "string"),
    ] {
        let reply = engineer.put("materials", &record).await;
        assert_eq!(reply.status, 422, "{:?}", reply.body);
        assert!(reply.text("detail").contains(word), "{:?} does not say {word}", reply.body);
    }
    let path = format!("{}/{}", engineer.path("materials"), new_id());
    let reply = engineer.server.call(Method::PUT, &path, Some(&engineer.token), Some(&material("M1"))).await;
    assert_eq!(reply.problem(), (422, "other_id"));
}

#[tokio::test]
async fn a_bom_cannot_contain_itself_even_through_others() {
    let engineer = Engineer::start().await;
    let (top, middle, part) =
        (engineer.material("TOP").await, engineer.material("MIDDLE").await, engineer.material("PART").await);
    engineer.put("boms", &bom(&top, 1, &[&middle])).await.ok();
    engineer.put("boms", &bom(&middle, 1, &[&part])).await.ok();
    let cycle = engineer.put("boms", &bom(&part, 1, &[&top])).await;
    assert_eq!(cycle.problem(), (422, "invalid_record"));
    assert!(cycle.text("detail").contains("PART → TOP → MIDDLE → PART"), "{:?}", cycle.body);
    let mut dormant = bom(&part, 1, &[&top]);
    dormant["is_active"] = json!(false);
    assert_eq!(engineer.put("boms", &dormant).await.problem().0, 422, "it could be activated any day");
    let mut later = bom(&part, 1, &[&top]);
    later["effective_from"] = json!("2031-01-01");
    assert_eq!(engineer.put("boms", &later).await.problem().0, 422);
}

#[tokio::test]
async fn what_a_bom_version_says_never_changes() {
    let engineer = Engineer::start().await;
    let (top, part) = (engineer.material("TOP").await, engineer.material("PART").await);
    let mut version = bom(&top, 1, &[&part]);
    engineer.put("boms", &version).await.ok();
    version["is_active"] = json!(false);
    engineer.put("boms", &version).await.ok();
    version["lines"][0]["quantity"] = json!("3");
    assert_eq!(engineer.put("boms", &version).await.problem(), (409, "fixed_version"));
    assert_eq!(engineer.put("boms", &bom(&top, 1, &[])).await.problem(), (409, "number_taken"));
    engineer.put("boms", &bom(&top, 2, &[])).await.ok();
}

#[tokio::test]
async fn a_material_that_is_part_of_something_stays_in_use() {
    let engineer = Engineer::start().await;
    let (top, part) = (engineer.material("TOP").await, material("PART"));
    engineer.put("materials", &part).await.ok();
    engineer.put("boms", &bom(&top, 1, &[&part["id"]])).await.ok();
    let mut inactive = part;
    inactive["is_active"] = json!(false);
    let reply = engineer.put("materials", &inactive).await;
    assert_eq!(reply.problem(), (409, "in_use"));
    assert_eq!(reply.text("detail"), "PART is part of TOP");
}

#[tokio::test]
async fn moving_a_location_moves_everything_below_it() {
    let engineer = Engineer::start().await;
    let place = |name: &str, parent: &Value| json!({ "id": new_id(), "name": name, "parent": parent, "kind": "warehouse", "is_active": true });
    let (hall, annex) = (place("Hall", &Value::Null), place("Annex", &Value::Null));
    let mut rack = place("Rack", &hall["id"]);
    let bin = place("Bin", &rack["id"]);
    for record in [&hall, &annex, &rack, &bin] {
        engineer.put("locations", record).await.ok();
    }
    rack["parent"] = annex["id"].clone();
    assert_eq!(engineer.put("locations", &rack).await.ok()["path"], "Annex/Rack");
    let path = format!("locations/{}", bin["id"].as_str().expect("an id"));
    assert_eq!(engineer.get(&path).await.ok()["path"], "Annex/Rack/Bin");
    rack["parent"] = bin["id"].clone();
    assert_eq!(engineer.put("locations", &rack).await.problem(), (422, "invalid_record"));
}

#[tokio::test]
async fn an_operator_reads_reference_data_and_does_not_write_it() {
    let engineer = Engineer::start().await;
    let operator = engineer.server.token(Role::Operator).await;
    engineer.material("M1").await;
    let list = engineer.server.get(&engineer.path("materials"), &operator).await.ok();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    let record = material("M2");
    let path = format!("{}/{}", engineer.path("materials"), record["id"].as_str().expect("an id"));
    let reply = engineer.server.call(Method::PUT, &path, Some(&operator), Some(&record)).await;
    assert_eq!(reply.problem(), (403, "not_permitted"));
    assert_eq!(reply.text("detail"), "you may not edit reference data; ask a engineer");
}

#[tokio::test]
async fn what_all_plants_share_is_not_changed_by_somebody_of_one_of_them() {
    let engineer = Engineer::start().await;
    let shared = material("SHARED");
    engineer.put("materials", &shared).await.ok();
    let world = engineer.server.world();
    let second = world.second_plant(engineer.server.pools()).await;
    // Somebody with the right in both plants still may.
    engineer.put("materials", &shared).await.ok();
    let mut tx = world.tx(engineer.server.pools()).await;
    let mut person =
        user::find(&mut tx, world.user(Role::Engineer)).await.expect("a query").expect("a person");
    person.roles.retain(|held| held.plant == Some(second.plant));
    user::edit(&mut tx, &person).await.expect("edits");
    tx.commit().await.expect("commits");
    let mut here = shared.clone();
    here["name"] = json!("Mine");
    let id = shared["id"].as_str().expect("an id");
    let path = |kind: &str, id: &str| format!("/api/v1/plants/{}/{kind}/{id}", second.plant);
    let put = async |path: String, record: Value| {
        engineer.server.call(Method::PUT, &path, Some(&engineer.token), Some(&record)).await
    };
    let reply = put(path("materials", id), here).await;
    assert_eq!(reply.problem(), (403, "not_permitted"));
    assert!(
        reply.text("detail").contains("all plants share this") && reply.text("detail").contains("Plant one")
    );
    let unit = json!({ "code": "m", "name": "m", "dimension": "length", "factor": "1" });
    assert_eq!(put(path("units", "m"), unit).await.problem(), (403, "not_permitted"));
    for (kind, record) in [
        ("boms", bom(&shared["id"], 1, &[])),
        ("suppliers", json!({ "id": new_id(), "name": "Bolts Ltd", "currency": "EUR", "is_active": true })),
    ] {
        let path = path(kind, record["id"].as_str().expect("an id"));
        assert_eq!(put(path, record).await.problem(), (403, "not_permitted"), "{kind}");
    }
    let hall = json!({ "id": new_id(), "name": "Hall", "kind": "production", "is_active": true });
    let hall_path = path("locations", hall["id"].as_str().expect("an id"));
    put(hall_path, hall.clone()).await.ok();
    assert_eq!(engineer.put("locations", &hall).await.problem(), (403, "not_permitted"), "the other plant's");
}
