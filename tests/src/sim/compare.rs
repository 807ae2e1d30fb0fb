//! A device against the server: confirmed tables, read models, and nothing that hangs about.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use rusqlite::Connection;
use shared_model::fact::{Fact, FactBody};
use shared_model::host::{Exceptions, Mark, OrderOf, OrderSort, Outbox, Stock, SyncState, WorkOrders};
use shared_model::ids::{FactId, MaterialId, WorkOrderId};
use shared_model::quantity::Amount;
use shared_model::refusal::Refusal;
use shared_model::sync::client::Link;
use shared_model::sync::wire::Verdict;
use shared_model::work_order::WorkOrder;
use shared_model::work_order::document::Document;
use uuid::Uuid;

use super::device::Device;
use super::verify::{Findings, refusal_of};
use super::world::World;

/// Compares one device with the server.
///
/// # Errors
/// When the device cannot be read.
pub fn device(world: &mut World, index: usize, findings: &mut Findings) -> anyhow::Result<()> {
    let mut orders = BTreeMap::new();
    for (id, state) in world.server.orders() {
        if let Some(order) = state.document.order()? {
            orders.insert(*id, (order, state.document.heads()));
        }
    }
    let world = &*world;
    let mut check = Check { world, index, findings };
    check.cursors()?;
    check.documents(&orders)?;
    check.facts()?;
    check.stock()?;
    check.sums(&orders)?;
    check.nothing_waits()?;
    check.screens(&orders)
}

/// What a device shows of the orders that it let go of, before anybody opens them.
///
/// # Errors
/// When the device cannot be read.
pub fn archived(world: &mut World, index: usize) -> anyhow::Result<()> {
    let away = world.devices[index].away()?;
    let mut orders = BTreeMap::new();
    for (id, state) in world.server.orders() {
        if let Some(order) = state.document.order()?.filter(|_| away.contains(id)) {
            orders.insert(*id, (order, state.document.heads()));
        }
    }
    let mut findings = Findings::default();
    for order in &away {
        findings.diverged(world.server.is_archived(*order), || format!("device {index} lacks {order}"));
    }
    let mut check = Check { world, index, findings: &mut findings };
    check.stock()?;
    check.sums(&orders)?;
    let now = check.world.now;
    for (id, (order, _)) in &orders {
        let row = check.device().ask(now, OrderOf { order: *id })?.row;
        let made = check.world.server.ledger(*id).output(order.last_operation());
        check.same("what an archived order made", &(row.stage, row.output), &(order.stage(), made));
    }
    world.live.diverged.extend(findings.diverged);
    Ok(())
}

struct Check<'a> {
    world: &'a World,
    index: usize,
    findings: &'a mut Findings,
}

type Orders = BTreeMap<WorkOrderId, (WorkOrder, Vec<automerge::ChangeHash>)>;

