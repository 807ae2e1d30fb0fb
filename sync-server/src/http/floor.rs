//! For tests: a plant with reference data in it, and people who are signed in.

use reqwest::Method;
use serde_json::{Value, json};
use shared_model::people::Role;

use crate::edge;
use crate::testing::TestServer;
use crate::testing::client::Reply;

/// A plant that makes one thing.
pub(super) struct Plant {
    pub(super) server: TestServer,
    pub(super) planner: String,
    pub(super) supervisor: String,
    pub(super) operator: String,
    pub(super) widget: String,
    pub(super) bolt: String,
}

impl Plant {
    pub(super) async fn start() -> Self {
        Self::on(TestServer::start().await).await
    }

    pub(super) async fn on(server: TestServer) -> Self {
        let engineer = server.token(Role::Engineer).await;
        let (planner, supervisor, operator) = (
            server.token(Role::Planner).await,
            server.token(Role::Supervisor).await,
            server.token(Role::Operator).await,
        );
        let id = || edge::ids().draw::<uuid::Uuid>().to_string();
        let (widget, bolt, center) = (id(), id(), id());
        let this = Self { server, planner, supervisor, operator, widget, bolt };
        let material = |id: &str, number: &str| {
            json!({
                "id": id, "number": number, "name": number, "unit": "pcs", "procurement": "both",
                "tracking": "none", "is_active": true,
            })
        };
        for (kind, record) in [
            ("units", json!({ "code": "pcs", "name": "pieces", "dimension": "count", "factor": "1" })),
            ("materials", material(&this.widget, "WIDGET")),
            ("materials", material(&this.bolt, "BOLT")),
            (
                "work-centers",
                json!({ "id": center, "code": "B1", "name": "Bench", "kind": "assembly", "is_active": true }),
            ),
            (
                "routings",
                json!({
                    "id": id(), "material": this.widget, "version": 1, "is_active": true,
                    "operations": [{
                        "number": 10, "name": "Assemble", "work_center": center, "setup_minutes": "0",
                        "run_minutes": "1",
                    }],
                }),
            ),
            (
                "boms",
                json!({
                    "id": id(), "material": this.widget, "version": 1, "base_quantity": "1", "is_active": true,
                    "lines": [{
                        "line": 1, "component": this.bolt, "quantity": "4", "unit": "pcs", "is_backflush": true,
                    }],
                }),
            ),
        ] {
            let key = record["id"].as_str().or(record["code"].as_str()).expect("a key").to_owned();
            let path = this.path(&format!("{kind}/{key}"));
            this.server.call(Method::PUT, &path, Some(&engineer), Some(&record)).await.ok();
        }
        this
    }

    pub(super) fn path(&self, rest: &str) -> String {
        format!("/api/v1/plants/{}/{rest}", self.server.world().plant)
    }

    pub(super) async fn create(&self, title: &str, quantity: &str) -> Reply {
        let body = json!({ "material_id": self.widget, "quantity": quantity, "title": title });
        self.server.post(&self.path("work-orders"), &self.planner, body).await
    }

    pub(super) async fn step(&self, order: &str, step: &str, body: Value) -> Reply {
        self.server.post(&self.path(&format!("work-orders/{order}/{step}")), &self.supervisor, body).await
    }

    pub(super) async fn command(&self, token: &str, body: Value) -> Reply {
        self.server.post(&self.path("commands"), token, body).await
    }
}
