//! A device's end of a real WebSocket.

use futures_util::{SinkExt as _, StreamExt as _};
use shared_model::sync::wire::{
    Batch, ClientFrame, Cursor, Hello, ProblemCode, ServerFrame, Verdict, decode, encode,
};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async, connect_async};

use super::floor::{Floor, Tablet};
use crate::app::App;
use crate::auth::DeviceClaims;
use crate::serve::{Serving, listen};

/// A server on a free port, on the floor's database.
pub(super) struct Exchange {
    pub serving: Serving,
}

impl Exchange {
    pub(super) async fn open(floor: &Floor) -> Self {
        Self::on(App::start(floor.pools.clone()).await.expect("the database answers")).await
    }

    pub(super) async fn on(app: App) -> Self {
        let listener = listen(([127, 0, 0, 1], 0).into()).await.expect("a free port");
        Self { serving: Serving::start(listener, app, None).expect("an open port") }
    }

    pub(super) fn token(&self, tablet: &Tablet) -> String {
        let claims = DeviceClaims {
            organization: tablet.world.organization,
            plant: tablet.world.plant,
            device: tablet.device,
        };
        let app = self.serving.app();
        claims.token(app.keys(), app.now()).0
    }

    /// Opens a connection and says nothing.
    pub(super) async fn dial(&self) -> Line {
        let url = format!("ws://{}/api/v1/sync", self.serving.address());
        let (socket, _) = connect_async(url).await.expect("connects");
        Line { socket }
    }

    /// Opens a connection that takes in little that nobody reads.
    pub(super) async fn dial_narrow(&self) -> Line {
        let address = self.serving.address();
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        socket.set_send_buffer_size(4096).expect("a small buffer");
        let stream = socket.connect(address).await.expect("connects");
        let url = format!("ws://{address}/api/v1/sync");
        let (socket, _) = client_async(url, MaybeTlsStream::Plain(stream)).await.expect("a WebSocket");
        Line { socket }
    }

    /// Opens a connection and says hello; gives the welcome's heads too.
    pub(super) async fn call(&self, tablet: &Tablet, cursors: &[Cursor]) -> (Line, Vec<Cursor>) {
        let mut line = self.dial().await;
        line.say(&hello(self.token(tablet), cursors)).await;
        match line.hear().await {
            Some(ServerFrame::Welcome { heads, plant, .. }) => {
                assert_eq!(plant, tablet.world.plant);
                (line, heads)
            }
            other => panic!("{other:?}"),
        }
    }
}

pub(super) fn hello(token: String, cursors: &[Cursor]) -> ClientFrame {
    ClientFrame::Hello(Hello {
        token,
        app: "test".to_owned(),
        cursors: cursors.to_vec(),
        begun: None,
        checks: Vec::new(),
    })
}

pub(super) struct Line {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Line {
    pub(super) async fn say(&mut self, frame: &ClientFrame) {
        self.say_bytes(encode(frame).expect("encodes")).await;
    }

    pub(super) async fn say_bytes(&mut self, bytes: Vec<u8>) {
        // The server may have hung up in the middle of a frame that is too large.
        let _ = self.socket.send(Message::Binary(bytes.into())).await;
    }

    pub(super) async fn say_message(&mut self, message: Message) {
        self.socket.send(message).await.expect("sends");
    }

    /// The next frame; none after the end.
    pub(super) async fn hear(&mut self) -> Option<ServerFrame> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Binary(bytes))) => return Some(decode(&bytes).expect("the server's frame")),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next frame that is no batch, with the batches that came before it.
    pub(super) async fn hear_word(&mut self) -> (Vec<Batch>, Option<ServerFrame>) {
        let mut batches = Vec::new();
        loop {
            match self.hear().await {
                Some(ServerFrame::Batch(batch)) => batches.push(batch),
                other => return (batches, other),
            }
        }
    }

    /// The verdict on the one command that was pushed.
    pub(super) async fn hear_verdict(&mut self) -> Verdict {
        let (_, word) = self.hear_word().await;
        let Some(ServerFrame::Verdicts(mut verdicts)) = word else { panic!("{word:?}") };
        assert_eq!(verdicts.len(), 1);
        verdicts.remove(0).1
    }

    /// Expects the server to say why, and to hang up.
    pub(super) async fn hear_problem(&mut self) -> ProblemCode {
        let (_, word) = self.hear_word().await;
        let Some(ServerFrame::Problem { code, message }) = word else { panic!("{word:?}") };
        assert!(!message.is_empty());
        assert_eq!(self.hear().await, None);
        code
    }

    /// Everything up to the heads, acknowledged.
    pub(super) async fn catch_up(&mut self, heads: &[Cursor]) -> Vec<Batch> {
        let mut batches: Vec<Batch> = Vec::new();
        let is_behind = |batches: &[Batch]| {
            heads.iter().any(|head| {
                let seq =
                    batches.iter().filter(|batch| batch.feed == head.feed).map(|batch| batch.until).max();
                seq.unwrap_or(0) < head.seq
            })
        };
        while is_behind(&batches) {
            let Some(ServerFrame::Batch(batch)) = self.hear().await else { panic!("a batch") };
            self.say(&ClientFrame::Applied { feed: batch.feed, seq: batch.until }).await;
            batches.push(batch);
        }
        batches
    }
}
