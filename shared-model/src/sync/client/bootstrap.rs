//! Fetching snapshots: one feed after the other, chunks placed in their order, the next ones on the way
//! while one is placed.

use std::collections::{BTreeMap, VecDeque};

use super::Effect;
use crate::ids::FeedId;
use crate::sync::wire::{Begun, Chunk, Offer};

/// Chunks that are asked for and not placed.
const AHEAD: u32 = 3;

#[derive(Debug)]
pub(super) struct Bootstrap {
    /// The first is being fetched.
    offers: VecDeque<Offer>,
    begun: BTreeMap<(FeedId, u64), u32>,
    /// Of the first offer: the next chunk to place, and the next to ask for.
    next: u32,
    asked: u32,
    /// Came before their turn.
    early: BTreeMap<u32, Chunk>,
    is_placing: bool,
}

impl Bootstrap {
    pub(super) const fn new() -> Self {
        Self {
            offers: VecDeque::new(),
            begun: BTreeMap::new(),
            next: 0,
            asked: 0,
            early: BTreeMap::new(),
            is_placing: false,
        }
    }

    /// Goes on with what was begun, if it is offered again.
    pub(super) fn after(begun: &[Begun]) -> Self {
        let begun = begun.iter().map(|begun| ((begun.feed, begun.seq), begun.next)).collect();
        Self { begun, ..Self::new() }
    }

    /// Whether something was begun that is not offered again.
    pub(super) fn is_left_behind(&self, offers: &[Offer]) -> bool {
        let is_offered =
            |(feed, seq): &(FeedId, u64)| offers.iter().any(|offer| (offer.feed, offer.seq) == (*feed, *seq));
        !self.begun.keys().all(is_offered)
    }

    pub(super) fn offered(&mut self, offers: Vec<Offer>, effects: &mut VecDeque<Effect>) {
        self.offers = offers.into();
        self.begin(effects);
    }

    fn begin(&mut self, effects: &mut VecDeque<Effect>) {
        let Some(offer) = self.offers.front() else { return };
        let begun = self.begun.get(&(offer.feed, offer.seq)).copied().unwrap_or_default();
        // The last chunk is always placed on this connection: with it the feed is at its place.
        self.next = begun.min(offer.chunks.saturating_sub(1));
        self.asked = self.next;
        self.early.clear();
        self.is_placing = false;
        self.ask(effects);
    }

    fn ask(&mut self, effects: &mut VecDeque<Effect>) {
        let Some(Offer { feed, seq, chunks }) = self.offers.front() else { return };
        while self.asked < *chunks && self.asked < self.next + AHEAD {
            effects.push_back(Effect::Fetch { feed: *feed, seq: *seq, index: self.asked });
            self.asked += 1;
        }
    }

    pub(super) fn fetched(&mut self, chunk: Chunk, effects: &mut VecDeque<Effect>) {
        let is_expected = self.offers.front().is_some_and(|offer| {
            (offer.feed, offer.seq) == (chunk.feed, chunk.seq)
                && (self.next..self.asked).contains(&chunk.index)
        });
        if is_expected {
            self.early.insert(chunk.index, chunk);
            self.place(effects);
        }
    }

    fn place(&mut self, effects: &mut VecDeque<Effect>) {
        if !self.is_placing
            && let Some(chunk) = self.early.remove(&self.next)
        {
            self.is_placing = true;
            effects.push_back(Effect::Place(chunk));
        }
    }

    /// Whether the feed's snapshot is whole with it.
    pub(super) fn placed(
        &mut self,
        feed: FeedId,
        seq: u64,
        index: u32,
        effects: &mut VecDeque<Effect>,
    ) -> bool {
        let Some(offer) = self.offers.front().copied() else { return false };
        if (offer.feed, offer.seq, self.next) != (feed, seq, index) {
            return false;
        }
        self.is_placing = false;
        self.next += 1;
        if self.next < offer.chunks {
            self.ask(effects);
            self.place(effects);
            return false;
        }
        self.offers.pop_front();
        self.begin(effects);
        true
    }
}
