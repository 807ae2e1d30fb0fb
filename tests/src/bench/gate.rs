//! The network between a device and the server: it can be closed, counts what passes, and remembers
//! when what came back passed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use shared_model::sync::wire::{self, ServerFrame};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub struct Gate {
    port: u16,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    is_open: watch::Sender<bool>,
    up_bytes: AtomicU64,
    down_bytes: AtomicU64,
    /// What came from the server, by connection; none while nobody wants it.
    recording: Mutex<Option<Vec<Lane>>>,
}

type Lane = Vec<(Instant, Vec<u8>)>;

impl Gate {
    /// An open gate before a port of this machine.
    pub async fn before(server: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            is_open: watch::Sender::new(true),
            up_bytes: AtomicU64::new(0),
            down_bytes: AtomicU64::new(0),
            recording: Mutex::default(),
        });
        let accepting = tokio::spawn(accept(listener, server, shared.clone()));
        Ok(Self { port, shared, accepting })
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn open(&self) {
        self.shared.is_open.send_replace(true);
    }

    /// Cuts all connections, and those to come.
    pub fn close(&self) {
        self.shared.is_open.send_replace(false);
    }

    /// All bytes of both directions since the start, without the headers of TCP and IP.
    pub fn bytes(&self) -> u64 {
        self.shared.up_bytes.load(Ordering::Relaxed) + self.shared.down_bytes.load(Ordering::Relaxed)
    }

    pub fn record(&self) {
        *self.lanes() = Some(Vec::new());
    }

    /// When each verdict passed since [`Self::record`], and ends the recording.
    pub fn verdicts(&self) -> Vec<Instant> {
        let lanes = self.lanes().take().unwrap_or_default();
        lanes.iter().flat_map(verdicts_of).collect()
    }

    fn lanes(&self) -> std::sync::MutexGuard<'_, Option<Vec<Lane>>> {
        self.shared.recording.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.accepting.abort();
        self.close();
    }
}

async fn accept(listener: TcpListener, server: u16, shared: Arc<Shared>) {
    while let Ok((device, _)) = listener.accept().await {
        if *shared.is_open.borrow() {
            tokio::spawn(pass(device, server, shared.clone()));
        }
    }
}

async fn pass(device: TcpStream, server: u16, shared: Arc<Shared>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
    if device.set_nodelay(true).is_err() || server.set_nodelay(true).is_err() {
        return;
    }
    let mut is_open = shared.is_open.subscribe();
    let (from_device, to_device) = device.into_split();
    let (from_server, to_server) = server.into_split();
    let lane = shared.recording.lock().unwrap_or_else(PoisonError::into_inner).as_mut().map(|lanes| {
        lanes.push(Vec::new());
        lanes.len() - 1
    });
    let up = copy(from_device, to_server, |bytes| {
        shared.up_bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    });
    let down = copy(from_server, to_device, |bytes| {
        shared.down_bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let mut recording = shared.recording.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(lanes), Some(lane)) = (recording.as_mut(), lane)
            && let Some(lane) = lanes.get_mut(lane)
        {
            lane.push((Instant::now(), bytes.to_vec()));
        }
    });
    tokio::select! {
        () = up => {}
        () = down => {}
        _ = is_open.wait_for(|is_open| !is_open) => {}
    }
}

async fn copy(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, seen: impl Fn(&[u8])) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        seen(&buffer[..count]);
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

/// The verdicts in what one connection brought, each with the time at which its frame was complete.
fn verdicts_of(lane: &Lane) -> Vec<Instant> {
    const UPGRADED: &[u8] = b"HTTP/1.1 101 ";
    const END_OF_HEAD: &[u8] = b"\r\n\r\n";
    let bytes: Vec<u8> = lane.iter().flat_map(|(_, bytes)| bytes).copied().collect();
    let Some(upgraded) = find(&bytes, 0, UPGRADED) else { return Vec::new() };
    let Some(head) = find(&bytes, upgraded, END_OF_HEAD) else { return Vec::new() };
    let mut at = head + END_OF_HEAD.len();
    let mut verdicts = Vec::new();
    while let Some((body, end)) = message(&bytes, at) {
        if let Ok(ServerFrame::Verdicts(settled)) = wire::decode(body) {
            verdicts.extend(settled.iter().map(|_| time_of(lane, end)));
        }
        at = end;
    }
    verdicts
}

fn find(bytes: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    bytes[from..].windows(what.len()).position(|window| window == what).map(|place| from + place)
}

/// A WebSocket message of a server, which sends them whole and without a mask, and where it ends.
fn message(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let length = usize::from(*bytes.get(at + 1)?);
    let (body, length) = match length {
        126 => (at + 4, usize::from(u16::from_be_bytes(bytes.get(at + 2..at + 4)?.try_into().ok()?))),
        127 => {
            let length = u64::from_be_bytes(bytes.get(at + 2..at + 10)?.try_into().ok()?);
            (at + 10, usize::try_from(length).ok()?)
        }
        short => (at + 2, short),
    };
    Some((bytes.get(body..body + length)?, body + length))
}

/// When the byte before `end` came.
fn time_of(lane: &Lane, end: usize) -> Instant {
    let mut total = 0;
    let chunk = lane.iter().find(|(_, bytes)| {
        total += bytes.len();
        total >= end
    });
    chunk.or(lane.last()).map_or_else(Instant::now, |(at, _)| *at)
}

#[cfg(test)]
mod tests {
    use shared_model::sync::wire::Verdict;
    use uuid::Uuid;

    use super::*;

    fn frame(verdicts: u128) -> Vec<u8> {
        let verdicts = (0..verdicts).map(|n| (Uuid::from_u128(n).into(), Verdict::Accepted { seq: 1 }));
        let body = wire::encode(&ServerFrame::Verdicts(verdicts.collect())).expect("encodes");
        let length = u16::try_from(body.len()).expect("short");
        let head = match length {
            0..126 => vec![0x82, u8::try_from(length).expect("short")],
            _ => [&[0x82, 126][..], &length.to_be_bytes()].concat(),
        };
        [head, body].concat()
    }

    #[test]
    fn verdicts_are_found_wherever_the_stream_was_cut() {
        let head = b"HTTP/1.1 200 OK\r\n\r\n{}HTTP/1.1 101 Switching Protocols\r\n\r\n".to_vec();
        let stream = [head, frame(1), frame(40), frame(2)].concat();
        for cut in 0..stream.len() {
            let early = Instant::now();
            let late = early + std::time::Duration::from_secs(1);
            let lane = vec![(early, stream[..cut].to_vec()), (late, stream[cut..].to_vec())];
            let found = verdicts_of(&lane);
            assert_eq!(found.len(), 43, "cut at {cut}");
            assert_eq!(found.last(), Some(&late));
        }
    }
}
