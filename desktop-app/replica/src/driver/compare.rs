//! Comparing the replica with the server, now and then: range by range of the orders, and what differs is
//! fetched and mended. What cannot be mended so is found twice before the replica is dropped for it.

use std::collections::{BTreeSet, VecDeque};

use shared_model::host::{Compared, HostError};
use shared_model::ids::WorkOrderId;
use shared_model::sync::client::Link;
use shared_model::sync::fingerprint::{Place, Range};
use shared_model::sync::wire::{self, WholeOrder};
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::errand::Errand;
use super::token::Purpose;
use super::{ConnectionId, Driver, Fetched};
use crate::{Difference, Error, Restored};

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
pub struct Comparison {
    due_at: Option<Timestamp>,
    walk: Option<Walk>,
    walks: u64,
    /// What only a new replica mends was found last time.
    is_doubtful: bool,
    /// That was done for it once: a second time, it is not the file that is wrong.
    is_rebuilt: bool,
}

/// A comparison that is under way.
#[derive(Debug)]
struct Walk {
    number: u64,
    connection: ConnectionId,
    /// Where the replica was when it asked.
    place: Place,
    /// The last order that was compared.
    after: WorkOrderId,
    each: bool,
    tries: u32,
    /// To be mended before the range is compared again.
    differing: VecDeque<WorkOrderId>,
    mended: BTreeSet<WorkOrderId>,
}

impl Comparison {
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
}

impl Driver {
    /// Begins a comparison when it is time and nothing else is under way.
    pub(super) fn compare(&mut self, now: Timestamp) {
        let is_lost = |walk: &Walk| !self.line.is_current(walk.connection);
        if self.comparison.walk.as_ref().is_some_and(is_lost) {
            self.no_comparison(now);
        }
        if self.engine.link() != Link::Online {
            return;
        }
        let pace = self.setup.pace;
        let Some(due_at) = self.comparison.due_at else {
            let drawn = i64::from(u32::from_le_bytes(self.random()));
            return self.comparison.wait(now, drawn % pace.first_within_millis.max(1));
        };
        let wait = due_at.millis_since(now);
        // A clock that was set back does not put it off for years.
        if self.comparison.walk.is_some() || (1..=pace.every_millis).contains(&wait) || !self.wanted.is_none()
        {
            return;
        }
        let Some(connection) = self.line.connection() else { return };
        self.comparison.walks += 1;
        self.comparison.walk = Some(Walk {
            number: self.comparison.walks,
            connection,
            place: Place { at: 0, check: None },
            after: Uuid::nil().into(),
            each: false,
            tries: 0,
            differing: VecDeque::new(),
            mended: BTreeSet::new(),
        });
        self.show_comparison(true, None);
        self.compare_next(now);
    }

    /// Somebody wants to know now.
    pub(super) fn compare_now(&mut self, now: Timestamp) -> Result<(), HostError> {
        if self.engine.link() != Link::Online {
            return Err(HostError::Offline);
        }
        self.comparison.due_at = Some(now);
        Ok(())
    }

    /// Asks for the next range, or the next order that is to be mended.
    fn compare_next(&mut self, now: Timestamp) {
        let place = self.replica().map(crate::Replica::place_in_plant);
        match (&mut self.comparison.walk, place) {
            (Some(walk), Some(Ok(Some(place)))) => {
                walk.place = place;
                let number = walk.number;
                self.with_token(now, Purpose::Compare(number));
            }
            _ => self.no_comparison(now),
        }
    }

    pub(super) fn ask_to_compare(&mut self, now: Timestamp, number: u64, token: String) {
        let Some(walk) = self.comparison.numbered(number) else { return };
        let Some(server) = self.server_url() else { return self.no_comparison(now) };
        let url = match walk.differing.front() {
            Some(order) => format!("{server}/api/v1/sync/orders/{order}"),
            None => {
                let Walk { place: Place { at, check }, after, each, .. } = walk;
                let check = check.map(|check| format!("&check={check}")).unwrap_or_default();
                format!("{server}/api/v1/sync/fingerprints?at={at}{check}&after={after}&each={each}")
            }
        };
        self.get(url, token, Errand::Compare(number));
    }

