//! Comparing the replica with the server, now and then: range by range of the orders, and what differs is
//! fetched and mended. What cannot be mended so is found twice before the replica is dropped for it.

use std::collections::{BTreeSet, VecDeque};

use shared_model::host::{Comparison, HostError};
use shared_model::ids::WorkOrderId;
use shared_model::sync::client::Link;
use shared_model::sync::fingerprint::{Place, Range};
use shared_model::sync::wire::{self, WholeOrder};
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::errand::Errand;
use super::token::Purpose;
use super::{ConnectionId, Driver, Fetched, is_ahead};
use crate::{Difference, Error};

/// The wait after a comparison that did not come to an end.
const RETRY_MILLIS: i64 = 600_000;
/// The wait before what only a new replica mends is looked for again.
const DOUBT_MILLIS: i64 = 60_000;
/// So often the feed may go on while a range is asked for.
const TRIES_MAX: u32 = 20;

/// How often a device compares what it holds.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// For the first time within this after the start, so that not all devices of a plant come at once.
    pub first_within_millis: i64,
    pub every_millis: i64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { first_within_millis: 600_000, every_millis: 86_400_000 }
    }
}

#[derive(Debug, Default)]
pub struct Comparing {
    due_at: Option<Timestamp>,
    walk: Option<Walk>,
    walks: u64,
    /// Where the next walk goes on; none at the beginning.
    after: Option<WorkOrderId>,
    /// Since the beginning.
    mended: BTreeSet<WorkOrderId>,
    /// What only a new replica mends was found last time.
    is_doubtful: bool,
    found: Comparison,
}

/// From range to range, as long as one connection lasts.
#[derive(Debug)]
struct Walk {
    number: u64,
    connection: ConnectionId,
    /// Where the replica was when it asked.
    place: Place,
    each: bool,
    tries: u32,
    /// To be mended before the range is compared again.
    differing: VecDeque<WorkOrderId>,
}

impl Comparing {
    pub fn due_at(&self) -> Option<Timestamp> {
        self.due_at.filter(|_| self.walk.is_none())
    }

    /// The one that is under way, if it has this number.
    fn numbered(&self, number: u64) -> Option<&Walk> {
        self.walk.as_ref().filter(|walk| walk.number == number)
    }

    /// Ends what is under way.
    fn wait(&mut self, now: Timestamp, millis: i64) {
        self.walk = None;
        self.due_at = Some(now.plus_millis(millis));
    }

    /// Begins with the first order the next time.
    fn start_over(&mut self) {
        self.after = None;
        self.mended.clear();
    }
}

impl Driver {
    /// Begins a comparison when it is time, or goes on with one that was interrupted.
    pub(super) fn compare(&mut self, now: Timestamp) {
        let is_lost = |walk: &Walk| !self.line.is_current(walk.connection);
        if self.comparing.walk.as_ref().is_some_and(is_lost) {
            self.no_comparison(now);
        }
        if self.engine.link() != Link::Online {
            return;
        }
        let pace = self.setup.pace;
        let Some(due_at) = self.comparing.due_at else {
            let drawn = i64::from(u32::from_le_bytes(self.random()));
            return self.comparing.wait(now, drawn % pace.first_within_millis.max(1));
        };
        let has_to_wait = is_ahead(due_at, now, pace.every_millis.max(RETRY_MILLIS));
        if self.comparing.walk.is_some() || has_to_wait {
            return;
        }
        let Some(connection) = self.line.connection() else { return };
        self.comparing.walks += 1;
        self.comparing.walk = Some(Walk {
            number: self.comparing.walks,
            connection,
            place: Place { at: 0, check: None },
            each: false,
            tries: 0,
            differing: VecDeque::new(),
        });
        self.compares(Comparison::UnderWay);
        self.compare_next(now);
    }

    /// Somebody wants to know now.
    pub(super) fn compare_now(&mut self, now: Timestamp) -> Result<(), HostError> {
        if self.engine.link() != Link::Online {
            return Err(HostError::Offline);
        }
        self.comparing.due_at = Some(now);
        Ok(())
    }

    fn compares(&mut self, found: Comparison) {
        self.comparing.found = found;
        self.show_comparison();
    }

    pub(super) fn show_comparison(&mut self) {
        self.teller.touch();
        if let Ok(replica) = &mut self.replica {
            replica.set_comparison(self.comparing.found);
        }
    }

    /// Asks for the next range, or the next order that is to be mended.
    fn compare_next(&mut self, now: Timestamp) {
        let place = self.replica().map(crate::Replica::place_in_plant);
        match (&mut self.comparing.walk, place) {
            (Some(walk), Some(Ok(Some(place)))) => {
                walk.place = place;
                let number = walk.number;
                self.with_token(now, Purpose::Compare(number));
            }
            _ => self.no_comparison(now),
        }
    }

    pub(super) fn ask_to_compare(&mut self, now: Timestamp, number: u64, token: String) {
        let Some(walk) = self.comparing.numbered(number) else { return };
        let Some(server) = self.server_url() else { return self.no_comparison(now) };
        let url = match walk.differing.front() {
            Some(order) => format!("{server}/api/v1/sync/orders/{order}"),
            None => {
                let Walk { place: Place { at, check }, each, .. } = walk;
                let after = self.comparing.after.map_or(Uuid::nil(), WorkOrderId::uuid);
                let check = check.map(|check| format!("&check={check}")).unwrap_or_default();
                format!("{server}/api/v1/sync/fingerprints?at={at}{check}&after={after}&each={each}")
            }
        };
        self.get(url, token, Errand::Compare(number));
    }

