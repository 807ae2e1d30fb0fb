//! A device's end of the wire, by hand: for saying what no device says.

use std::time::Duration;

use anyhow::{Context, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use shared_model::sync::wire::{ClientFrame, Cursor, Hello, ProblemCode, ServerFrame, decode, encode};
use shared_model::time::Timestamp;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::server::Server;
use super::wait;

const PATIENCE: Duration = Duration::from_secs(30);

/// Opens a connection to where a server listens, and says nothing.
///
/// # Errors
/// When nobody takes it.
pub async fn dial(address: &str) -> anyhow::Result<Line> {
    let connecting = connect_async(format!("ws://{address}/api/v1/sync"));
    let (socket, _) = wait::at_most("connecting", PATIENCE, connecting).await?;
    Ok(Line { socket })
}

/// A device that joined the plant, and has nothing but its token.
pub struct Stranger {
    address: String,
    token: String,
}

impl Stranger {
    /// # Errors
    /// When the server does not let it join.
    pub async fn joined(server: &Server, name: &str) -> anyhow::Result<Self> {
        let client = reqwest::Client::new();
        let base = format!("{}/api/v1/devices", server.url());
        let code = server.enrollment_code()?;
        // Drawn by the server: another one each time, which is all that a story asks of a key.
        let key = SigningKey::from_bytes(&Sha256::digest(&code).into());
        let public_key = STANDARD.encode(key.verifying_key().to_bytes());
        let enroll = json!({ "code": code, "name": name, "public_key": public_key });
        let response = client.post(format!("{base}/enroll")).json(&enroll).send().await?;
        let joined: Value = response.error_for_status()?.json().await?;
        let device = joined["device_id"].as_str().context("no device id")?;
        let at = joined["server_time"].as_i64().context("no time")?;
        let signature = key.sign(format!("unison-device-token:{device}:{at}").as_bytes());
        let proof =
            json!({ "device_id": device, "at": at, "signature": STANDARD.encode(signature.to_bytes()) });
        let response = client.post(format!("{base}/token")).json(&proof).send().await?;
        let token: Value = response.error_for_status()?.json().await?;
        let token = token["token"].as_str().context("no token")?.to_owned();
        Ok(Self { address: format!("127.0.0.1:{}", server.port()), token })
    }

    /// Opens a connection and says nothing.
    ///
    /// # Errors
    /// When the server does not take it.
    pub async fn dial(&self) -> anyhow::Result<Line> {
        dial(&self.address).await
    }

    /// Opens a connection and greets, as a device that has nothing yet.
    ///
    /// # Errors
    /// When it is not welcome.
    pub async fn call(&self) -> anyhow::Result<(Line, Vec<Cursor>)> {
        self.call_with(&[]).await
    }

    /// Opens a connection of a device that has everything.
    ///
    /// # Errors
    /// When it is not welcome.
    pub async fn call_up_to_date(&self) -> anyhow::Result<Line> {
        let (_, heads) = self.call().await?;
        Ok(self.call_with(&heads).await?.0)
    }

    async fn call_with(&self, cursors: &[Cursor]) -> anyhow::Result<(Line, Vec<Cursor>)> {
        let mut line = self.dial().await?;
        let mut hello = self.hello();
        if let ClientFrame::Hello(Hello { cursors: said, .. }) = &mut hello {
            *said = cursors.to_vec();
        }
        line.say(&hello).await?;
        match line.hear().await? {
            Some(ServerFrame::Welcome { heads, .. }) => Ok((line, heads)),
            other => bail!("not welcome: {other:?}"),
        }
    }

    /// The first frame of a device that has nothing yet.
    #[must_use]
    pub fn hello(&self) -> ClientFrame {
        ClientFrame::Hello(Hello {
            token: self.token.clone(),
            app: "story".to_owned(),
            cursors: Vec::new(),
            begun: None,
            checks: Vec::new(),
        })
    }

    /// Opens a connection, sends bytes that are no whole message of a WebSocket, and is gone.
    ///
    /// # Errors
    /// When the server does not take the connection.
    pub async fn leave_in_the_middle(&self, bytes: &[u8]) -> anyhow::Result<()> {
        let mut raw = TcpStream::connect(&self.address).await?;
        let request = format!(
            "GET /api/v1/sync HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            self.address
        );
        raw.write_all(request.as_bytes()).await?;
        raw.write_all(bytes).await?;
        Ok(raw.shutdown().await?)
    }
}

/// An open connection.
pub struct Line {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Line {
    /// # Errors
    /// When the connection is gone.
    pub async fn say(&mut self, frame: &ClientFrame) -> anyhow::Result<()> {
        self.say_message(Message::Binary(encode(frame)?.into())).await
    }

    /// # Errors
    /// When the connection is gone.
    pub async fn say_message(&mut self, message: Message) -> anyhow::Result<()> {
        wait::at_most("sending", PATIENCE, self.socket.send(message)).await
    }

    /// The next frame; none when the server hung up.
    ///
    /// # Errors
    /// When nothing comes, or what comes is no frame.
    pub async fn hear(&mut self) -> anyhow::Result<Option<ServerFrame>> {
        let heard = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Binary(bytes))) => return Ok(Some(decode(&bytes)?)),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return anyhow::Ok(None),
                    Some(Ok(_)) => {}
                }
            }
        };
        wait::at_most("a frame of the server", PATIENCE, heard).await
    }

    /// Whether the server answers on this connection.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&mut self, at: Timestamp) -> anyhow::Result<()> {
        self.say(&ClientFrame::Ping { at }).await?;
        match self.hear().await? {
            Some(ServerFrame::Pong { at: of, .. }) if of == at => Ok(()),
            other => bail!("no pong, but {other:?}"),
        }
    }

    /// Why the server hangs up, and that it does; batches that came before do not matter.
    ///
    /// # Errors
    /// When it says something else, or stays.
    pub async fn hear_problem(&mut self) -> anyhow::Result<(ProblemCode, String)> {
        loop {
            match self.hear().await? {
                Some(ServerFrame::Batch(_)) => {}
                Some(ServerFrame::Problem { code, message }) => {
                    let then = self.hear().await?;
                    anyhow::ensure!(then.is_none(), "after the problem the server said {then:?}");
                    return Ok((code, message));
                }
                other => bail!("no problem, but {other:?}"),
            }
        }
    }
}