    pub(super) fn no_token_to_compare(&mut self, now: Timestamp, number: u64) {
        if self.comparison.numbered(number).is_some() {
            self.no_comparison(now);
        }
    }

    /// It is tried again later.
    fn no_comparison(&mut self, now: Timestamp) {
        self.show_comparison(false, None);
        self.comparison.wait(now, RETRY_MILLIS);
    }

    pub(super) fn compare_came(&mut self, now: Timestamp, number: u64, fetched: Option<Fetched>) {
        if self.comparison.numbered(number).is_none_or(|walk| !self.line.is_current(walk.connection)) {
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
                return self.no_comparison(now);
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
        let (Some(walk), Ok(replica)) = (&mut self.comparison.walk, &mut self.replica) else {
            return Ok(Step::GiveUp);
        };
        if self.engine.link() != Link::Online || replica.place_in_plant()? != Some(walk.place) {
            // What came may be older than what is here.
            walk.tries += 1;
            return Ok(if walk.tries > TRIES_MAX { Step::GiveUp } else { Step::Next });
        }
        if let Some(order) = walk.differing.front().copied() {
            return Ok(match replica.mend(wire::decode::<WholeOrder>(body)?)? {
                Restored::Here => {
                    tracing::warn!(%order, "an order was not here as the server has it, and is now");
                    walk.differing.pop_front();
                    walk.mended.insert(order);
                    Step::Mended
                }
                Restored::TooEarly => Step::GiveUp,
            });
        }
        let range: Range = wire::decode(body)?;
        let compared = replica.compare(walk.after, &range, walk.each)?;
        walk.tries = 0;
        Ok(match compared {
            Difference::Some => {
                walk.each = true;
                Step::Next
            }
            Difference::Orders(orders) if orders.iter().any(|order| walk.mended.contains(order)) => {
                Step::Beyond("an order that was just fetched")
            }
            Difference::Orders(orders) => {
                (walk.each, walk.differing) = (false, orders.into());
                Step::Next
            }
            Difference::Beyond(what) => Step::Beyond(what),
            Difference::None => {
                walk.each = false;
                match range.until {
                    Some(until) if until > walk.after => {
                        walk.after = until;
                        Step::Next
                    }
                    _ => Step::Done,
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
                self.found(now, false);
                self.comparison.is_doubtful = false;
                self.comparison.wait(now, self.setup.pace.every_millis);
            }
            Step::Beyond(what) => self.found_beyond(now, what),
        }
    }

    /// Tells what came of the comparison that is under way.
    fn found(&mut self, at: Timestamp, is_more: bool) {
        let mended = self.comparison.walk.as_ref().map_or(0, |walk| walk.mended.len());
        let mended_count = u32::try_from(mended).unwrap_or(u32::MAX);
        self.show_comparison(false, Some(Compared { at, mended_count, is_more }));
    }

    fn show_comparison(&mut self, is_comparing: bool, compared: Option<Compared>) {
        self.teller.touch();
        if let Ok(replica) = &mut self.replica {
            replica.set_comparing(is_comparing, compared);
        }
    }

    fn found_beyond(&mut self, now: Timestamp, what: &str) {
        self.found(now, true);
        let Comparison { is_doubtful, is_rebuilt, .. } = self.comparison;
        self.comparison.is_doubtful = !is_doubtful;
        if !is_doubtful {
            tracing::warn!(what, "something is not here as the server has it; it is looked at again");
            return self.comparison.wait(now, DOUBT_MILLIS);
        }
        if is_rebuilt {
            tracing::error!(what, "something is not here as the server has it, in a new replica too");
            return self.comparison.wait(now, self.setup.pace.every_millis);
        }
        tracing::error!(what, "something is not here as the server has it; everything is fetched anew");
        self.comparison.is_rebuilt = true;
        self.comparison.wait(now, DOUBT_MILLIS);
        self.start_over();
        let news = self.hang_up();
        self.drive(now, news);
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
enum Stop {
    Wire(wire::WireError),
    Replica(Error),
}

impl From<wire::WireError> for Stop {
    fn from(error: wire::WireError) -> Self {
        Self::Wire(error)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Replica(error)
    }
}
