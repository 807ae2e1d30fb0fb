//! What was accepted although it should not be, for the people who look after it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use shared_model::exception::{Contested, Exception, RefusedWork};
use shared_model::fact::{Fact, FactBody};
use shared_model::host::{ExceptionRow, Mark, VoidRow};
use shared_model::ids::FactId;

use super::{NoAnswer, View, orders, words};
use crate::tables::{fact, record};

/// The newest first.
pub(super) fn all(view: &View<'_>, include_closed: bool) -> Result<Vec<ExceptionRow>, NoAnswer> {
    let sql = format!(
        "select {} from shown_fact where kind in ('exception_opened', 'exception_closed')",
        fact::COLUMNS
    );
    let facts: Vec<(Fact, Mark)> =
        view.replica.prepare_cached(&sql)?.query_map([], fact::from_row)?.collect::<rusqlite::Result<_>>()?;
    opened(view, &facts, include_closed, |_| true)
}

/// Those among an order's facts in which somebody is to choose one of two values.
pub(super) fn contested(view: &View<'_>, facts: &[(Fact, Mark)]) -> Result<Vec<ExceptionRow>, NoAnswer> {
    opened(view, facts, false, |exception| matches!(exception, Exception::ChangedByTwo(_)))
}

fn opened(
    view: &View<'_>,
    facts: &[(Fact, Mark)],
    include_closed: bool,
    is_wanted: fn(&Exception) -> bool,
) -> Result<Vec<ExceptionRow>, NoAnswer> {
    let mut closings: BTreeMap<FactId, (VoidRow, Mark)> = BTreeMap::new();
    for (fact, mark) in facts {
        if let FactBody::ExceptionClosed { exception, note } = &fact.body {
            let user_name = view.user_name(fact.user)?;
            let closed = VoidRow { at: fact.occurred_at, user_name, reason: note.clone() };
            closings.insert(*exception, (closed, *mark));
        }
    }
    let mut rows = Vec::new();
    for (fact, mark) in facts {
        let FactBody::ExceptionOpened(exception) = &fact.body else { continue };
        let closing = closings.remove(&fact.id);
        if is_wanted(exception) && (closing.is_none() || include_closed) {
            rows.push(row(view, fact, exception, *mark, closing)?);
        }
    }
    rows.sort_by_key(|row| Reverse((row.at, row.id)));
    Ok(rows)
}

fn row(
    view: &View<'_>,
    fact: &Fact,
    exception: &Exception,
    mark: Mark,
    closing: Option<(VoidRow, Mark)>,
) -> rusqlite::Result<ExceptionRow> {
    let header = fact.order.map(|order| orders::header(view, order)).transpose()?.flatten();
    let (material_number, location_path) = match exception {
        Exception::NegativeStock { key, .. } => {
            let number = record::material_names(view.replica, key.material)?.0;
            (number, view.label(key.location.map(Into::into))?)
        }
        Exception::OverProduction { .. }
        | Exception::ReportOutsideProgress { .. }
        | Exception::ChangedByTwo(_)
        | Exception::RefusedWork(_)
        | Exception::Unknown => {
            (header.as_ref().map(|header| header.material_number.clone()).unwrap_or_default(), String::new())
        }
    };
    let assignees = match exception {
        Exception::ChangedByTwo(Contested::Assignee { before, now }) => {
            (view.label(before.map(Into::into))?, view.label(now.map(Into::into))?)
        }
        _ => Default::default(),
    };
    let (closed, closing_mark) = closing.unzip();
    Ok(ExceptionRow {
        id: fact.id,
        at: fact.occurred_at,
        user_name: view.user_name(fact.user)?,
        owner: exception.owner(),
        exception: exception.clone(),
        order: fact.order,
        order_number: header.map(|header| header.number).unwrap_or_default(),
        material_number,
        location_path,
        summary: match exception {
            Exception::RefusedWork(work) => handed_over(view, work)?,
            Exception::ChangedByTwo(Contested::Assignee { .. }) => {
                format!("{} / {}", assignees.0, assignees.1)
            }
            _ => String::new(),
        },
        assignees,
        closed,
        mark: mark.max(closing_mark.unwrap_or_default()),
    })
}

/// What was entered, and what the person who gave it on says to it.
fn handed_over(view: &View<'_>, work: &RefusedWork) -> rusqlite::Result<String> {
    let what = words::summary(view.replica, &work.entered)?;
    Ok(if work.note.is_empty() { what } else { format!("{what} ({})", work.note) })
}