    pub(super) fn no_token_to_compare(&mut self, now: Timestamp, number: u64) {
        if self.comparing.numbered(number).is_some() {
            self.no_comparison(now);
        }
    }

    /// It is tried again later.
    fn no_comparison(&mut self, now: Timestamp) {
        self.comparing.wait(now, RETRY_MILLIS);
        self.compares(Comparison::Failed { at: now });
    }

    pub(super) fn compare_came(&mut self, now: Timestamp, number: u64, fetched: Option<Fetched>) {
        if self.comparing.numbered(number).is_none_or(|walk| !self.line.is_current(walk.connection)) {
            return;
        }
        let body = match fetched {
            Some(Fetched { status: 200, body }) => body,
            other => {
                let status = other.map(|it| it.status);
                tracing::warn!(status, "nothing to compare with came");
                if status == Some(401) {
                    self.tokens.forget();
                }
                self.no_comparison(now);
                if status == Some(409) {
                    // The server has another history: what the next welcome says decides what becomes of this one.
                    let news = self.hang_up();
                    self.drive(now, news);
                }
                return;
            }
        };
        match self.compare_with(&body) {
            Ok(step) => self.go_on_comparing(now, &step),
            Err(Stop::Wire(error)) => {
                tracing::warn!(%error, "what came cannot be compared with");
                self.no_comparison(now);
            }
            Err(Stop::Replica(error)) => {
                self.no_comparison(now);
                self.break_off(now, &error);
            }
        }
    }

    /// Compares, or mends, with what came.
    fn compare_with(&mut self, body: &[u8]) -> Result<Step, Stop> {
        let Comparing { walk: Some(walk), after, mended, .. } = &mut self.comparing else {
            return Ok(Step::GiveUp);
        };
        let Ok(replica) = &mut self.replica else { return Ok(Step::GiveUp) };
        let is_here = self.engine.link() == Link::Online && replica.place_in_plant()? == Some(walk.place);
        if !is_here {
            // What came may be older than what is here.
            return Ok(walk.again());
        }
        if let Some(order) = walk.differing.front().copied() {
            if !replica.mend(wire::decode::<WholeOrder>(body)?)? {
                return Ok(walk.again());
            }
            tracing::warn!(%order, "an order was not here as the server has it, and is now");
            walk.differing.pop_front();
            mended.insert(order);
            return Ok(Step::Mended);
        }
        let range: Range = wire::decode(body)?;
        let compared = replica.compare(after.unwrap_or(Uuid::nil().into()), &range, walk.each)?;
        walk.tries = 0;
        Ok(match compared {
            Difference::Something => {
                walk.each = true;
                Step::Next
            }
            Difference::Orders(orders) if orders.iter().any(|order| mended.contains(order)) => {
                Step::Beyond("an order that was just fetched")
            }
            Difference::Orders(orders) => {
                (walk.each, walk.differing) = (false, orders.into());
                Step::Next
            }
            Difference::Beyond(what) => Step::Beyond(what),
            Difference::Nothing => {
                walk.each = false;
                match range.until.filter(|until| Some(*until) > *after) {
                    Some(until) => {
                        *after = Some(until);
                        Step::Next
                    }
                    None => Step::Done,
                }
            }
        })
    }

    fn go_on_comparing(&mut self, now: Timestamp, step: &Step) {
        match step {
            Step::Next => self.compare_next(now),
            Step::Mended => {
                self.wrote(false);
                // What waited on it may be to be sent in another form.
                self.queued(now);
                self.compare_next(now);
            }
            Step::GiveUp => self.no_comparison(now),
            Step::Done => {
                let mended_count = u32::try_from(self.comparing.mended.len()).unwrap_or(u32::MAX);
                self.comparing.start_over();
                self.comparing.is_doubtful = false;
                self.comparing.wait(now, self.setup.pace.every_millis);
                self.compares(Comparison::Same { at: now, mended_count });
            }
            Step::Beyond(what) => self.found_beyond(now, what),
        }
    }

    fn found_beyond(&mut self, now: Timestamp, what: &str) {
        let is_certain = std::mem::take(&mut self.comparing.is_doubtful);
        self.comparing.start_over();
        self.comparing.wait(now, DOUBT_MILLIS);
        if !is_certain {
            tracing::warn!(what, "something is not here as the server has it; it is looked at again");
            self.comparing.is_doubtful = true;
            return self.compares(Comparison::Differs { at: now });
        }
        match self.replica.as_mut().map(|replica| replica.may_be_replaced(now)) {
            Ok(Ok(true)) => {
                tracing::error!(
                    what,
                    "something is not here as the server has it; everything is fetched anew"
                );
                self.compares(Comparison::Differs { at: now });
                self.start_over();
                let news = self.hang_up();
                self.drive(now, news);
            }
            Ok(Ok(false)) => {
                tracing::error!(what, "something is not here as the server has it, in a new replica too");
                self.comparing.wait(now, self.setup.pace.every_millis);
                self.compares(Comparison::StillDiffers { at: now });
            }
            Ok(Err(error)) => {
                self.no_comparison(now);
                self.break_off(now, &error);
            }
            Err(_) => self.no_comparison(now),
        }
    }
}

impl Walk {
    /// Asks for the same once more, if that was not done too often.
    const fn again(&mut self) -> Step {
        self.tries += 1;
        if self.tries > TRIES_MAX { Step::GiveUp } else { Step::Next }
    }
}

enum Step {
    Next,
    Mended,
    /// Until later.
    GiveUp,
    Done,
    Beyond(&'static str),
}

/// Why a comparison cannot go on.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error(transparent)]
    Wire(#[from] wire::WireError),
    #[error(transparent)]
    Replica(#[from] Error),
}