impl Check<'_> {
    fn device(&self) -> &Device {
        &self.world.devices[self.index]
    }

    fn file(&self) -> &Connection {
        self.device().replica_file()
    }

    fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, here: &T, there: &T) {
        let index = self.index;
        self.findings.diverged(here == there, || {
            format!("device {index}: {what}\n    here   {here:?}\n    server {there:?}")
        });
    }

    fn count(&self, sql: &str) -> anyhow::Result<u64> {
        self.file().query_row(sql, [], |row| row.get(0)).with_context(|| sql.to_owned())
    }

    fn cursors(&mut self) -> anyhow::Result<()> {
        let here: BTreeSet<_> =
            self.device().replica().context("off")?.cursors()?.iter().map(|it| (it.feed, it.seq)).collect();
        let there = self.world.server.heads().iter().map(|it| (it.feed, it.seq)).collect();
        self.same("cursors", &here, &there);
        Ok(())
    }

    fn documents(&mut self, orders: &Orders) -> anyhow::Result<()> {
        let mut here = BTreeMap::new();
        let mut statement = self.file().prepare("select id, bytes from document")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id: Uuid = row.get(0)?;
            let mut document = Document::load(&row.get::<_, Vec<u8>>(1)?)?;
            here.insert(WorkOrderId::from(id), (document.order()?, document.heads()));
        }
        drop(rows);
        drop(statement);
        let ids = |of: &mut dyn Iterator<Item = &WorkOrderId>| of.copied().collect::<BTreeSet<_>>();
        self.same("orders", &ids(&mut here.keys()), &ids(&mut orders.keys()));
        for (id, (order, heads)) in orders {
            let Some((found, found_heads)) = here.get(id) else { continue };
            self.same("an order's changes", found_heads, heads);
            self.same("an order", &found.as_ref(), &Some(order));
        }
        Ok(())
    }

    fn facts(&mut self) -> anyhow::Result<()> {
        let sql = "select id, command, order_id, user_id, device_id, occurred_at, body from fact";
        let mut statement = self.file().prepare(sql)?;
        let rows = statement.query_map([], |row| {
            let order: Option<Uuid> = row.get(2)?;
            let at: i64 = row.get(5)?;
            let body: String = row.get(6)?;
            let ids: [Uuid; 4] = [row.get(0)?, row.get(1)?, row.get(3)?, row.get(4)?];
            Ok((ids, order, at, body))
        })?;
        let mut here = BTreeMap::new();
        for row in rows {
            let ([id, command, user, device], order, at, body) = row?;
            let fact = Fact {
                id: id.into(),
                command: command.into(),
                occurred_at: shared_model::time::Timestamp::from_millis(at),
                user: user.into(),
                device: device.into(),
                order: order.map(Into::into),
                body: serde_json::from_str(&body)?,
            };
            here.insert(fact.id, fact);
        }
        drop(statement);
        let there: BTreeMap<FactId, &Fact> = self.world.server.facts().map(|fact| (fact.id, fact)).collect();
        for (id, fact) in &there {
            if here.get(id) != Some(fact) {
                self.findings.lost.push(format!("device {}: fact {id}: {:?}", self.index, here.get(id)));
            }
        }
        for id in here.keys().filter(|id| !there.contains_key(id)) {
            self.findings.duplicated.push(format!("device {}: fact {id} is not on the server", self.index));
        }
        Ok(())
    }

    fn stock(&mut self) -> anyhow::Result<()> {
        let sql = "select material, location, lot, serial, status, sum(on_hand)
                   from (select * from stock union all select * from archived_stock) group by 1, 2, 3, 4, 5";
        let mut statement = self.file().prepare(sql)?;
        let rows = statement.query_map([], |row| {
            let place = (row.get::<_, Uuid>(0)?, row.get::<_, Vec<u8>>(1)?, row.get::<_, String>(2)?);
            let kind = (row.get::<_, String>(3)?, row.get::<_, String>(4)?);
            Ok(((place, kind), row.get::<_, i64>(5)?))
        })?;
        let here: BTreeMap<_, _> = rows.collect::<rusqlite::Result<_>>()?;
        drop(statement);
        let text = |number: &Option<shared_model::number::Number>| {
            number.as_ref().map(ToString::to_string).unwrap_or_default()
        };
        let there = self.world.server.stock().iter().map(|(key, amount)| {
            let location = key.location.map(|it| it.uuid().as_bytes().to_vec()).unwrap_or_default();
            let place = (key.material.uuid(), location, text(&key.lot));
            ((place, (text(&key.serial), key.status.code().to_owned())), amount.micros())
        });
        self.same("stock", &here, &there.collect());
        Ok(())
    }

    /// The projections that queries are made of.
    fn sums(&mut self, orders: &Orders) -> anyhow::Result<()> {
        for (id, (order, _)) in orders {
            let key = [id.uuid()];
            let sql = "select number, stage, quantity from work_order where id = ?1";
            let here: (String, String, i64) = self
                .file()
                .query_row(sql, key, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .with_context(|| format!("device {}: order {id} has no row", self.index))?;
            let there = (order.number.to_string(), order.stage().code().to_owned(), order.quantity.micros());
            self.same("an order's row", &here, &there);
        }
        Ok(())
    }

    /// Outboxes are empty but for what was refused, and the pending layer shows nothing else.
    fn nothing_waits(&mut self) -> anyhow::Result<()> {
        let verdicts = self.world.server.verdicts();
        let mut statement = self.device().outbox_file().prepare("select id, state, refusal from command")?;
        let rows = statement.query_map([], |row| {
            Ok((row.get::<_, Uuid>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<String>>(2)?))
        })?;
        let mut problems = Vec::new();
        let mut kept = 0u64;
        for row in rows {
            let (id, state, refusal) = row?;
            kept += 1;
            let verdict = verdicts.get(&id.into());
            if state != "refused" || matches!(verdict, Some(Verdict::Accepted { .. })) {
                problems.push(format!("command {id} is {state}, the server says {verdict:?}"));
                continue;
            }
            let refusal = refusal.map(|text| serde_json::from_str(&text)).transpose()?;
            // What stood on something refused is refused here, and the server never hears of it.
            let is_elsewhere = refusal == Some(Refusal::HandedInElsewhere)
                && refusal_of(verdict) == Some(&Refusal::DeviceRevoked);
            // What waited was decided here once more, perhaps after the server had refused it.
            let was_early = self.world.was_early.contains(&id.into());
            // That what is missing is what it was refused itself, only the device knows.
            let is_explained = matches!(refusal, Some(Refusal::DependsOnRefused { on })
                if refusal_of(verdicts.get(&on)).is_some())
                && matches!(refusal_of(verdict), Some(Refusal::UnknownOrder | Refusal::UnknownFact));
            let is_same =
                refusal.as_ref() == refusal_of(verdict) || is_elsewhere || was_early || is_explained;
            if verdict.is_some() && !is_same {
                problems.push(format!("command {id} was refused for {refusal:?}, and not for {verdict:?}"));
            }
        }
        drop(statement);
        let index = self.index;
        self.findings.diverged.extend(problems.into_iter().map(|it| format!("device {index}: {it}")));
        let shown = self.count("select count(*) from pending_command where mark = 3")?;
        self.same("refused commands that are shown", &shown, &kept);
        for table in [
            "pending_fact",
            "pending_output",
            "pending_movement",
            "pending_work_order",
            "pending_operation",
            "pending_clock",
        ] {
            let left = self.count(&format!("select count(*) from {table}"))?;
            self.same(table, &left, &0);
        }
        let waiting = self.count("select count(*) from pending_command where mark <> 3")?;
        self.same("pending_command", &waiting, &0);
        Ok(())
    }

    /// What people see.
    fn screens(&mut self, orders: &Orders) -> anyhow::Result<()> {
        let now = self.world.now;
        let items = self.device().ask(now, Outbox {})?;
        let status = self.device().ask(now, SyncState {})?.status;
        let attention =
            items.iter().filter(|item| item.mark == Mark::NeedsYou && item.refusal.is_some()).count();
        let refused: u64 =
            self.device().outbox_file().query_row("select count(*) from command", [], |row| row.get(0))?;
        let pill = (status.link, status.unsent_count, u64::from(status.attention_count), attention as u64);
        self.same("the sync pill", &pill, &(Link::Online, 0, refused, refused));

        let mut after = None;
        let mut rows = Vec::new();
        loop {
            let query = WorkOrders {
                search: String::new(),
                stages: Vec::new(),
                sort: OrderSort::Number,
                after: after.take(),
                limit: 7,
            };
            let page = self.device().ask(now, query)?;
            rows.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let listed: BTreeSet<_> = rows.iter().map(|row| row.id).collect();
        self.same("the listed orders", &listed, &orders.keys().copied().collect());
        self.same("orders listed once", &rows.len(), &listed.len());
        let ledgers: BTreeMap<_, _> = self.ledgers();
        for row in &rows {
            let Some((order, _)) = orders.get(&row.id) else { continue };
            let ledger = ledgers.get(&row.id).cloned().unwrap_or_default();
            let here = (row.stage, row.output);
            self.same("an order's line", &here, &(order.stage(), ledger.output(order.last_operation())));
            let detail = self.device().ask(now, OrderOf { order: row.id })?;
            for operation in &detail.operations {
                let number = operation.number;
                let working = ledger.working(number).len();
                let state = order.operation(number).map(|operation| operation.state);
                let there = (ledger.output(Some(number)), working, state);
                self.same(
                    "an operation",
                    &(operation.output, operation.working.len(), Some(operation.state)),
                    &there,
                );
            }
            self.same(
                "unsent on the order",
                &detail.unsent.iter().filter(|it| it.refusal.is_none()).count(),
                &0,
            );
        }

        let page = self
            .device()
            .ask(now, Stock { search: String::new(), location: None, after: None, limit: 100 })?;
        let here: BTreeMap<MaterialId, Amount> = page
            .items
            .iter()
            .map(|row| (row.material, row.on_hand))
            .filter(|(_, sum)| !sum.is_zero())
            .collect();
        let mut there: BTreeMap<MaterialId, Amount> = BTreeMap::new();
        for (key, amount) in self.world.server.stock().iter() {
            let sum = there.entry(key.material).or_default();
            *sum = sum.plus(amount);
        }
        there.retain(|_, sum| !sum.is_zero());
        self.same("stock by material", &here, &there);
        self.exceptions(now)
    }

    fn ledgers(&self) -> BTreeMap<WorkOrderId, shared_model::ledger::OrderLedger> {
        let mut ledgers: BTreeMap<WorkOrderId, shared_model::ledger::OrderLedger> = BTreeMap::new();
        for fact in self.world.server.facts() {
            if let Some(order) = fact.order {
                ledgers.entry(order).or_default().apply(fact.clone());
            }
        }
        ledgers
    }

    fn exceptions(&mut self, now: i64) -> anyhow::Result<()> {
        let rows = self.device().ask(now, Exceptions { include_closed: false })?;
        let here: BTreeSet<FactId> = rows.iter().map(|row| row.id).collect();
        let mut there = BTreeSet::new();
        for fact in self.world.server.facts() {
            if let FactBody::ExceptionOpened(_) = fact.body {
                there.insert(fact.id);
            }
        }
        for fact in self.world.server.facts() {
            if let FactBody::ExceptionClosed { exception, .. } = &fact.body {
                there.remove(exception);
            }
        }
        self.same("open exceptions", &here, &there);
        Ok(())
    }
}
