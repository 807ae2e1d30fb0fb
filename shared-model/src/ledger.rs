//! The facts of one order and what they sum to. A set: applying a fact twice, or two facts in
//! another order, changes nothing.

use std::collections::BTreeMap;

use crate::fact::{Fact, FactBody};
use crate::ids::{CommandId, FactId, UserId};
use crate::production::{LaborClock, Output, ProductionReport};
use crate::stock::{StockLevels, StockMovement};
use crate::time::Timestamp;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderLedger {
    facts: BTreeMap<FactId, Fact>,
}

impl FromIterator<Fact> for OrderLedger {
    fn from_iter<I: IntoIterator<Item = Fact>>(facts: I) -> Self {
        Self { facts: facts.into_iter().map(|fact| (fact.id, fact)).collect() }
    }
}

impl OrderLedger {
    pub fn apply(&mut self, fact: Fact) {
        self.facts.insert(fact.id, fact);
    }

    #[must_use]
    pub fn fact(&self, id: FactId) -> Option<&Fact> {
        self.facts.get(&id)
    }

    pub fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.facts.values()
    }

    /// When the last of it happened.
    #[must_use]
    pub fn last_at(&self) -> Option<Timestamp> {
        self.facts.values().map(|fact| fact.occurred_at).max()
    }

    #[must_use]
    pub fn report(&self, id: FactId) -> Option<(&Fact, &ProductionReport)> {
        match self.facts.get(&id) {
            Some(fact) => match &fact.body {
                FactBody::ProductionReported(report) => Some((fact, report)),
                _ => None,
            },
            None => None,
        }
    }

    #[must_use]
    pub fn is_voided(&self, report: FactId) -> bool {
        self.facts
            .values()
            .any(|fact| matches!(&fact.body, FactBody::ReportVoided(void) if void.report == report))
    }

    /// The stock movements that a command caused.
    pub fn movements_of(&self, command: CommandId) -> impl Iterator<Item = (FactId, &StockMovement)> {
        self.facts.values().filter(move |fact| fact.command == command).filter_map(|fact| match &fact.body {
            FactBody::StockMoved(movement) => Some((fact.id, movement)),
            _ => None,
        })
    }

    /// What an operation has made: its reports less its voids.
    #[must_use]
    pub fn output(&self, operation: Option<u32>) -> Output {
        self.facts.values().fold(Output::default(), |sum, fact| match &fact.body {
            FactBody::ProductionReported(report) if report.operation == operation => {
                sum.plus(report.output())
            }
            FactBody::ReportVoided(void) if void.operation == operation => sum.minus(void.output),
            _ => sum,
        })
    }

    /// What each operation has made that something was reported on; none for an order without operations.
    #[must_use]
    pub fn made(&self) -> BTreeMap<Option<u32>, Output> {
        let reported = self.facts.values().filter_map(|fact| match &fact.body {
            FactBody::ProductionReported(report) => Some(report.operation),
            FactBody::ReportVoided(void) => Some(void.operation),
            _ => None,
        });
        reported.map(|operation| (operation, self.output(operation))).collect()
    }

    /// What its stock movements come to at each key, in the stock unit of each material; zero where as much
    /// was brought as taken.
    #[must_use]
    pub fn moved(&self) -> StockLevels {
        let mut moved = StockLevels::default();
        for fact in self.facts.values() {
            if let FactBody::StockMoved(movement) = &fact.body {
                moved.add(&movement.key, movement.amount);
            }
        }
        moved
    }

    /// Whether somebody's clock runs on an operation.
    #[must_use]
    pub fn is_anyone_working(&self) -> bool {
        self.facts.values().any(|fact| match fact.body {
            FactBody::LaborClocked { operation, .. } => !self.working(operation).is_empty(),
            _ => false,
        })
    }

    /// Whether an exception of this order is open.
    #[must_use]
    pub fn is_exception_open(&self, exception: FactId) -> bool {
        let opened =
            matches!(self.facts.get(&exception).map(|fact| &fact.body), Some(FactBody::ExceptionOpened(_)));
        let closed = |fact: &Fact| matches!(fact.body, FactBody::ExceptionClosed { exception: of, .. } if of == exception);
        opened && !self.facts.values().any(closed)
    }

    /// Who works on an operation now, and since when.
    #[must_use]
    pub fn working(&self, operation: u32) -> BTreeMap<UserId, Timestamp> {
        let mut working = BTreeMap::new();
        for (at, user, clock) in self.clocks(operation) {
            match clock {
                LaborClock::In => {
                    working.entry(user).or_insert(at);
                }
                LaborClock::Out => {
                    working.remove(&user);
                }
            }
        }
        working
    }

    /// Milliseconds that people worked on an operation; a clock that still runs counts until `now`.
    #[must_use]
    pub fn labor_millis(&self, operation: u32, now: Timestamp) -> i64 {
        let mut since: BTreeMap<UserId, Timestamp> = BTreeMap::new();
        let mut sum = 0;
        for (at, user, clock) in self.clocks(operation) {
            match clock {
                LaborClock::In => {
                    since.entry(user).or_insert(at);
                }
                LaborClock::Out => {
                    sum += since.remove(&user).map_or(0, |from| at.millis_since(from));
                }
            }
        }
        sum + since.values().map(|from| now.millis_since(*from).max(0)).sum::<i64>()
    }

    /// The labor clocks of an operation by the time at which they were pressed.
    fn clocks(&self, operation: u32) -> Vec<(Timestamp, UserId, LaborClock)> {
        let mut clocks: Vec<_> = self
            .facts
            .values()
            .filter_map(|fact| match fact.body {
                FactBody::LaborClocked { operation: of, clock } if of == operation => {
                    Some(((fact.occurred_at, fact.id), fact.user, clock))
                }
                _ => None,
            })
            .collect();
        clocks.sort_unstable_by_key(|(when, _, _)| *when);
        clocks.into_iter().map(|((at, _), user, clock)| (at, user, clock)).collect()
    }
}
