//! Many devices in one process: each no more than a key, a token and a socket.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use shared_model::ids::{DeviceId, PlantId, UserId};
use shared_model::sync::client::Retries;
use shared_model::sync::wire::{self, ClientFrame, Cursor, Hello, MAX_FRAME_BYTES, ServerFrame};
use shared_model::time::Timestamp;
use sqlx::Row as _;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};
use uuid::Uuid;

use super::database::Database;
use super::server::Server;
use super::signer;

/// So that a thousand sockets are cheap on this side too.
const BUFFER_BYTES: usize = 4 * 1024;
/// Tokens that are asked for at once.
const ASKING: usize = 16;
/// Who finds nobody so often gives up, after 21 to 32 seconds.
const ATTEMPTS: u32 = 4;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A device of the crowd, with a token.
#[derive(Clone)]
pub struct Member {
    n: u64,
    address: String,
    token: String,
}

/// Enrolls devices, unless they are, and gets them their tokens. They are written into the database: codes are for
/// people, and each takes a process.
///
/// # Errors
/// When the server does not answer.
pub async fn join(server: &Server, count: u64) -> anyhow::Result<Vec<Member>> {
    let devices: Vec<DeviceId> = (0..count).map(device).collect();
    signer::enroll(&mut server.database().await?, "Crowd", &devices).await?;
    let client = reqwest::Client::builder().pool_max_idle_per_host(ASKING).build()?;
    let url = server.url();
    let asking = devices.iter().map(|device| signer::token(&client, &url, *device));
    let tokens: Vec<anyhow::Result<String>> =
        futures_util::stream::iter(asking).buffered(ASKING).collect().await;
    let address = format!("127.0.0.1:{}", server.port());
    let member =
        |(n, token): (u64, anyhow::Result<String>)| Ok(Member { n, address: address.clone(), token: token? });
    (0..count).zip(tokens).map(member).collect()
}

/// The one who set the plant up signs in on all devices of the crowd. Says in which plant, and who that is.
///
/// # Errors
/// When the database does not answer.
pub async fn sign_in(database: &mut Database) -> anyhow::Result<(PlantId, UserId)> {
    database
        .run(
            "insert into device_user (organization_id, device_id, user_id, first_signed_in_at, last_signed_in_at)
             select device.organization_id, device.id, person.id, now(), now()
             from device, (select id from user_account order by id limit 1) person
             where device.name = 'Crowd' on conflict do nothing",
        )
        .await?;
    let sql = "select plant.id, (select id from user_account order by id limit 1) from plant";
    let row = database.row(sql).await?;
    let id = |column| row.try_get::<Uuid, usize>(column);
    Ok((id(0)?.into(), id(1)?.into()))
}

fn device(n: u64) -> DeviceId {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + u128::from(n)).into()
}

impl Member {
    #[must_use]
    pub fn device(&self) -> DeviceId {
        device(self.n)
    }

    /// How a device waits between its attempts: by the sync engine's own rule, each member in its own way.
    #[must_use]
    pub const fn retries(&self) -> Retries {
        Retries::new(self.n)
    }

    /// Connects and greets as a device that has nothing. Tries again while nobody listens.
    ///
    /// # Errors
    /// When nobody ever listens, or it is turned away.
    pub async fn call(&self, cursors: &[Cursor]) -> anyhow::Result<(Line, Vec<Cursor>)> {
        let mut retries = self.retries();
        for _ in 1..ATTEMPTS {
            if let Ok(line) = self.dial().await {
                return self.greet(line, cursors).await;
            }
            wait(&mut retries).await;
        }
        self.call_once(cursors).await
    }

    /// The same, without another attempt.
    ///
    /// # Errors
    /// When nobody listens, or it is turned away.
    pub async fn call_once(&self, cursors: &[Cursor]) -> anyhow::Result<(Line, Vec<Cursor>)> {
        self.greet(self.dial().await?, cursors).await
    }

    async fn greet(&self, mut line: Line, cursors: &[Cursor]) -> anyhow::Result<(Line, Vec<Cursor>)> {
        let app = "crowd".to_owned();
        let (token, cursors) = (self.token.clone(), cursors.to_vec());
        // Without snapshots: what it has not, it reads from the feed.
        line.say(&ClientFrame::Hello(Hello { token, app, cursors, begun: None, checks: Vec::new() })).await?;
        match line.hear().await? {
            ServerFrame::Welcome { heads, .. } => Ok((line, heads)),
            other => bail!("device {} is not welcome: {other:?}", self.n),
        }
    }

    async fn dial(&self) -> anyhow::Result<Line> {
        let url = format!("ws://{}/api/v1/sync", self.address);
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER_BYTES)
            .write_buffer_size(0)
            .max_message_size(Some(MAX_FRAME_BYTES + 2))
            .max_frame_size(Some(MAX_FRAME_BYTES + 2));
        let (socket, _) = connect_async_with_config(&url, Some(config), true).await?;
        Ok(Line(socket))
    }
}

/// Lets the time pass until the next attempt.
pub async fn wait(retries: &mut Retries) {
    tokio::time::sleep(Duration::from_millis(retries.next_wait_millis().unsigned_abs())).await;
}

/// An open connection.
pub struct Line(Socket);

impl Line {
    /// # Errors
    /// When the connection is gone.
    pub async fn say(&mut self, frame: &ClientFrame) -> anyhow::Result<()> {
        Ok(self.0.send(Message::Binary(wire::encode(frame)?.into())).await?)
    }

    /// # Errors
    /// When the connection is gone.
    pub async fn hear(&mut self) -> anyhow::Result<ServerFrame> {
        loop {
            match self.0.next().await.context("the server closed the connection")?? {
                Message::Binary(bytes) => return Ok(wire::decode(&bytes)?),
                Message::Close(_) => bail!("the server closed the connection"),
                _ => {}
            }
        }
    }

    /// Fetches and acknowledges everything up to the heads.
    ///
    /// # Errors
    /// When the connection is gone, or a batch does not follow on the one before.
    pub async fn catch_up(&mut self, cursors: &[Cursor], heads: &[Cursor]) -> anyhow::Result<()> {
        let mut here = cursors.to_vec();
        let at = |here: &[Cursor], feed| here.iter().find(|it| it.feed == feed).map_or(0, |it| it.seq);
        while heads.iter().any(|head| at(&here, head.feed) < head.seq) {
            let ServerFrame::Batch(batch) = self.hear().await? else { continue };
            ensure!(batch.after == at(&here, batch.feed), "a gap after {}", at(&here, batch.feed));
            here.retain(|cursor| cursor.feed != batch.feed);
            here.push(Cursor { feed: batch.feed, seq: batch.until });
            self.say(&ClientFrame::Applied { feed: batch.feed, seq: batch.until }).await?;
        }
        Ok(())
    }

    /// Makes sure that the server is still there, and listening to this connection.
    ///
    /// # Errors
    /// When it is not.
    pub async fn ping(&mut self) -> anyhow::Result<()> {
        let asked = Timestamp::from_millis(7);
        self.say(&ClientFrame::Ping { at: asked }).await?;
        loop {
            if let ServerFrame::Pong { at, .. } = self.hear().await? {
                ensure!(at == asked, "an answer to something else");
                return Ok(());
            }
        }
    }
}
