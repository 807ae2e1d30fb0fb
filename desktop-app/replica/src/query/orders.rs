//! Work orders as a table.

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params_from_iter};
use shared_model::host::{OrderRow, OrderSort, Page, WorkOrders};
use shared_model::ids::WorkOrderId;
use shared_model::quantity::Amount;
use shared_model::time::Date;
use shared_model::work_order::Stage;
use uuid::Uuid;

use super::paging::{self, Sort};
use super::{NoAnswer, View};
use crate::stored::odd;
use crate::tables::{newer, output, pending};

const BY_DUE: Sort = Sort { columns: &["due_key", "priority", "number_key", "id"], is_descending: false };

pub(super) fn page(view: &View<'_>, asked: &WorkOrders) -> Result<Page<OrderRow>, NoAnswer> {
    let filter = Filter::new(&asked.search, &asked.stages);
    rows(view, &filter, &sort(asked.sort), asked.after.as_deref(), asked.limit)
}

const fn sort(sort: OrderSort) -> Sort {
    let (columns, is_descending): (&[&str], bool) = match sort {
        OrderSort::Due => return BY_DUE,
        OrderSort::Number => (&["number_key", "id"], false),
        OrderSort::Priority => (&["priority", "due_key", "number_key", "id"], false),
        OrderSort::Newest => (&["created_at", "id"], true),
    };
    Sort { columns, is_descending }
}

/// The first orders of a stage by due date, with how many there are.
pub(super) fn first_of_stage(
    view: &View<'_>,
    search: &str,
    stage: Stage,
    limit: u32,
) -> Result<Page<OrderRow>, NoAnswer> {
    rows(view, &Filter::new(search, &[stage]), &BY_DUE, None, limit)
}

struct Filter {
    condition: String,
    needle: Option<String>,
}

impl Filter {
    /// Parameter 1 is the needle.
    fn new(search: &str, stages: &[Stage]) -> Self {
        let mut conditions = Vec::new();
        if !stages.is_empty() {
            let codes: Vec<_> = stages.iter().map(|stage| format!("'{}'", stage.code())).collect();
            conditions.push(format!("stage in ({})", codes.join(", ")));
        }
        let needle = paging::needle(search);
        if needle.is_some() {
            let text = "(instr(search, ?1) > 0
                         or material in (select id from material where instr(search, ?1) > 0))";
            conditions.push(text.to_owned());
        } else {
            conditions.push("?1 is null".to_owned());
        }
        Self { condition: conditions.join(" and "), needle }
    }
}

fn rows(
    view: &View<'_>,
    filter: &Filter,
    sort: &Sort,
    after: Option<&str>,
    limit: u32,
) -> Result<Page<OrderRow>, NoAnswer> {
    let limit = paging::limit(limit);
    let Filter { condition, needle } = filter;
    let needle = Value::from(needle.clone());
    let sql = format!("select count(*) from shown_work_order where {condition}");
    let total = view.replica.prepare_cached(&sql)?.query_row([&needle], |row| row.get(0))?;

    let mut values = vec![needle];
    let mut condition = condition.clone();
    if let Some(token) = after {
        condition = format!("{condition} and {}", sort.after(2));
        values.extend(sort.values(token)?);
    }
    // One more than asked for tells whether there is a next page.
    let sql = format!(
        "select id, {} from shown_work_order where {condition} order by {} limit {}",
        sort.keys(),
        sort.order_by(),
        limit + 1
    );
    let mut found: Vec<(Uuid, String)> = view
        .replica
        .prepare_cached(&sql)?
        .query_map(params_from_iter(values), |row| Ok((row.get(0)?, sort.token(row, 1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let has_next = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| has_next).map(|(_, token)| token.clone());
    let mut items = Vec::with_capacity(found.len());
    for (id, _) in found {
        items.extend(row(view, id.into())?);
    }
    Ok(Page { items, next, total })
}

/// What lists say of an order, whichever list it is.
pub(super) struct Header {
    pub number: String,
    pub title: String,
    pub material_number: String,
    pub material_name: String,
    pub stage: Stage,
    pub ordered: Amount,
    pub unit: String,
    pub due_on: Option<Date>,
    pub priority: u8,
    pub assignee_name: String,
    pub last_operation: Option<u32>,
}

pub(super) fn header(view: &View<'_>, order: WorkOrderId) -> rusqlite::Result<Option<Header>> {
    let sql = "select shown.number, title, coalesce(material.number, ''),
                      coalesce(material.name, ''), stage, quantity, shown.unit, due_on, priority,
                      coalesce(label, ''), last_operation
               from shown_work_order as shown
               left join material on material.id = shown.material
               left join label on label.id = shown.assignee
               where shown.id = ?1";
    view.replica
        .prepare_cached(sql)?
        .query_row([order.uuid()], |row| {
            let due_on: Option<String> = row.get(7)?;
            Ok(Header {
                number: row.get(0)?,
                title: row.get(1)?,
                material_number: row.get(2)?,
                material_name: row.get(3)?,
                stage: Stage::of_code(row.get_ref(4)?.as_str()?).ok_or_else(|| odd(4))?,
                ordered: Amount::from_micros(row.get(5)?),
                unit: row.get(6)?,
                due_on: due_on.map(|date| date.parse()).transpose().map_err(|_| odd(7))?,
                priority: row.get(8)?,
                assignee_name: row.get(9)?,
                last_operation: u32::try_from(row.get::<_, i64>(10)?).ok(),
            })
        })
        .optional()
}

pub(super) fn row(view: &View<'_>, order: WorkOrderId) -> rusqlite::Result<Option<OrderRow>> {
    let Some(header) = header(view, order)? else { return Ok(None) };
    Ok(Some(OrderRow {
        id: order,
        number: header.number,
        title: header.title,
        material_number: header.material_number,
        material_name: header.material_name,
        stage: header.stage,
        ordered: header.ordered,
        output: output::shown(view.replica, order, header.last_operation)?,
        unit: header.unit,
        due_on: header.due_on,
        is_late: view.is_late(header.due_on, header.stage),
        priority: header.priority,
        assignee_name: header.assignee_name,
        mark: pending::mark_of_order(view.replica, order)?,
        needs_update: newer::is_newer(view.replica, order)?,
    }))
}
