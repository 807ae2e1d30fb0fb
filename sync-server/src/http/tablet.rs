//! For tests: a device as a program, with its key and what it was told.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use shared_model::command::{Command, Envelope};
use shared_model::ids::{IdSource, UserId};
use shared_model::people::Role;
use shared_model::sync::unsent::{signed_text, wiped_text};
use shared_model::sync::wire::{ClientFrame, encode};
use shared_model::time::Timestamp;

use crate::edge;
use crate::testing::TestServer;
use crate::testing::client::Reply;

pub(super) struct Tablet {
    key: SigningKey,
    pub(super) id: String,
    sequence: u64,
}

impl Tablet {
    pub(super) fn public_key(key: &SigningKey) -> String {
        STANDARD.encode(key.verifying_key().as_bytes())
    }

    pub(super) async fn enroll(server: &TestServer) -> Self {
        let key = SigningKey::from_bytes(&edge::random());
        let body = json!({
            "code": code(server).await, "name": "Line 1", "public_key": Self::public_key(&key),
        });
        let id = server.post_open("/api/v1/devices/enroll", body).await.text("device_id");
        Self { key, id, sequence: 0 }
    }

    /// With its own key in the name of another device.
    pub(super) fn claiming(self, id: String) -> Self {
        Self { id, ..self }
    }

    pub(super) async fn token_at(&self, server: &TestServer, at: Timestamp) -> Reply {
        let text = format!("unison-device-token:{}:{}", self.id, at.as_millis());
        let body = json!({ "device_id": self.id, "at": at.as_millis(), "signature": self.sign(&text) });
        server.post_open("/api/v1/devices/token", body).await
    }

    pub(super) async fn token(&self, server: &TestServer) -> String {
        self.token_at(server, server.app().now()).await.text("token")
    }

    fn sign(&self, text: &str) -> String {
        STANDARD.encode(self.key.sign(text.as_bytes()).to_bytes())
    }

    /// An administrator revokes it.
    pub(super) async fn revoke(&self, server: &TestServer) {
        let manager = server.token(Role::PlantManager).await;
        let path = format!("/api/v1/devices/{}", self.id);
        server.call(reqwest::Method::DELETE, &path, Some(&manager), None).await.ok();
    }

    /// A command that somebody entered on it a minute ago.
    pub(super) fn enter(&mut self, server: &TestServer, user: UserId, command: Command) -> Envelope {
        self.sequence += 1;
        let before = i64::try_from(self.sequence).expect("small") - 60_000;
        let occurred_at = server.app().now().plus_millis(before);
        Envelope {
            id: IdSource::new(occurred_at, edge::random()).draw(),
            plant: server.world().plant,
            device: self.id.parse().expect("an id"),
            user,
            occurred_at,
            sequence: self.sequence,
            command,
            change: None,
            epoch: shared_model::actor::ActorEpoch::default(),
        }
    }

    /// What it posts to hand in commands.
    pub(super) fn unsent(&self, at: Timestamp, commands: &[Envelope]) -> Value {
        self.unsent_frame(at, &ClientFrame::Push { commands: commands.to_vec() })
    }

    pub(super) fn unsent_frame(&self, at: Timestamp, frame: &ClientFrame) -> Value {
        let frame = encode(frame).expect("encodes");
        let signature = self.sign(&signed_text(self.id.parse().expect("an id"), at, &frame));
        let frame = STANDARD.encode(frame);
        json!({ "device_id": self.id, "at": at.as_millis(), "frame": frame, "signature": signature })
    }

    /// An administrator has it remove what it holds.
    pub(super) async fn wipe(&self, server: &TestServer) -> Reply {
        let manager = server.token(Role::PlantManager).await;
        let path = format!("/api/v1/devices/{}/wipe", self.id);
        server.call(reqwest::Method::POST, &path, Some(&manager), None).await
    }

    /// Says that it removes everything now.
    pub(super) async fn say_wiped(&self, server: &TestServer, at: Timestamp) -> Reply {
        let signature = self.sign(&wiped_text(self.id.parse().expect("an id"), at));
        let body = json!({ "device_id": self.id, "at": at.as_millis(), "signature": signature });
        server.post_open("/api/v1/devices/wiped", body).await
    }

    pub(super) async fn hand_in(&self, server: &TestServer, commands: &[Envelope]) -> Reply {
        let body = self.unsent(server.app().now(), commands);
        server.post_open("/api/v1/devices/unsent", body).await
    }
}

/// A code with which a device may join.
pub(super) async fn code(server: &TestServer) -> String {
    let token = server.token(Role::PlantManager).await;
    let body = json!({ "plant_id": server.world().plant });
    server.post("/api/v1/devices/codes", &token, body).await.text("code")
}
