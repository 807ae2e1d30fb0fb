//! The thread that owns the files: SQLite waits for the disk, and a runtime must not.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use shared_model::host::{Call, Event, HostError, Message, Reply, Request, Storage};
use shared_model::time::Timestamp;
use tokio::sync::{broadcast, oneshot};

use super::Directory;
use super::edge::{instant, now, random};
use super::network::Network;
use crate::driver::{Driver, Effect, Input, Pace, Setup};

pub enum Word {
    Ask { request: Request, reply: oneshot::Sender<Result<Reply, HostError>> },
    News(Input),
    IsSettled(oneshot::Sender<bool>),
    Stop,
}

pub fn run(
    directory: Directory,
    is_networked: bool,
    words: &Receiver<Word>,
    network: Network,
    events: &broadcast::Sender<Event>,
) {
    let setup = Setup {
        random: Box::new(random),
        home: None,
        is_networked,
        storage: Storage::Durable,
        pace: Pace::default(),
    };
    let mut runner = Runner {
        driver: Driver::open(Box::new(directory), setup),
        network,
        events: events.clone(),
        calls: Calls::default(),
        wakes_at: None,
    };
    runner.feed(Input::Wake);
    loop {
        match runner.next(words) {
            Ok(Word::News(input)) => runner.feed(input),
            Ok(Word::IsSettled(reply)) => {
                // The one who asked may have gone away.
                let _ = reply.send(runner.driver.is_settled());
            }
            Ok(Word::Ask { request, reply }) => {
                let id = runner.calls.open(reply);
                runner.feed(Input::Call(Call { id, request }));
            }
            Err(RecvTimeoutError::Timeout) => {
                runner.wakes_at = None;
                runner.feed(Input::Time);
            }
            Ok(Word::Stop) | Err(RecvTimeoutError::Disconnected) => break,
        }
    }
}

struct Runner {
    driver: Driver,
    network: Network,
    events: broadcast::Sender<Event>,
    calls: Calls,
    wakes_at: Option<Instant>,
}

impl Runner {
    fn next(&self, words: &Receiver<Word>) -> Result<Word, RecvTimeoutError> {
        match self.wakes_at {
            None => words.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(at) => words.recv_timeout(at.saturating_duration_since(instant())),
        }
    }

    fn feed(&mut self, input: Input) {
        for effect in self.driver.handle(now(), input) {
            match effect {
                Effect::Tell(Message::Answer(answer)) => self.calls.close(answer.id, answer.reply),
                Effect::Tell(Message::Event(event)) => {
                    // Nobody may be listening.
                    let _ = self.events.send(event);
                }
                Effect::Open { connection, url } => self.network.open(connection, url),
                Effect::Send { connection, frame } => self.network.send(connection, frame),
                Effect::Close(connection) => self.network.close(connection),
                Effect::Post { id, post } => self.network.post(id, post),
                Effect::Get { id, url, bearer } => self.network.get(id, url, bearer),
                Effect::WakeAt(at) => self.wakes_at = Some(instant() + from_now(at)),
            }
        }
    }
}

fn from_now(at: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(at.millis_since(now())).unwrap_or_default())
}

/// Who waits for which answer.
#[derive(Default)]
struct Calls {
    last: u64,
    open: HashMap<u64, oneshot::Sender<Result<Reply, HostError>>>,
}

impl Calls {
    fn open(&mut self, reply: oneshot::Sender<Result<Reply, HostError>>) -> u64 {
        self.last += 1;
        self.open.insert(self.last, reply);
        self.last
    }

    fn close(&mut self, id: u64, outcome: Result<Reply, HostError>) {
        if let Some(reply) = self.open.remove(&id) {
            // The one who asked may have gone away.
            let _ = reply.send(outcome);
        }
    }
}
