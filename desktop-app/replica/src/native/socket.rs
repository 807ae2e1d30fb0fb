//! One WebSocket, from the handshake to the end.
//!
//! The handshake goes through the HTTP client of the other requests, so that both trust the same
//! certificates and know the same proxies.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use reqwest::{StatusCode, Upgraded};
use shared_model::sync::wire::MAX_FRAME_BYTES;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::driver::{ConnectionId, Input};

/// Every frame has two bytes before its body.
const MAX_MESSAGE_BYTES: usize = MAX_FRAME_BYTES + 2;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(20);

#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    #[error("the server does not answer")]
    Timeout(#[from] tokio::time::error::Elapsed),
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error("the server does not open a WebSocket (HTTP {0})")]
    NotUpgraded(StatusCode),
    #[error(transparent)]
    WebSocket(#[from] tokio_tungstenite::tungstenite::Error),
}

/// Tells what is received, and sends what comes out of `frames`, until either side ends.
pub async fn run(
    client: &reqwest::Client,
    url: &str,
    connection: ConnectionId,
    mut frames: UnboundedReceiver<Vec<u8>>,
    tell: &impl Fn(Input) -> bool,
) -> Result<(), SocketError> {
    let mut socket = tokio::time::timeout(HANDSHAKE_TIMEOUT, connect(client, url)).await??;
    if !tell(Input::Opened(connection)) {
        return Ok(());
    }
    loop {
        tokio::select! {
            frame = frames.recv() => match frame {
                Some(frame) => socket.send(Message::Binary(frame.into())).await?,
                None => {
                    socket.close(None).await?;
                    return Ok(());
                }
            },
            message = socket.next() => match message {
                Some(Ok(Message::Binary(frame))) => {
                    if !tell(Input::Received(connection, frame.to_vec())) {
                        return Ok(());
                    }
                }
                Some(Ok(Message::Close(_))) | None => return Ok(()),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
            },
        }
    }
}

async fn connect(client: &reqwest::Client, url: &str) -> Result<WebSocketStream<Upgraded>, SocketError> {
    let key = generate_key();
    let response = client
        .get(url.replacen("ws", "http", 1))
        .header(CONNECTION, "upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_VERSION, "13")
        .header(SEC_WEBSOCKET_KEY, &key)
        .send()
        .await?;
    let accepted = response.headers().get(SEC_WEBSOCKET_ACCEPT).map(|it| it.as_bytes().to_vec());
    let is_upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS
        && accepted.is_some_and(|it| it == derive_accept_key(key.as_bytes()).as_bytes());
    if !is_upgraded {
        return Err(SocketError::NotUpgraded(response.status()));
    }
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES));
    let stream = response.upgrade().await?;
    Ok(WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await)
}
