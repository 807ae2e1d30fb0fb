//! PostgreSQL goes away while people work, and comes back.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use reqwest::{Client, Method};
use serde_json::json;
use shared_model::people::Role;

use crate::db::{Pools, migrate};
use crate::edge;
use crate::http::floor::Plant;
use crate::postgres::{Cluster, Durability};
use crate::testing::client::read;
use crate::testing::{TestServer, eventually};

/// Somebody who receives one piece after another and asks again, with the same key, until each was
/// answered.
struct Worker {
    stop: Arc<AtomicBool>,
    turned_away: Arc<AtomicUsize>,
}

impl Worker {
    async fn work(self, url: String, token: String, bolt: String) -> usize {
        let mut received = 0;
        let client = Client::new();
        while !self.stop.load(Ordering::Relaxed) {
            let key = edge::ids().draw::<uuid::Uuid>().to_string();
            let command = json!({ "command": "receive_stock", "key": { "material": bolt }, "amount": "1" });
            loop {
                let request = client.post(&url).bearer_auth(&token).header("idempotency-key", &key);
                let reply = read(request.json(&command)).await;
                if reply.status.is_success() {
                    break;
                }
                assert_eq!(reply.problem(), (503, "unavailable"));
                assert!(reply.headers.contains_key("retry-after"));
                self.turned_away.fetch_add(1, Ordering::Relaxed);
            }
            received += 1;
        }
        received
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_postgresql_is_away_the_answer_is_503_and_nothing_is_lost_or_doubled() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o711)).expect("our own directory");
    let cluster = Cluster::start_with(dir.path(), Durability::Durable).await.expect("starts");
    migrate::run(&cluster.access().owner).await.expect("migrates");
    let plant = Plant::on(TestServer::on(Pools::new(cluster.access()), None).await).await;

    let (stop, turned_away) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let worker = Worker { stop: Arc::clone(&stop), turned_away: Arc::clone(&turned_away) };
            let url = plant.server.url(&plant.path("commands"));
            tokio::spawn(worker.work(url, plant.supervisor.clone(), plant.bolt.clone()))
        })
        .collect();
    let ready = async || plant.server.call(Method::GET, "/ready", None, None).await;
    eventually("the first receipt", async || {
        let stock = plant.server.get(&plant.path("stock"), &plant.planner).await.ok();
        stock["items"].as_array().is_some_and(|items| !items.is_empty())
    })
    .await;

    tokio::task::spawn_blocking(|| cluster.stop()).await.expect("no panic").expect("stops");
    eventually("somebody being turned away", async || turned_away.load(Ordering::Relaxed) > 0).await;
    assert_eq!(ready().await.problem(), (503, "unavailable"));
    plant.server.call(Method::GET, "/live", None, None).await.ok();

    let _cluster = Cluster::start_with(dir.path(), Durability::Durable).await.expect("starts again");
    eventually("being ready again", async || ready().await.status.is_success()).await;
    stop.store(true, Ordering::Relaxed);
    let mut received = 0;
    for worker in workers {
        received += worker.await.expect("no worker saw anything but success and 503");
    }
    let stock = plant.server.get(&plant.path("stock"), &plant.planner).await.ok();
    assert_eq!(stock["items"][0]["on_hand"], received.to_string());
    assert_eq!(plant.server.token(Role::Viewer).await.matches('.').count(), 2, "people sign in again");
}
