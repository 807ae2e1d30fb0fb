//! The connection: what the sync engine asks for, carried out in order.

use std::collections::VecDeque;

use shared_model::command::Envelope;
use shared_model::ids::FeedId;
use shared_model::sync::client::{Effect as Wish, Input as News, Link};
use shared_model::sync::wire::{self, Chunk, ClientFrame, ProblemCode, ServerFrame, Verdict};
use shared_model::time::Timestamp;

use super::errand::Errand;
use super::token::Purpose;
use super::{ConnectionId, Driver, Effect, Fetched};
use crate::{Error, History, LOW_NUMBERS, Replica};

/// The present attempt at a connection.
#[derive(Debug, Default)]
pub struct Line {
    last: u64,
    current: Option<Current>,
}

#[derive(Debug)]
struct Current {
    id: ConnectionId,
    /// What the connection was opened with; none while the token is on its way.
    token: Option<String>,
}

impl Line {
    fn next(&mut self) -> ConnectionId {
        self.last += 1;
        let id = ConnectionId(self.last);
        self.current = Some(Current { id, token: None });
        id
    }

    /// The one that is current, open or not.
    pub fn connection(&self) -> Option<ConnectionId> {
        self.current.as_ref().map(|current| current.id)
    }

    pub fn is_current(&self, id: ConnectionId) -> bool {
        self.current.as_ref().is_some_and(|current| current.id == id)
    }
}

/// A piece of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    feed: FeedId,
    seq: u64,
    index: u32,
}

impl Driver {
    /// Tells the engine something, carries out what it wants, tells it what came of that, and so on.
    pub(super) fn drive(&mut self, now: Timestamp, news: News) {
        self.teller.touch();
        let mut wishes = self.engine.handle(now, news);
        while let Some(wish) = wishes.pop_front() {
            if let Some(news) = self.carry_out(now, wish) {
                wishes.extend(self.engine.handle(now, news));
            }
            if self.replica.as_mut().is_ok_and(Replica::take_freed) {
                wishes.extend(self.engine.handle(now, News::Freed));
            }
        }
    }

    fn carry_out(&mut self, now: Timestamp, wish: Wish) -> Option<News> {
        match wish {
            Wish::WakeAt(at) => {
                self.engine_wakes_at = Some(at);
                None
            }
            Wish::Connect { fresh_token } => {
                let id = self.line.next();
                if fresh_token {
                    self.tokens.forget();
                }
                self.with_token(now, Purpose::Connect(id));
                None
            }
            Wish::Disconnect => Some(self.hang_up()),
            Wish::Send(frame) => {
                self.send(frame);
                None
            }
            Wish::Fetch { feed, seq, index } => self.fetch(feed, seq, index),
            other => match self.write(now, other) {
                Ok(news) => news,
                Err(error) => {
                    self.trouble(now, &error);
                    Some(self.hang_up())
                }
            },
        }
    }

    /// The wishes that touch the files.
    fn write(&mut self, now: Timestamp, wish: Wish) -> Result<Option<News>, Error> {
        let Ok(replica) = &mut self.replica else { return Ok(Some(News::Disconnected)) };
        Ok(match wish {
            Wish::ReadOutbox { after, limit } => Some(News::Outbox(replica.unsent(after, limit)?)),
            Wish::Apply(batch) => {
                let applied = replica.apply(batch)?;
                self.wanted.look();
                self.wrote(false);
                Some(News::Applied { feed: applied.feed, seq: applied.seq })
            }
            Wish::Settle(verdicts) => {
                let accepted = verdicts.iter().filter_map(|(_, verdict)| match verdict {
                    Verdict::Accepted { seq } => Some(*seq),
                    Verdict::Refused(_) | Verdict::Rebase { .. } => None,
                });
                self.accepted_until = accepted.fold(self.accepted_until, u64::max);
                replica.settle(verdicts)?;
                self.wrote(false);
                // A refusal, too, may have made later commands anew.
                Some(News::Queued)
            }
            Wish::Keep(lease) => {
                replica.keep(&lease)?;
                None
            }
            Wish::Clock { offset_millis } => {
                replica.set_clock_offset(offset_millis, now)?;
                numbers_low(replica)?
            }
            // It is of a connection that this device gave up, and may be of a replica that it dropped.
            Wish::Status(Link::Online | Link::CatchingUp) if self.line.current.is_none() => None,
            Wish::Status(link) => {
                replica.set_link(link, now)?;
                None
            }
            Wish::History { id, is_other, plant_head } => match replica.history(id, is_other, plant_head)? {
                History::First | History::Same => None,
                History::Replaced { before } => {
                    tracing::warn!(%before, "what is here may be of another history; everything is fetched anew");
                    replica.send_kept_again(plant_head)?;
                    self.start_over();
                    Some(self.hang_up())
                }
            },
            Wish::Place(chunk) => {
                let (feed, seq, index) = (chunk.feed, chunk.seq, chunk.index);
                replica.place(chunk)?;
                self.wanted.look();
                self.wrote(false);
                Some(News::Placed { feed, seq, index })
            }
            Wish::WakeAt(_)
            | Wish::Connect { .. }
            | Wish::Disconnect
            | Wish::Send(_)
            | Wish::Fetch { .. } => None,
        })
    }

    fn fetch(&mut self, feed: FeedId, seq: u64, index: u32) -> Option<News> {
        let current = self.line.current.as_ref()?;
        let (connection, token) = (current.id, current.token.clone()?);
        let url = format!("{}/api/v1/sync/snapshots/{feed}/{seq}/{index}", self.server_url()?);
        self.get(url, token, Errand::Chunk(connection, Part { feed, seq, index }));
        None
    }

