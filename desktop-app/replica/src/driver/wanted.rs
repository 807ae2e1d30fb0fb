//! Archived orders that somebody opens, or that something concerns again: they are fetched whole, one after
//! the other, while there is a connection.

use shared_model::ids::WorkOrderId;
use shared_model::sync::client::Link;
use shared_model::sync::wire::{self, WholeOrder};
use shared_model::time::Timestamp;

use super::errand::Errand;
use super::token::Purpose;
use super::{Driver, Fetched, is_ahead};
use crate::Restored;

/// The wait after an order did not come.
const RETRY_MILLIS: i64 = 30_000;
/// The wait for the feed to come as far as an order that was fetched.
const CATCH_UP_MILLIS: i64 = 1_000;

#[derive(Debug, Default)]
pub struct Wanted {
    state: State,
    retry_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// The replica knows whether there is one.
    #[default]
    Unknown,
    None,
    UnderWay,
}

impl Wanted {
    /// There may be one.
    pub fn look(&mut self) {
        if self.state == State::None {
            self.state = State::Unknown;
        }
    }

    /// Whether all that is wanted is here.
    pub fn is_none(&self) -> bool {
        self.state == State::None
    }

    pub fn due_at(&self) -> Option<Timestamp> {
        self.retry_at.filter(|_| self.state == State::Unknown)
    }

    fn wait(&mut self, now: Timestamp, millis: i64) {
        self.state = State::Unknown;
        self.retry_at = Some(now.plus_millis(millis));
    }

    fn has_to_wait(&self, now: Timestamp) -> bool {
        self.retry_at.is_some_and(|at| is_ahead(at, now, RETRY_MILLIS))
    }
}

impl Driver {
    /// Fetches the next one, if there is one and it can be had.
    pub(super) fn fetch_wanted(&mut self, now: Timestamp) {
        if self.wanted.state != State::Unknown
            || self.engine.link() != Link::Online
            || self.wanted.has_to_wait(now)
        {
            return;
        }
        self.wanted.retry_at = None;
        let Ok(replica) = &self.replica else { return };
        match replica.wanted_order() {
            Ok(Some(order)) => {
                self.wanted.state = State::UnderWay;
                self.with_token(now, Purpose::Order(order));
            }
            Ok(None) => self.wanted.state = State::None,
            Err(error) => {
                tracing::error!(%error, "what is to be fetched cannot be read");
                self.wanted.wait(now, RETRY_MILLIS);
            }
        }
    }

    pub(super) fn ask_for_order(&mut self, now: Timestamp, order: WorkOrderId, token: String) {
        match self.server_url() {
            Some(server) => {
                self.get(format!("{server}/api/v1/sync/orders/{order}"), token, Errand::Order(order));
            }
            None => self.no_order(now),
        }
    }

    /// It is tried again.
    pub(super) fn no_order(&mut self, now: Timestamp) {
        self.wanted.wait(now, RETRY_MILLIS);
    }

    pub(super) fn order_came(&mut self, now: Timestamp, order: WorkOrderId, fetched: Option<Fetched>) {
        self.teller.touch();
        let whole = match fetched {
            Some(Fetched { status: 200, body }) => {
                wire::decode::<WholeOrder>(&body).map_err(|it| it.to_string())
            }
            Some(Fetched { status: 404, .. }) => {
                tracing::warn!(%order, "the server does not know an order that is archived here");
                return self.give_up_order(now, order);
            }
            Some(Fetched { status: 401, .. }) => {
                self.tokens.forget();
                Err("the token was not taken".to_owned())
            }
            Some(Fetched { status, .. }) => Err(format!("HTTP {status}")),
            None => Err("no answer".to_owned()),
        };
        let (whole, Ok(replica)) = (whole, &mut self.replica) else { return self.no_order(now) };
        match whole.map(|whole| replica.restore(whole)) {
            Ok(Ok(Restored::Here)) => {
                self.wrote(false);
                self.wanted.state = State::Unknown;
                // What waited for it may be to be sent in another form.
                self.queued(now);
                self.fetch_wanted(now);
            }
            Ok(Ok(Restored::TooEarly)) => self.wanted.wait(now, CATCH_UP_MILLIS),
            Ok(Err(error)) => {
                self.no_order(now);
                self.break_off(now, &error);
            }
            Err(problem) => {
                tracing::warn!(problem, %order, "an archived order did not come");
                self.no_order(now);
            }
        }
    }

    fn give_up_order(&mut self, now: Timestamp, order: WorkOrderId) {
        self.wanted.state = State::Unknown;
        if let Ok(replica) = &mut self.replica
            && let Err(error) = replica.give_up_order(order)
        {
            self.no_order(now);
            self.break_off(now, &error);
        }
    }
}
