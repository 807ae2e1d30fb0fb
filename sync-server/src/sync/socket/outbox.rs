//! The way out of a connection: a short queue, and a task that writes it to the socket.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket};
use futures_util::SinkExt as _;
use futures_util::stream::SplitSink;
use shared_model::sync::wire::{ProblemCode, ServerFrame, encode};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::sync::feeds::Packed;

/// Frames that wait while the peer is slow.
const WAITING_FRAMES: usize = 16;
/// A peer that takes nothing for this long is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The peer cannot be reached any more.
#[derive(Debug)]
pub(super) struct Gone;

/// A frame on its way; a batch that others may send too keeps its room until it is written.
enum Frame {
    Own(Bytes),
    Batch(Arc<Packed>),
}

pub(super) struct Outbox {
    frames: mpsc::Sender<Frame>,
    writer: JoinHandle<()>,
}

impl Outbox {
    pub(super) fn new(sink: SplitSink<WebSocket, Message>) -> Self {
        let (frames, waiting) = mpsc::channel(WAITING_FRAMES);
        Self { frames, writer: tokio::spawn(write(sink, waiting)) }
    }

    pub(super) async fn send(&self, frame: &ServerFrame) -> Result<(), Gone> {
        match encode(frame) {
            Ok(bytes) => self.queue(Frame::Own(bytes.into())).await,
            Err(error) => {
                tracing::error!(%error, "a frame cannot be written");
                Err(Gone)
            }
        }
    }

    pub(super) async fn send_packed(&self, batch: Arc<Packed>) -> Result<(), Gone> {
        self.queue(Frame::Batch(batch)).await
    }

    async fn queue(&self, frame: Frame) -> Result<(), Gone> {
        self.frames.send(frame).await.map_err(|_| Gone)
    }

    /// Says why, and closes.
    pub(super) async fn close_with(self, code: ProblemCode, message: String) {
        let _ = self.send(&ServerFrame::Problem { code, message }).await;
        self.close().await;
    }

    pub(super) async fn close(self) {
        drop(self.frames);
        let _ = timeout(CLOSE_TIMEOUT, self.writer).await;
    }
}

async fn write(mut sink: SplitSink<WebSocket, Message>, mut frames: mpsc::Receiver<Frame>) {
    while let Some(frame) = frames.recv().await {
        let bytes = match &frame {
            Frame::Own(bytes) => bytes.clone(),
            Frame::Batch(batch) => batch.frame.clone(),
        };
        match timeout(WRITE_TIMEOUT, sink.send(Message::Binary(bytes))).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
    let _ = timeout(WRITE_TIMEOUT, sink.close()).await;
}
