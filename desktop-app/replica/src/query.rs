//! The screens' questions: named read models over confirmed and pending rows together.
//!
//! One file per screen. What the one who looks may do is found by asking the domain's own rules
//! ([`View::may`]), never by copying them.

mod attention;
mod board;
mod choices;
mod exceptions;
mod movements;
mod now;
mod order;
mod orders;
pub(crate) mod outbox;
mod paging;
mod reports;
mod requirements;
mod station;
mod stock;
mod sync;
mod timeline;
mod words;

use rusqlite::Connection;
use serde::Serialize;
use serde_json::Value;
use shared_model::actor::{Actor, ActorEpoch};
use shared_model::command::{Command, Envelope, Scene, decide};
use shared_model::host::{HostError, Query};
use shared_model::ids::{PlantId, UserId};
use shared_model::ledger::OrderLedger;
use shared_model::plant::Plant;
use shared_model::refusal::Refusal;
use shared_model::stock::StockLevels;
use shared_model::time::{Date, Timestamp, Zone};
use shared_model::work_order::WorkOrder;
use uuid::Uuid;

use crate::error::Error;
use crate::pending;
use crate::replica::Replica;
use crate::tables::record;

/// What a query looks at, and through whose eyes.
pub(crate) struct View<'a> {
    pub replica: &'a Connection,
    pub outbox: &'a Connection,
    pub plant: PlantId,
    /// Nobody is signed in: everything may be seen, nothing done.
    pub actor: Option<Actor>,
    pub now: Timestamp,
    /// On the plant's calendar.
    pub today: Date,
}

impl Replica {
    /// Answers a query with the JSON of the view that its [`ReadModel`](shared_model::host::ReadModel)
    /// names.
    ///
    /// # Errors
    /// When what is asked for is not here.
    pub fn query(&self, query: Query, now: Timestamp) -> Result<Value, HostError> {
        let view = self.view(now)?;
        match query {
            Query::Stations(_) => answer(station::all(&view)),
            Query::QueueOf(asked) => answer(station::queue(&view, asked.work_center, asked.limit)),
            Query::Now(asked) => answer(now::card(&view, asked.order, asked.operation)),
            Query::WorkOrders(asked) => answer(orders::page(&view, &asked)),
            Query::OrderBoard(asked) => answer(board::board(&view, &asked)),
            Query::OrderOf(asked) => answer(order::detail(&view, asked.order)),
            Query::RequirementsOf(asked) => answer(requirements::of(&view, asked.material, asked.quantity)),
            Query::Stock(asked) => answer(stock::page(&view, &asked)),
            Query::StockOf(asked) => answer(stock::detail(&view, asked.material)),
            Query::Movements(asked) => answer(movements::page(&view, &asked)),
            Query::Exceptions(asked) => answer(exceptions::all(&view, asked.include_closed)),
            Query::Outbox(_) => answer(outbox::waiting(&view)),
            Query::Attention(_) => answer(attention::all(&view)),
            Query::SyncState(_) => answer(sync::report(&view, self.status()?)),
            Query::Materials(asked) => answer(choices::materials(&view, &asked.search, asked.limit)),
            Query::People(_) => answer(choices::people(&view)),
            Query::Locations(_) => answer(choices::locations(&view)),
            Query::Reasons(asked) => answer(choices::reasons(&view, asked.kind)),
        }
    }

    fn view(&self, now: Timestamp) -> Result<View<'_>, Error> {
        let enrollment = self.enrollment().ok_or(Error::NotEnrolled)?;
        let now = self.clock(now).now();
        let actor = match &self.device.user {
            Some(user) => Some(pending::actor(&self.outbox, &self.replica, &self.device, user.id)?),
            None => None,
        };
        let plant: Option<Plant> = record::find(&self.replica, "plant", enrollment.plant.uuid())?;
        let zone = plant.map(|plant| plant.zone).or_else(|| Zone::parse(&enrollment.zone).ok());
        let today = zone.map_or_else(|| jiff_utc(now), |zone| zone.date(now));
        let (replica, outbox, plant) = (&self.replica, &self.outbox, enrollment.plant);
        Ok(View { replica, outbox, plant, actor, now, today })
    }
}

/// The date in UTC, until the plant's zone is known.
fn jiff_utc(now: Timestamp) -> Date {
    Zone::parse("UTC").map_or_else(|_| Date::default(), |utc| utc.date(now))
}

impl View<'_> {
    /// Whether the one who looks could do this now.
    fn may(&self, command: Command, order: Option<&WorkOrder>, ledger: &OrderLedger) -> bool {
        self.refusal(command, order, ledger).is_none()
    }

    /// Why the one who looks could not do this now.
    fn refusal(&self, command: Command, order: Option<&WorkOrder>, ledger: &OrderLedger) -> Option<Refusal> {
        let Some(actor) = &self.actor else { return Some(Refusal::NotSignedIn) };
        let envelope = Envelope {
            id: Uuid::nil().into(),
            plant: actor.plant,
            device: actor.device,
            user: actor.user,
            occurred_at: self.now,
            sequence: 0,
            command,
            change: None,
            epoch: ActorEpoch::default(),
        };
        let stock = StockLevels::default();
        decide(&envelope, &Scene { order, ledger, stock: &stock, actor, now: self.now }).err()
    }

    /// The name of a person, location or reason, or the code of a work center.
    fn label(&self, id: impl Into<Option<Uuid>>) -> rusqlite::Result<String> {
        record::label_of(self.replica, id.into())
    }

    fn user_name(&self, user: UserId) -> rusqlite::Result<String> {
        self.label(user.uuid())
    }

    fn is_late(&self, due_on: Option<Date>, stage: shared_model::work_order::Stage) -> bool {
        stage.is_open() && due_on.is_some_and(|due_on| due_on < self.today)
    }
}

/// Why a query has no answer.
#[derive(Debug)]
enum NoAnswer {
    /// What is asked for is not here, in words.
    NotHere(&'static str),
    Failed(Error),
}

impl From<Error> for NoAnswer {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<rusqlite::Error> for NoAnswer {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<NoAnswer> for HostError {
    fn from(none: NoAnswer) -> Self {
        match none {
            NoAnswer::NotHere(what) => Self::Rejected { message: what.to_owned() },
            NoAnswer::Failed(error) => error.into(),
        }
    }
}

fn answer<T: Serialize, E: Into<NoAnswer>>(view: Result<T, E>) -> Result<Value, HostError> {
    let view = view.map_err(Into::into)?;
    serde_json::to_value(view).map_err(|error| HostError::Internal { message: error.to_string() })
}
