//! An order with its facts, and the reports among them.

use std::cmp::Reverse;

use shared_model::command::Command;
use shared_model::fact::{Fact, FactBody};
use shared_model::host::{Mark, OperationRow, ReportRow, ScrapRow, VoidRow};
use shared_model::ids::{FactId, ReasonId, WorkOrderId};
use shared_model::ledger::OrderLedger;
use shared_model::production::ProductionReport;
use shared_model::work_order::document::Document;
use shared_model::work_order::{Operation, WorkOrder};

use super::{NoAnswer, View};
use crate::newer;
use crate::pending::current_document;
use crate::tables::{fact, output};

/// Why a person gives when they only ask whether they may.
const ANY_REASON: &str = "?";

/// An order as it is with what waits, and everything that happened to it.
pub(super) struct Story {
    pub order: WorkOrder,
    /// With the changes that wait.
    pub document: Document,
    /// The newest first.
    pub facts: Vec<(Fact, Mark)>,
    pub ledger: OrderLedger,
}

impl Story {
    pub(super) fn of(view: &View<'_>, id: WorkOrderId) -> Result<Self, NoAnswer> {
        let mut document = current_document(view.outbox, view.replica, id)?.document;
        let order = newer::order(&mut document).map_err(crate::error::Error::from)?;
        let order = order.ok_or(NoAnswer::NotHere("this order is not known here"))?;
        let mut facts = fact::of_order(view.replica, id)?;
        facts.sort_by_key(|(fact, _)| Reverse((fact.occurred_at, fact.id)));
        let ledger = facts.iter().map(|(fact, _)| fact.clone()).collect();
        Ok(Self { order, document, facts, ledger })
    }

    pub(super) fn may(&self, view: &View<'_>, command: Command) -> bool {
        view.may(command, Some(&self.order), &self.ledger)
    }

    pub(super) fn may_complete(&self, view: &View<'_>) -> bool {
        self.may(view, Command::complete(self.order.id))
    }

    pub(super) fn operations(&self, view: &View<'_>) -> rusqlite::Result<Vec<OperationRow>> {
        self.order.operations.values().map(|operation| self.operation(view, operation)).collect()
    }

    fn operation(&self, view: &View<'_>, operation: &Operation) -> rusqlite::Result<OperationRow> {
        let number = operation.number;
        let working = self.ledger.working(number).into_keys().map(|user| view.user_name(user));
        Ok(OperationRow {
            number,
            name: operation.name.clone(),
            work_center: operation.work_center,
            work_center_code: view.label(operation.work_center.map(Into::into))?,
            state: operation.state,
            output: output::shown(view.replica, self.order.id, Some(number))?,
            setup_minutes: operation.setup_minutes,
            run_minutes: operation.run_minutes,
            labor_millis: self.ledger.labor_millis(number, view.now),
            working: working.collect::<rusqlite::Result<_>>()?,
        })
    }

    /// The reports, the newest first; of one operation where `only` names it.
    pub(super) fn reports(
        &self,
        view: &View<'_>,
        only: Option<Option<u32>>,
    ) -> rusqlite::Result<Vec<ReportRow>> {
        self.facts
            .iter()
            .filter_map(|(fact, mark)| match &fact.body {
                FactBody::ProductionReported(report)
                    if only.is_none_or(|operation| operation == report.operation) =>
                {
                    Some(self.report(view, fact, report, *mark))
                }
                _ => None,
            })
            .collect()
    }

    fn report(
        &self,
        view: &View<'_>,
        fact: &Fact,
        report: &ProductionReport,
        mark: Mark,
    ) -> rusqlite::Result<ReportRow> {
        let void =
            Command::VoidReport { order: self.order.id, report: fact.id, reason: ANY_REASON.to_owned() };
        let scrap = report.scrap.iter().map(|scrap| {
            let reason = view.label(scrap.reason.map(ReasonId::uuid))?;
            Ok(ScrapRow { amount: scrap.amount, reason })
        });
        let (voided, void_mark) = self.voided(view, fact.id)?;
        Ok(ReportRow {
            id: fact.id,
            operation: report.operation,
            at: fact.occurred_at,
            user: fact.user,
            user_name: view.user_name(fact.user)?,
            output: report.output(),
            scrap: scrap.collect::<rusqlite::Result<_>>()?,
            lot: report.lot.as_ref().map(ToString::to_string),
            voided,
            can_void: self.may(view, void),
            mark: mark.max(void_mark),
        })
    }

    fn voided(&self, view: &View<'_>, report: FactId) -> rusqlite::Result<(Option<VoidRow>, Mark)> {
        for (fact, mark) in &self.facts {
            if let FactBody::ReportVoided(void) = &fact.body
                && void.report == report
            {
                let user_name = view.user_name(fact.user)?;
                let void = VoidRow { at: fact.occurred_at, user_name, reason: void.reason.clone() };
                return Ok((Some(void), *mark));
            }
        }
        Ok((None, Mark::Accepted))
    }
}