    /// A chunk that does not come ends the connection: the next one begins with what there is then.
    pub(super) fn chunk_came(
        &mut self,
        now: Timestamp,
        id: ConnectionId,
        asked: Part,
        fetched: Option<Fetched>,
    ) {
        if !self.line.is_current(id) {
            return;
        }
        let read = match fetched {
            Some(Fetched { status: 200, body }) => wire::decode::<Chunk>(&body).map_err(|it| it.to_string()),
            Some(Fetched { status, .. }) => Err(format!("HTTP {status}")),
            None => Err("no answer".to_owned()),
        };
        let read = read.and_then(|chunk| {
            let came = Part { feed: chunk.feed, seq: chunk.seq, index: chunk.index };
            if came == asked { Ok(chunk) } else { Err(format!("{came:?} came in place of {asked:?}")) }
        });
        let news = match read {
            Ok(chunk) => News::Fetched(chunk),
            Err(problem) => {
                tracing::warn!(problem, "a part of the plant's data did not come");
                self.hang_up()
            }
        };
        self.drive(now, news);
    }

    /// After a command: it is to be sent, and may have used up numbers.
    pub(super) fn queued(&mut self, now: Timestamp) {
        if !self.setup.is_networked {
            return;
        }
        self.drive(now, News::Queued);
        if let Ok(replica) = &self.replica
            && let Ok(Some(news)) = numbers_low(replica)
        {
            self.drive(now, news);
        }
    }

    fn send(&mut self, frame: ClientFrame) {
        let Some(connection) = self.line.connection() else { return };
        let mut frames = VecDeque::from([frame]);
        while let Some(frame) = frames.pop_front() {
            match wire::encode(&frame) {
                Ok(bytes) => {
                    self.mark_sent(&frame);
                    self.effects.push(Effect::Send { connection, frame: bytes });
                }
                Err(error) => match halves(frame) {
                    Some((first, second)) => {
                        frames.push_front(second);
                        frames.push_front(first);
                    }
                    None => tracing::error!(%error, "a frame cannot be sent"),
                },
            }
        }
    }

    fn mark_sent(&mut self, frame: &ClientFrame) {
        let (ClientFrame::Push { commands }, Ok(replica)) = (frame, &mut self.replica) else { return };
        let ids: Vec<_> = commands.iter().map(|command| command.id).collect();
        // Without the mark, what is sent may be refused here while the server has it, which says so later.
        if let Err(error) = replica.mark_sent(&ids) {
            tracing::warn!(%error, "commands cannot be marked as sent");
        }
    }

    pub(super) fn hang_up(&mut self) -> News {
        if let Some(current) = self.line.current.take()
            && current.token.is_some()
        {
            self.effects.push(Effect::Close(current.id));
        }
        News::Disconnected
    }

    /// The token for a connection has arrived.
    pub(super) fn open_with(&mut self, now: Timestamp, id: ConnectionId, token: String) {
        let Some(current) = self.line.current.as_mut().filter(|current| current.id == id) else { return };
        current.token = Some(token);
        match self.server_url() {
            Some(server) => {
                let url = format!("{}/api/v1/sync", server.replacen("http", "ws", 1));
                self.effects.push(Effect::Open { connection: id, url });
            }
            None => self.lost(now, id),
        }
    }

    pub(super) fn opened(&mut self, now: Timestamp, id: ConnectionId) {
        let current = self.line.current.as_ref().filter(|current| current.id == id);
        let Some(token) = current.and_then(|current| current.token.clone()) else { return };
        let Ok(replica) = &self.replica else { return };
        match replica.here() {
            Ok(here) => self.drive(now, News::Connected { token, here }),
            Err(error) => self.break_off(now, &error),
        }
    }

    /// A failure outside of sync: what the engine believes of the files may not hold any more, so it
    /// starts again from what they hold.
    pub(super) fn break_off(&mut self, now: Timestamp, error: &Error) {
        self.trouble(now, error);
        let news = self.hang_up();
        self.drive(now, news);
    }

    pub(super) fn lost(&mut self, now: Timestamp, id: ConnectionId) {
        if self.line.is_current(id) {
            self.line.current = None;
            self.drive(now, News::Disconnected);
        }
    }

    pub(super) fn received(&mut self, now: Timestamp, id: ConnectionId, frame: &[u8]) {
        if !self.line.is_current(id) {
            return;
        }
        match wire::decode::<ServerFrame>(frame) {
            Ok(frame) => {
                if let ServerFrame::Problem { code, message } = &frame {
                    tracing::warn!(?code, message, "the server ended the connection");
                }
                self.drive(now, News::Frame(frame));
            }
            Err(error) => {
                tracing::error!(%error, "the server speaks another language");
                let news = self.hang_up();
                self.drive(now, news);
            }
        }
    }

    /// The server turned this device away for good, before there was a connection.
    pub(super) fn revoked(&mut self, now: Timestamp, message: String) {
        let code = ProblemCode::Revoked;
        self.drive(now, News::Frame(ServerFrame::Problem { code, message }));
    }
}

fn numbers_low(replica: &Replica) -> Result<Option<News>, Error> {
    Ok((replica.numbers_left()? < LOW_NUMBERS).then_some(News::NumbersLow))
}

/// A push that is too large as one frame, as two.
fn halves(frame: ClientFrame) -> Option<(ClientFrame, ClientFrame)> {
    match frame {
        ClientFrame::Push { commands: mut first } if first.len() > 1 => {
            let second: Vec<Envelope> = first.split_off(first.len() / 2);
            Some((ClientFrame::Push { commands: first }, ClientFrame::Push { commands: second }))
        }
        _ => None,
    }
}
