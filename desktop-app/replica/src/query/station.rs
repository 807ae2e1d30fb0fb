//! The stations, and what waits or runs at one.

use std::collections::{BTreeMap, BTreeSet};

use shared_model::host::{QueueRow, StationQueue, StationRow};
use shared_model::ids::{UserId, WorkCenterId, WorkOrderId};
use shared_model::plant::WorkCenter;
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::{NoAnswer, View, orders, paging};
use crate::stored::odd;
use crate::tables::{clock, newer, output, pending, record, work_order};

pub(super) fn all(view: &View<'_>) -> Result<Vec<StationRow>, NoAnswer> {
    let counts = counts(view)?;
    let mut centers: Vec<WorkCenter> = record::all(view.replica, "work_center")?;
    centers.retain(|center| center.is_active);
    centers.sort_by_key(|center| center.code.key());
    Ok(centers
        .into_iter()
        .map(|center| {
            let (ready_count, running_count) = counts.get(&center.id).copied().unwrap_or_default();
            StationRow {
                id: center.id,
                code: center.code.to_string(),
                name: center.name,
                kind: center.kind,
                ready_count,
                running_count,
            }
        })
        .collect())
}

/// By work center: operations that could be started, and operations that somebody works on.
fn counts(view: &View<'_>) -> rusqlite::Result<BTreeMap<WorkCenterId, (u32, u32)>> {
    let mut running = BTreeSet::new();
    let mut statement = view.replica.prepare_cached("select order_id, operation from shown_clock")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        running.insert((row.get::<_, Uuid>(0)?, row.get::<_, u32>(1)?));
    }
    let sql = "select work_center, order_id, number, is_startable from shown_operation
               where is_waiting = 1 and work_center is not null";
    let mut statement = view.replica.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut counts: BTreeMap<WorkCenterId, (u32, u32)> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (ready, at_work) = counts.entry(row.get::<_, Uuid>(0)?.into()).or_default();
        if running.contains(&(row.get(1)?, row.get(2)?)) {
            *at_work += 1;
        } else if row.get(3)? {
            *ready += 1;
        }
    }
    Ok(counts)
}

