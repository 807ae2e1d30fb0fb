//! A device that only listens: the protocol without a replica, so that a hundred of them leave the
//! machine to the server.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Client;
use serde_json::{Value, json};
use shared_model::ids::{CommandId, FeedId};
use shared_model::sync::wire::{self, Batch, ClientFrame, Cursor, Hello, MAX_FRAME_BYTES, ServerFrame};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::harness::Server;

const PING: Duration = Duration::from_secs(10);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What a listener hears of a command: that its batch is complete here.
pub type Heard = UnboundedSender<(CommandId, Instant)>;

pub struct Listener(JoinHandle<anyhow::Result<()>>);

impl Listener {
    /// Joins the plant, fetches everything, and listens from then on. `n` tells its key from others.
    pub async fn join(server: &Server, n: u8, heard: Heard) -> anyhow::Result<Self> {
        let key = SigningKey::from_bytes(&[n; 32]);
        let (client, base) = (Client::new(), format!("{}/api/v1/devices", server.url()));
        let body = json!({
            "code": server.enrollment_code()?,
            "name": format!("Listener {n}"),
            "public_key": STANDARD.encode(key.verifying_key().to_bytes()),
        });
        let enrolled = post(&client, &format!("{base}/enroll"), &body).await?;
        let device = enrolled["device_id"].as_str().context("a device has an id")?;
        let feed = |name: &str| -> anyhow::Result<FeedId> {
            Ok(enrolled[name].as_str().with_context(|| format!("no {name}"))?.parse()?)
        };
        let feeds = [feed("organization_feed")?, feed("plant_feed")?];
        let at = enrolled["server_time"].as_i64().context("the server says the time")?;
        let signature = key.sign(format!("unison-device-token:{device}:{at}").as_bytes());
        let body =
            json!({ "device_id": device, "at": at, "signature": STANDARD.encode(signature.to_bytes()) });
        let token = post(&client, &format!("{base}/token"), &body).await?;
        let token = token["token"].as_str().context("a token")?.to_owned();

        let url = format!("{}/api/v1/sync", server.url().replacen("http", "ws", 1));
        let config = WebSocketConfig::default().max_message_size(Some(MAX_FRAME_BYTES + 2));
        let (mut socket, _) = connect_async_with_config(url, Some(config), true).await?;
        let cursors = feeds.map(|feed| Cursor { feed, seq: 0 }).to_vec();
        let app = env!("CARGO_PKG_VERSION").to_owned();
        send(
            &mut socket,
            &ClientFrame::Hello(Hello { token, app, cursors, begun: None, checks: Vec::new() }),
        )
        .await?;
        catch_up(&mut socket).await?;
        Ok(Self(tokio::spawn(listen(socket, heard))))
    }

    /// # Errors
    /// When its connection ended, and why.
    pub async fn end(self) -> anyhow::Result<()> {
        if self.0.is_finished() {
            return self.0.await?;
        }
        self.0.abort();
        Ok(())
    }
}

async fn post(client: &Client, url: &str, body: &Value) -> anyhow::Result<Value> {
    let response = client.post(url).json(body).send().await?;
    let (status, text) = (response.status(), response.text().await?);
    ensure!(status.is_success(), "{url}: {status} {text}");
    Ok(serde_json::from_str(&text)?)
}

async fn send(socket: &mut Socket, frame: &ClientFrame) -> anyhow::Result<()> {
    Ok(socket.send(Message::Binary(wire::encode(frame)?.into())).await?)
}

async fn next(socket: &mut Socket) -> anyhow::Result<ServerFrame> {
    loop {
        match socket.next().await.context("the server closed the connection")?? {
            Message::Binary(bytes) => return Ok(wire::decode(&bytes)?),
            Message::Close(_) => bail!("the server closed the connection"),
            _ => {}
        }
    }
}

async fn catch_up(socket: &mut Socket) -> anyhow::Result<()> {
    let ServerFrame::Welcome { heads, .. } = next(socket).await? else { bail!("no welcome") };
    let mut missing = heads;
    missing.retain(|head| head.seq > 0);
    while !missing.is_empty() {
        if let ServerFrame::Batch(batch) = next(socket).await? {
            missing.retain(|head| head.feed != batch.feed || head.seq > batch.until);
            applied(socket, &batch).await?;
        }
    }
    Ok(())
}

async fn applied(socket: &mut Socket, batch: &Batch) -> anyhow::Result<()> {
    send(socket, &ClientFrame::Applied { feed: batch.feed, seq: batch.until }).await
}

async fn listen(mut socket: Socket, heard: Heard) -> anyhow::Result<()> {
    let mut ping = tokio::time::interval(PING);
    loop {
        tokio::select! {
            frame = next(&mut socket) => match frame? {
                ServerFrame::Batch(batch) => {
                    let at = Instant::now();
                    let commands: BTreeSet<_> = batch.entries.iter().filter_map(|entry| entry.command).collect();
                    for command in commands {
                        if heard.send((command, at)).is_err() {
                            return Ok(());
                        }
                    }
                    applied(&mut socket, &batch).await?;
                }
                ServerFrame::Problem { message, .. } => bail!("the server ended the connection: {message}"),
                _ => {}
            },
            _ = ping.tick() => send(&mut socket, &ClientFrame::Ping { at: replica::native::now() }).await?,
        }
    }
}
