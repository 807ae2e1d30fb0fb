//! The feeds of a connection: what was sent of each, and how far ahead of the device that may be.

use std::collections::VecDeque;

use shared_model::ids::FeedId;
use shared_model::sync::wire::CREDIT_BATCHES;

use super::outbox::{Gone, Outbox};
use crate::sync::Sync;
use crate::sync::feeds::{Feed, ReadError};

pub(super) struct Streams {
    /// The organization's first: what the plant's entries name is in it.
    feeds: [Stream; 2],
    /// Batches that the device has not said it committed.
    in_flight: VecDeque<(FeedId, u64)>,
}

pub(super) struct Stream {
    feed: Feed,
    sent: u64,
    /// Nothing is sent before the device says that it has the feed up to here.
    waits_for: Option<u64>,
    /// The head at which there was nothing more to send.
    exhausted_at: u64,
}

pub(super) enum SendError {
    Gone(Gone),
    Read(ReadError),
}

impl Streams {
    pub(super) const fn new(feeds: [Stream; 2]) -> Self {
        Self { feeds, in_flight: VecDeque::new() }
    }

    /// The device committed a feed up to an entry, and gives the credit back.
    pub(super) fn applied(&mut self, feed: FeedId, seq: u64) {
        self.in_flight.retain(|(of, until)| *of != feed || *until > seq);
        for stream in self.feeds.iter_mut().filter(|stream| stream.feed.id() == feed) {
            stream.waits_for.take_if(|waits_for| *waits_for <= seq);
        }
    }

    /// Sends what there is to send, as far as the credit goes.
    pub(super) async fn send(&mut self, sync: &Sync, outbox: &Outbox) -> Result<(), SendError> {
        for stream in &mut self.feeds {
            while self.in_flight.len() < CREDIT_BATCHES && stream.is_behind() {
                let seen = *stream.feed.head.borrow_and_update();
                match stream.feed.batch(sync, stream.sent).await.map_err(SendError::Read)? {
                    Some(batch) => {
                        stream.sent = batch.until;
                        self.in_flight.push_back((stream.feed.id(), batch.until));
                        outbox.send_packed(batch).await.map_err(SendError::Gone)?;
                    }
                    None => stream.exhausted_at = seen,
                }
            }
        }
        Ok(())
    }

    /// Comes back when a feed has moved.
    pub(super) async fn moved(&mut self) {
        let [organization, plant] = &mut self.feeds;
        // The senders live as long as the process.
        tokio::select! {
            _ = organization.feed.head.changed() => {}
            _ = plant.feed.head.changed() => {}
        }
    }
}

impl Stream {
    /// For a device that has the feed up to an entry.
    pub(super) fn after(feed: Feed, seq: u64) -> Self {
        Self { feed, sent: seq, waits_for: None, exhausted_at: 0 }
    }

    /// For a device that fetches a snapshot first.
    pub(super) fn behind(feed: Feed, snapshot: u64) -> Self {
        Self { waits_for: Some(snapshot), ..Self::after(feed, snapshot) }
    }

    fn is_behind(&self) -> bool {
        let head = *self.feed.head.borrow();
        self.waits_for.is_none() && head > self.sent && head != self.exhausted_at
    }
}