/// What runs comes first, then what was begun, then what could be; the rest waits for earlier
/// operations. Inside, by due date, priority and number. Only what is shown is read in full.
pub(super) fn queue(view: &View<'_>, id: WorkCenterId, limit: u32) -> Result<StationQueue, NoAnswer> {
    let center: WorkCenter = record::find(view.replica, "work_center", id.uuid())?
        .ok_or(NoAnswer::NotHere("this station is not known here"))?;
    let sql = "select count(*), count(*) filter (where is_ready = 1) from shown_operation
               where work_center = ?1 and is_waiting = 1";
    let (total, ready_count) =
        view.replica.prepare_cached(sql)?.query_row([id.uuid()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let sql = format!("{FIRST_IN_QUEUE} limit {}", paging::limit(limit));
    let first: Vec<(Uuid, u32)> = view
        .replica
        .prepare_cached(&sql)?
        .query_map([id.uuid()], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut rows = Vec::with_capacity(first.len());
    for (order, operation) in first {
        rows.extend(row(view, order.into(), operation)?);
    }
    Ok(StationQueue { id, code: center.code.to_string(), name: center.name, total, ready_count, rows })
}

/// The orders are looked up one by one: joining with the view would put all of them together first.
const FIRST_IN_QUEUE: &str = "
    select waiting.order_id, waiting.number
    from shown_operation as waiting
    left join pending_work_order as pending on pending.id = waiting.order_id
    left join work_order as confirmed on confirmed.id = waiting.order_id
    where waiting.work_center = ?1 and waiting.is_waiting = 1
    order by
        (waiting.order_id, waiting.number) in (select order_id, operation from shown_clock) desc,
        waiting.state = 'started' desc,
        waiting.is_ready desc,
        coalesce(pending.due_key, confirmed.due_key),
        coalesce(pending.priority, confirmed.priority),
        coalesce(pending.number_key, confirmed.number_key),
        waiting.number";

/// One operation of an order, wherever it is.
pub(super) fn row(view: &View<'_>, order: WorkOrderId, operation: u32) -> rusqlite::Result<Option<QueueRow>> {
    let Some(header) = orders::header(view, order)? else { return Ok(None) };
    let sql = "select name, state, is_ready from shown_operation where order_id = ?1 and number = ?2";
    let (operation_name, state, is_ready) =
        view.replica.prepare_cached(sql)?.query_row((order.uuid(), operation), |row| {
            let state = work_order::state_of(row.get_ref(1)?.as_str()?).ok_or_else(|| odd(1))?;
            Ok((row.get(0)?, state, row.get(2)?))
        })?;
    let running: Vec<(UserId, String, Timestamp)> = clock::running(view.replica, order, operation)?;
    let me = view.actor.as_ref().map(|actor| actor.user);
    Ok(Some(QueueRow {
        order,
        number: header.number,
        title: header.title,
        material_number: header.material_number,
        material_name: header.material_name,
        operation,
        operation_name,
        state,
        stage: header.stage,
        ordered: header.ordered,
        output: output::shown(view.replica, order, Some(operation))?,
        unit: header.unit,
        due_on: header.due_on,
        is_late: view.is_late(header.due_on, header.stage),
        priority: header.priority,
        is_ready,
        am_working: running.iter().any(|(user, ..)| Some(*user) == me),
        working: running.into_iter().map(|(_, name, _)| name).collect(),
        mark: pending::mark_of_order(view.replica, order)?,
        needs_update: newer::is_newer(view.replica, order)?,
    }))
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use shared_model::work_order::OperationState;

    use super::*;
    use crate::tests::plant::*;

    /// Orders in all states that a queue tells apart, as rows: making them by commands takes minutes.
    const MANY: &str = "
        with recursive many(n) as (select 1 union all select n + 1 from many where n < 6500)
        insert into work_order select randomblob(16), 'Wo-' || n, 'wo-' || n, 'Order ' || n, '', x'00', 50,
            'pcs', case when n % 7 then printf('2026-%02d-%02d', n % 12 + 1, n % 28 + 1) end,
            case when n % 7 then printf('2026-%02d-%02d', n % 12 + 1, n % 28 + 1) else '9999-99-99' end,
            n * 31 % 10 + 1, 'released', null, n, 20
        from many;
        insert into operation select id, 10, 'Cut', (select work_center from operation limit 1),
            iif(created_at % 11 = 0, 'started', 'pending'), created_at % 3 = 0, 1, 1
        from work_order where material = x'00';
        insert into clock select order_id, 10, randomblob(16), 1 from operation where state = 'started' limit 40;
        insert into pending_work_order select id, number, number_key, 'Edited', search, material, quantity,
            unit, '2026-01-01', '2026-01-01', priority, stage, assignee, created_at, last_operation
        from work_order where created_at % 500 = 1;
        insert into pending_operation select * from operation
        where order_id in (select id from pending_work_order) and number = 10;";

    #[test]
    fn the_first_of_thousands_are_those_that_putting_all_in_order_gives() {
        let (mut server, _) = floor();
        let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
        ann.replica.replica.execute_batch(MANY).expect("inserted");
        ann.must(start(1, 10));
        let view = ann.replica.view(ann.now).expect("a view");
        let sql = "select order_id, number from shown_operation where work_center = ?1 and is_waiting = 1";
        let station: WorkCenterId = id(SAW);
        let all: Vec<(Uuid, u32)> = view
            .replica
            .prepare(sql)
            .and_then(|mut all| {
                all.query_map([station.uuid()], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
            })
            .expect("reads");
        let mut rows: Vec<QueueRow> = all
            .into_iter()
            .filter_map(|(order, number)| row(&view, order.into(), number).expect("reads"))
            .collect();
        rows.sort_by_cached_key(|row| {
            let is_started = row.state == OperationState::Started;
            let first = Reverse((!row.working.is_empty(), is_started, row.is_ready));
            (first, row.due_on.is_none(), row.due_on, row.priority, row.number.to_lowercase(), row.operation)
        });
        assert_eq!(rows.len(), 6501);
        for limit in [1, 50, 500] {
            let queue = queue(&view, station, limit).expect("an answer");
            assert_eq!((queue.total as usize, queue.rows.len()), (rows.len(), limit as usize));
            assert_eq!(queue.ready_count as usize, rows.iter().filter(|row| row.is_ready).count());
            assert_eq!(queue.rows, rows[..limit as usize]);
        }
    }
}
