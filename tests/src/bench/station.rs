//! A native device: the replica as the desktop shell holds it, in a directory of its own.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use replica::native::{Host, Options};
use shared_model::command::Command;
use shared_model::host::{OrderSort, Query, ReadModel, Reply, Request, Saved, WorkOrders};
use shared_model::ids::WorkOrderId;
use shared_model::work_order::Stage;
use tempfile::TempDir;

use crate::harness::server::{ADMIN_EMAIL, PASSWORD};
use crate::harness::{Server, wait};

/// Longer than anything here should take, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

pub struct Station {
    pub host: Host,
    data: TempDir,
}

impl Station {
    /// Joins the plant by the address given. The first sync has begun when this returns.
    pub async fn join(server: &Server, url: &str, name: &str) -> anyhow::Result<Self> {
        let data = tempfile::Builder::new().prefix("unison-bench-").tempdir()?;
        let code = server.enrollment_code()?;
        let station = Self { host: open(data.path(), true)?, data };
        let name = name.to_owned();
        station.call(Request::Enroll { server: url.to_owned(), code, name }).await?;
        Ok(station)
    }

    /// Joins with everything fetched and somebody signed in.
    pub async fn ready(server: &Server, url: &str, name: &str) -> anyhow::Result<Self> {
        let station = Self::join(server, url, name).await?;
        station.sign_in().await?;
        station.settled(Duration::from_millis(20)).await?;
        Ok(station)
    }

    pub async fn sign_in(&self) -> anyhow::Result<()> {
        let (email, password) = (ADMIN_EMAIL.to_owned(), PASSWORD.to_owned());
        self.call(Request::SignIn { email, password }).await.map(drop)
    }

    /// The same device, started again without a network.
    pub async fn without_network(self) -> anyhow::Result<Self> {
        self.host.close().await;
        Ok(Self { host: open(self.data.path(), false)?, data: self.data })
    }

    /// The same device, started again with a network.
    pub async fn with_network(self) -> anyhow::Result<Self> {
        self.host.close().await;
        Ok(Self { host: open(self.data.path(), true)?, data: self.data })
    }

    pub async fn call(&self, request: Request) -> anyhow::Result<Reply> {
        Ok(self.host.call(request).await?)
    }

    /// Durable on the device when this returns.
    pub async fn enter(&self, command: Command) -> anyhow::Result<Saved> {
        match self.call(Request::Command(command)).await? {
            Reply::Saved(saved) => Ok(saved),
            other => bail!("a command was answered with {other:?}"),
        }
    }

    pub async fn ask<Q: ReadModel>(&self, query: Q) -> anyhow::Result<Q::View> {
        let query: Query = query.into();
        match self.call(Request::Query(query)).await? {
            Reply::View(view) => Ok(serde_json::from_value(view)?),
            other => bail!("a query was answered with {other:?}"),
        }
    }

    /// Released orders, in the order of their numbers, after the first `skip`.
    pub async fn released(&self, skip: usize, count: usize) -> anyhow::Result<Vec<WorkOrderId>> {
        let mut orders = Vec::new();
        let mut after = None;
        while orders.len() < skip + count {
            let page = self.ask(released_page(after)).await?;
            orders.extend(page.items.into_iter().map(|row| row.id));
            after = page.next;
            ensure!(
                after.is_some() || orders.len() >= skip + count,
                "only {} orders are released",
                orders.len()
            );
        }
        Ok(orders.into_iter().skip(skip).take(count).collect())
    }

    /// Waits until the server has everything of the device, and the device everything of the server's.
    /// Asks that often; gives the time at which it was so.
    pub async fn settled(&self, every: Duration) -> anyhow::Result<Instant> {
        let (host, runtime) = (self.host.clone(), tokio::runtime::Handle::current());
        // On a thread of its own: the runtime's timers are too coarse.
        let waiting = tokio::task::spawn_blocking(move || {
            let give_up = Instant::now() + PATIENCE;
            while !runtime.block_on(host.is_settled()) {
                if Instant::now() > give_up {
                    return None;
                }
                std::thread::sleep(every);
            }
            Some(Instant::now())
        });
        waiting.await?.with_context(|| format!("the device is not in step after {PATIENCE:?}"))
    }

    /// Waits until the device has noticed that it is cut off.
    pub async fn unsettled(&self) -> anyhow::Result<()> {
        let is_cut = async || Ok((!self.host.is_settled().await).then_some(()));
        wait::until("the device to notice that it is cut off", PATIENCE, is_cut).await
    }

    /// Forces the replica to the disk, which it does not wait for itself: the server has it all.
    pub fn flush(&self) -> std::io::Result<()> {
        for file in ["replica.sealed.db", "replica.sealed.db-wal"] {
            File::open(self.data.path().join(file))?.sync_all()?;
        }
        Ok(())
    }

    pub async fn close(self) {
        self.host.close().await;
    }
}

/// A page of the released orders.
pub fn released_page(after: Option<String>) -> WorkOrders {
    let stages = vec![Stage::Released];
    WorkOrders { search: String::new(), stages, sort: OrderSort::Number, after, limit: 200 }
}

fn open(data: &Path, is_networked: bool) -> anyhow::Result<Host> {
    Ok(Host::start(Options { directory: data.to_owned(), is_networked, is_keychain_wanted: false })?)
}
