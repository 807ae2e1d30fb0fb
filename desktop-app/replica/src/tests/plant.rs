//! A small plant: its records, a server in memory, and devices.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use serde_json::{Value, json};
use shared_model::actor::{Actor, ActorEpoch, automerge_actor};
use shared_model::bom::{Bom, BomLine};
use shared_model::command::{Command, Envelope};
use shared_model::fact::FactBody;
use shared_model::host::{
    Exceptions, HostError, Movements, OrderDetail, OrderOf, OrderSort, Outbox, OutboxItem, Query, QueueOf,
    ReadModel, Saved, SessionUser, Stations, Stock, StockDetail, StockOf, WorkOrders,
};
use shared_model::ids::{CommandId, DepartmentId, FactId, FeedId, WorkOrderId};
use shared_model::material::{Material, Procurement, Tracking};
use shared_model::money::Currency;
use shared_model::number::{Number, NumberLease};
use shared_model::people::{Role, RoleAssignment, User};
use shared_model::plant::{Location, LocationKind, Organization, Plant, WorkCenter, WorkCenterKind};
use shared_model::production::{ProductionReport, Scrap};
use shared_model::quantity::{Amount, Dimension, UnitCode, UnitOfMeasure};
use shared_model::reason::{Reason, ReasonKind};
use shared_model::record::Record;
use shared_model::refusal::Refusal;
use shared_model::routing::{Routing, RoutingOperation};
use shared_model::stock::{StockKey, StockLevels};
use shared_model::sync::client::Link;
use shared_model::sync::fingerprint::{Range, of_archived, of_order};
use shared_model::sync::judge::{Judgement, OrderState, judge};
use shared_model::sync::wire::{
    ArchivedOrder, Batch, Chunk, Cursor, Entry, EntryChange, Item, ReceivedFact, Verdict, WholeOrder,
};
use shared_model::time::{Timestamp, Zone};
use shared_model::work_order::summary::Summary;
use shared_model::work_order::{NewWorkOrder, WorkOrder};
use uuid::Uuid;

use crate::{Enrollment, Error, Replica};

pub const ORGANIZATION: u128 = 1;
pub const PLANT: u128 = 2;
pub const ANN_OPERATOR: u128 = 11;
pub const BOB_OPERATOR: u128 = 12;
pub const SUE_SUPERVISOR: u128 = 13;
pub const STORE: u128 = 21;
pub const SHELF: u128 = 22;
pub const GOODS: u128 = 23;
pub const SAW: u128 = 31;
pub const BENCH: u128 = 32;
pub const WIDGET: u128 = 41;
pub const STEEL: u128 = 42;
pub const BURR: u128 = 51;
pub const LUNCH: u128 = 52;

/// Thursday, 24 September 2026, 06:00 in Berlin.
pub const START: i64 = 1_790_222_400_000;

pub fn id<T: From<Uuid>>(n: u128) -> T {
    Uuid::from_u128(n).into()
}

pub fn order(n: u128) -> WorkOrderId {
    id(1000 + n)
}

fn number(text: &str) -> Number {
    Number::parse(text).expect("a number")
}

fn user(n: u128, name: &str, role: Role) -> Record {
    let roles = vec![RoleAssignment { role, plant: None, department: None }];
    Record::User(User { id: id(n), name: name.to_owned(), is_active: true, roles })
}

fn location(n: u128, path: &str) -> Record {
    Record::Location(Location {
        id: id(n),
        name: path.rsplit('/').next().unwrap_or(path).to_owned(),
        path: path.to_owned(),
        parent: None,
        kind: LocationKind::Warehouse,
        is_active: true,
    })
}

fn center(n: u128, code: &str) -> Record {
    center_of(n, code, None)
}

pub fn center_of(n: u128, code: &str, department: Option<DepartmentId>) -> Record {
    Record::WorkCenter(WorkCenter {
        id: id(n),
        code: number(code),
        name: code.to_owned(),
        kind: WorkCenterKind::Assembly,
        department,
        location: None,
        is_active: true,
    })
}

pub fn material(n: u128, code: &str, name: &str, minimum: i32) -> Record {
    Record::Material(Material {
        id: id(n),
        number: number(code),
        name: name.to_owned(),
        description: String::new(),
        category: String::new(),
        unit: UnitCode::new("pcs"),
        procurement: Procurement::Both,
        tracking: Tracking::None,
        minimum_stock: Amount::whole(minimum),
        revision: String::new(),
        keywords: String::new(),
        alternate_units: Vec::new(),
        is_active: true,
    })
}

fn reason(n: u128, kind: ReasonKind, name: &str) -> Record {
    Record::Reason(Reason {
        id: id(n),
        kind,
        code: number(name),
        name: name.to_owned(),
        icon: None,
        position: 0,
        is_active: true,
    })
}

fn organization_records() -> Vec<Record> {
    let line = BomLine {
        line: 10,
        component: id(STEEL),
        quantity: Amount::whole(2),
        unit: UnitCode::new("pcs"),
        scrap_percent: Amount::ZERO,
        operation: Some(10),
        is_phantom: false,
        is_backflush: true,
        reference: String::new(),
    };
    vec![
        Record::Organization(Organization {
            id: id(ORGANIZATION),
            code: number("ACME"),
            name: "Acme".to_owned(),
        }),
        user(ANN_OPERATOR, "Ann", Role::Operator),
        user(BOB_OPERATOR, "Bob", Role::Operator),
        user(SUE_SUPERVISOR, "Sue", Role::Supervisor),
        Record::Unit(UnitOfMeasure {
            code: UnitCode::new("pcs"),
            name: "pieces".to_owned(),
            dimension: Dimension::Count,
            factor: 1.into(),
        }),
        material(WIDGET, "W-100", "Widget", 0),
        material(STEEL, "S-7", "Steel bar", 50),
        Record::Bom(Bom {
            id: id(60),
            material: id(WIDGET),
            version: 1,
            base_quantity: Amount::ONE,
            effective_from: None,
            effective_until: None,
            is_active: true,
            lines: vec![line],
        }),
    ]
}

fn plant_records() -> Vec<Record> {
    let operation = |number, name: &str, center| RoutingOperation {
        number,
        name: name.to_owned(),
        work_center: id(center),
        setup_minutes: Amount::whole(5),
        run_minutes: Amount::ONE,
        instructions: format!("{name} with care"),
    };
    vec![
        Record::Plant(Plant {
            id: id(PLANT),
            code: number("P1"),
            name: "Plant 1".to_owned(),
            zone: Zone::parse("Europe/Berlin").expect("a zone"),
            currency: Currency::parse("EUR").expect("a currency"),
            default_location: Some(id(STORE)),
        }),
        location(STORE, "Store"),
        location(SHELF, "Store/Shelf"),
        location(GOODS, "Goods"),
        center(SAW, "SAW-1"),
        center(BENCH, "BENCH-1"),
        reason(BURR, ReasonKind::Scrap, "Burr"),
        reason(LUNCH, ReasonKind::Pause, "Lunch"),
        Record::Routing(Routing {
            id: id(61),
            material: id(WIDGET),
            version: 1,
            is_active: true,
            operations: vec![operation(10, "Cut", SAW), operation(20, "Assemble", BENCH)],
        }),
    ]
}

/// The server: two feeds, and a judge. A clone is a backup.
#[derive(Clone, Default)]
pub struct Server {
    pub organization: Vec<Entry>,
    pub plant: Vec<Entry>,
    orders: BTreeMap<WorkOrderId, OrderState>,
    stock: StockLevels,
    verdicts: BTreeMap<CommandId, Verdict>,
    /// Commands that it refuses whatever they say.
    pub refuses: BTreeMap<CommandId, Refusal>,
    clock: i64,
}

impl Server {
    pub fn new() -> Self {
        let mut server = Self::default();
        for record in organization_records() {
            server.put(false, record);
        }
        for record in plant_records() {
            server.put(true, record);
        }
        server
    }

    pub fn put(&mut self, in_plant: bool, record: Record) {
        self.append(in_plant, None, EntryChange::Record(record));
    }

    fn append(&mut self, in_plant: bool, command: Option<CommandId>, change: EntryChange) {
        self.clock += 1;
        let received_at = Timestamp::from_millis(START + self.clock);
        let feed = if in_plant { &mut self.plant } else { &mut self.organization };
        feed.push(Entry { seq: feed.len() as u64 + 1, received_at, command, change });
    }

    /// The same command gets the same verdict.
    pub fn push(&mut self, envelope: &Envelope) -> (CommandId, Verdict) {
        if let Some(verdict) = self.verdicts.get(&envelope.id) {
            return (envelope.id, verdict.clone());
        }
        let verdict = self.judged(envelope);
        if !matches!(verdict, Verdict::Rebase { .. }) {
            self.verdicts.insert(envelope.id, verdict.clone());
        }
        (envelope.id, verdict)
    }

    /// What a revoked device hands in is kept and does nothing, unless it has its verdict.
    pub fn hand_in(&mut self, envelope: &Envelope) -> (CommandId, Verdict) {
        self.refuses.insert(envelope.id, Refusal::DeviceRevoked);
        self.push(envelope)
    }

    /// Brings an order's document to another version of its shape, as only a server does.
    pub fn migrate(&mut self, order: WorkOrderId, schema: u32) {
        let state = self.orders.get_mut(&order).expect("an order");
        let found = state.document.order().expect("read").expect("an order");
        let author = automerge_actor(Uuid::nil().into(), found.created_by, ActorEpoch::default());
        let after = WorkOrder { schema, ..found };
        let at = Timestamp::from_millis(START);
        let change = state.document.write(&after, &author, at).expect("written").expect("a change");
        let change = change.raw_bytes().to_vec();
        self.append(true, None, EntryChange::Document { id: order, change });
    }

    pub fn verdict(&self, command: CommandId) -> Option<&Verdict> {
        self.verdicts.get(&command)
    }

    fn judged(&mut self, envelope: &Envelope) -> Verdict {
        if let Some(refusal) = self.refuses.get(&envelope.id) {
            return Verdict::Refused(refusal.clone());
        }
        let role = match envelope.user.uuid().as_u128() {
            ANN_OPERATOR | BOB_OPERATOR => Role::Operator,
            _ => Role::Supervisor,
        };
        let actor = Actor::new(envelope.user, envelope.device, id(PLANT), vec![role]);
        let received_at = Timestamp::from_millis(START + 3_600_000);
        let mut none = OrderState::default();
        let order = envelope.command.order();
        let state = order.map_or(&mut none, |order| self.orders.entry(order).or_default());
        match judge(envelope, state, &mut self.stock, &actor, received_at).expect("a sound document") {
            Judgement::Refused(refusal) => Verdict::Refused(refusal),
            Judgement::Rebase => Verdict::Rebase { epoch: envelope.epoch.0 },
            Judgement::Accepted(accepted) => {
                if let (Some(change), Some(id)) = (accepted.change, order) {
                    self.append(true, Some(envelope.id), EntryChange::Document { id, change });
                }
                for fact in accepted.facts {
                    self.append(true, Some(envelope.id), EntryChange::Fact(fact));
                }
                Verdict::Accepted { seq: self.plant.len() as u64 }
            }
        }
    }

    /// The last sequence number of the plant's feed.
    pub fn head(&self) -> u64 {
        self.plant.len() as u64
    }

    /// Devices let go of orders.
    pub fn archive(&mut self, orders: &[WorkOrderId]) {
        self.append(true, None, EntryChange::Archived(orders.to_vec()));
    }

    /// As if nothing had ever been archived.
    pub fn forget_archived(&mut self) {
        for entry in &mut self.plant {
            if let EntryChange::Archived(orders) = &mut entry.change {
                orders.clear();
            }
        }
    }

    /// The last entry that concerned an order.
    fn touched(&self, order: WorkOrderId) -> u64 {
        let concerns = |entry: &&Entry| match &entry.change {
            EntryChange::Fact(fact) => fact.order == Some(order),
            EntryChange::Document { id, .. } => *id == order,
            EntryChange::Record(_) | EntryChange::Archived(_) => false,
        };
        self.plant.iter().rev().find(concerns).map_or(0, |entry| entry.seq)
    }

    /// The archived orders that nothing concerned since.
    fn resting(&self) -> BTreeSet<WorkOrderId> {
        let archived = self.plant.iter().flat_map(|entry| match &entry.change {
            EntryChange::Archived(orders) => orders.iter().map(|order| (*order, entry.seq)).collect(),
            _ => Vec::new(),
        });
        archived.filter(|(order, seq)| self.touched(*order) < *seq).map(|(order, _)| order).collect()
    }

    /// An order with everything that belongs to it.
    pub fn whole(&self, order: WorkOrderId) -> WholeOrder {
        let mut document = self.orders[&order].document.clone();
        let facts = self.plant.iter().filter_map(|entry| match &entry.change {
            EntryChange::Fact(fact) if fact.order == Some(order) => {
                Some(ReceivedFact { received_at: entry.received_at, fact: fact.clone() })
            }
            _ => None,
        });
        WholeOrder {
            seq: self.touched(order),
            summary: Summary::of(&document.order().expect("read").expect("an order")),
            document: document.save().expect("small"),
            facts: facts.collect(),
        }
    }

    /// The orders behind one of them, `size` at most, as they are now.
    pub fn range(&self, after: WorkOrderId, size: usize, each: bool) -> Range {
        let resting = self.resting();
        let is_made = |order: &&WorkOrderId| {
            self.orders[*order].document.clone().order().is_ok_and(|order| order.is_some())
        };
        let here = self.orders.keys().filter(|order| **order > after).filter(is_made).take(size);
        let print = |order: &WorkOrderId| {
            if resting.contains(order) {
                return of_archived(*order);
            }
            let WholeOrder { facts, .. } = self.whole(*order);
            let heads = self.orders[order].document.clone().heads();
            of_order(*order, &heads, facts.iter().map(|received| received.fact.id).collect())
        };
        let prints = here.map(|order| (*order, print(order))).collect();
        let beside = self.plant.iter().filter_map(|entry| match &entry.change {
            EntryChange::Fact(fact) if fact.order.is_none() => Some(fact.id),
            _ => None,
        });
        let range = Range::of(prints, Vec::new(), size, each);
        Range { beside: range.is_last().then(|| beside.collect()), ..range }
    }

    /// What a feed came to, in chunks of `size` items.
    pub fn snapshot(&self, feed: FeedId, size: usize) -> Vec<Chunk> {
        let entries = if feed == id(PLANT) { &self.plant } else { &self.organization };
        let resting = self.resting();
        let of_plant = self.orders.iter().filter(|_| feed == id(PLANT));
        let orders = of_plant.clone().filter_map(|(id, state)| {
            let mut document = state.document.clone();
            let summary = Box::new(Summary::of(&document.order().expect("an order")?));
            Some(if resting.contains(id) {
                let output = operations(state).map(|number| (number, state.ledger.output(number))).collect();
                Item::Archived(Box::new(ArchivedOrder { summary: *summary, output }))
            } else {
                Item::Order { summary, document: document.save().expect("small") }
            })
        });
        let sums =
            of_plant.filter(|(id, _)| resting.contains(id)).flat_map(|(_, state)| state.ledger.moved());
        let records = entries.iter().filter_map(|entry| match &entry.change {
            EntryChange::Record(record) => Some(Item::Record(record.clone())),
            _ => None,
        });
        let facts = entries.iter().filter_map(|entry| match &entry.change {
            EntryChange::Fact(fact) if fact.order.is_none_or(|order| !resting.contains(&order)) => {
                Some(Item::Fact { received_at: entry.received_at, fact: fact.clone() })
            }
            _ => None,
        });
        let others = facts.chain([Item::ArchivedStock(sums.collect())]);
        let mut parts: Vec<Vec<Item>> = vec![Vec::new()];
        // In the order of need, as the server's.
        for item in records.chain(orders).chain(others) {
            let part = parts.last_mut().expect("there is one");
            let stays = part.last().is_none_or(|before| item.stays_with(before));
            if part.len() >= size && !stays {
                parts.push(vec![item]);
            } else {
                part.push(item);
            }
        }
        let (seq, count) = (entries.len() as u64, parts.len());
        let chunk = |(index, items): (usize, Vec<Item>)| Chunk {
            feed,
            seq,
            index: u32::try_from(index).expect("small"),
            is_last: index + 1 == count,
            check: None,
            items,
        };
        parts.into_iter().enumerate().map(chunk).collect()
    }

    /// The next batch of a feed, on the boundary of a command; of at most about `limit` entries.
    pub fn batch(&self, cursor: Cursor, limit: usize) -> Option<Batch> {
        let feed = if cursor.feed == id(PLANT) { &self.plant } else { &self.organization };
        let after = usize::try_from(cursor.seq).expect("small");
        let mut end = (after + limit).min(feed.len());
        while end > after
            && end < feed.len()
            && feed[end].command.is_some()
            && feed[end].command == feed[end - 1].command
        {
            end += 1;
        }
        (end > after).then(|| Batch {
            feed: cursor.feed,
            after: cursor.seq,
            until: end as u64,
            head: feed.len() as u64,
            check: None,
            entries: feed[after..end].to_vec(),
        })
    }

    pub fn good(&self, order: WorkOrderId, operation: u32) -> Amount {
        self.orders[&order].ledger.output(Some(operation)).good
    }

    pub fn on_hand(&self, material: u128, location: u128) -> Amount {
        self.stock.on_hand(&StockKey::of(id(material), Some(id(location))))
    }

    pub fn fact_count(&self) -> usize {
        self.plant.iter().filter(|entry| matches!(entry.change, EntryChange::Fact(_))).count()
    }
}

/// The operations that something was reported on.
fn operations(state: &OrderState) -> impl Iterator<Item = Option<u32>> {
    let reported = state.ledger.facts().filter_map(|fact| match &fact.body {
        FactBody::ProductionReported(report) => Some(report.operation),
        _ => None,
    });
    reported.collect::<BTreeSet<_>>().into_iter()
}

/// A device, with somebody at it.
pub struct Device {
    pub replica: Replica,
    pub now: Timestamp,
    n: u128,
    pressed: u64,
}

pub fn memory() -> Connection {
    Connection::open_in_memory().expect("memory")
}

impl Device {
    /// Enrolled and signed in, with nothing synced.
    pub fn new(n: u128, user: u128) -> Self {
        Self::on(memory(), memory(), n, user)
    }

    pub fn on(outbox: Connection, replica: Connection, n: u128, user: u128) -> Self {
        let mut replica = Replica::open(outbox, replica).expect("opens");
        replica.new_device_key([7; 32]).expect("stored");
        replica.enrolled(&enrollment(n)).expect("stored");
        let mut device = Self { replica, now: Timestamp::from_millis(START), n, pressed: 0 };
        device.sign_in(user);
        device
    }

    /// A device that has files already.
    pub fn again(replica: Replica, n: u128) -> Self {
        Self { replica, now: Timestamp::from_millis(START), n, pressed: 0 }
    }

    /// In step with the server, and with numbers for new orders.
    pub fn ready(server: &mut Server, n: u128, user: u128) -> Self {
        let mut device = Self::new(n, user);
        let next = u64::try_from(n).expect("small") * 1000;
        device.replica.keep(&NumberLease { prefix: "WO-".to_owned(), next, end: next + 50 }).expect("kept");
        device.sync(server);
        device
    }

    pub fn sign_in(&mut self, user: u128) {
        let (name, role) = match user {
            ANN_OPERATOR => ("Ann", Role::Operator),
            BOB_OPERATOR => ("Bob", Role::Operator),
            _ => ("Sue", Role::Supervisor),
        };
        let user = SessionUser { id: id(user), name: name.to_owned(), roles: vec![role] };
        self.replica.signed_in(&user).expect("stored");
    }

    /// Presses a button, a second after the last one.
    pub fn press(&mut self, command: Command) -> Result<Saved, HostError> {
        let (now, random) = self.later();
        self.replica.command(command, now, random)
    }

    /// A second later, and the randomness of the press that follows.
    pub fn later(&mut self) -> (Timestamp, [u8; 16]) {
        self.now = self.now.plus_millis(1000);
        self.pressed += 1;
        let mut random = [0; 16];
        random[..8].copy_from_slice(&self.pressed.to_be_bytes());
        random[8..].copy_from_slice(&u64::try_from(self.n).expect("small").to_be_bytes());
        (self.now, random)
    }

    pub fn must(&mut self, command: Command) -> Saved {
        self.press(command).expect("saved")
    }

    pub fn ask<Q: ReadModel>(&self, query: Q) -> Q::View {
        let view = self.replica.query(query.into(), self.now).expect("an answer");
        serde_json::from_value(view).expect("the view's type")
    }

    pub fn order(&self, order: WorkOrderId) -> OrderDetail {
        self.ask(OrderOf { order })
    }

    pub fn outbox(&self) -> Vec<OutboxItem> {
        self.ask(Outbox {})
    }

    pub fn stock_of(&self, material: u128) -> StockDetail {
        self.ask(StockOf { material: id(material) })
    }

    pub fn unsent(&self) -> Vec<Envelope> {
        self.replica.unsent(0, 1000).expect("reads")
    }

    /// Pushes everything, without telling the device what came of it.
    pub fn push(&mut self, server: &mut Server) -> Vec<(CommandId, Verdict)> {
        let unsent = self.unsent();
        let ids: Vec<_> = unsent.iter().map(|envelope| envelope.id).collect();
        self.replica.mark_sent(&ids).expect("marked");
        unsent.iter().map(|envelope| server.push(envelope)).collect()
    }

    /// Fetches snapshots of both feeds.
    pub fn fetch(&mut self, server: &Server, size: usize) {
        for cursor in self.replica.cursors().expect("enrolled") {
            for chunk in server.snapshot(cursor.feed, size) {
                self.replica.place(chunk).expect("placed");
            }
        }
        self.is_in_step();
    }

    /// Pulls everything, in batches of about `limit` entries.
    pub fn pull_by(&mut self, server: &Server, limit: usize) {
        for cursor in self.replica.cursors().expect("enrolled") {
            let mut cursor = cursor;
            while let Some(batch) = server.batch(cursor, limit) {
                cursor.seq = self.replica.apply(batch).expect("applied").seq;
            }
        }
        self.is_in_step();
    }

    /// What a driver says when everything that the server has is here.
    fn is_in_step(&mut self) {
        self.replica.set_link(Link::Online, self.now).expect("written");
    }

    /// Pulls the organization's feed, and the plant's up to `seq`.
    pub fn pull_until(&mut self, server: &Server, seq: u64) {
        for cursor in self.replica.cursors().expect("enrolled") {
            let mut cursor = cursor;
            while let Some(batch) = server.batch(cursor, 1) {
                if cursor.feed == id(PLANT) && batch.until > seq {
                    break;
                }
                cursor.seq = self.replica.apply(batch).expect("applied").seq;
            }
        }
    }

    pub fn pull(&mut self, server: &Server) {
        self.pull_by(server, 7);
    }

    /// Pushes and pulls until there is nothing left to say.
    pub fn sync(&mut self, server: &mut Server) {
        for _ in 0..10 {
            let verdicts = self.push(server);
            self.replica.settle(verdicts).expect("settled");
            self.pull(server);
            // What waited for something that the feed brought is sent now.
            if self.unsent().is_empty() {
                break;
            }
        }
        assert!(self.unsent().is_empty(), "the device and the server do not come to an end");
    }

    /// Closes and opens the files.
    pub fn reopen(self) -> Self {
        let (outbox, replica) = self.replica.into_connections();
        Self { replica: Replica::open(outbox, replica).expect("opens"), ..self }
    }

    /// Loses the replica file.
    pub fn lose_replica(self) -> Self {
        let (outbox, _) = self.replica.into_connections();
        Self { replica: Replica::open(outbox, memory()).expect("opens"), ..self }
    }

    /// Everything that the screens show, and the pending layer's tables.
    pub fn picture(&self) -> Value {
        let mut picture = BTreeMap::new();
        let mut show = |name: String, query: Query| {
            let view = match self.replica.query(query, self.now) {
                // A replica that is not whole says what it does not know.
                Err(HostError::Rejected { message }) => json!(message),
                view => view.expect("an answer"),
            };
            picture.insert(name, view);
        };
        let orders = WorkOrders {
            search: String::new(),
            stages: Vec::new(),
            sort: OrderSort::Number,
            after: None,
            limit: 500,
        };
        let listed = self.ask(orders.clone());
        for row in &listed.items {
            show(format!("order {}", row.number), OrderOf { order: row.id }.into());
        }
        show("orders".into(), orders.into());
        show("stations".into(), Stations {}.into());
        for station in [SAW, BENCH] {
            show(format!("queue {station}"), QueueOf { work_center: id(station), limit: 100 }.into());
        }
        show("stock".into(), Stock { search: String::new(), location: None, after: None, limit: 500 }.into());
        for material in [WIDGET, STEEL] {
            show(format!("stock of {material}"), StockOf { material: id(material) }.into());
        }
        show(
            "movements".into(),
            Movements { material: None, location: None, after: None, limit: 500 }.into(),
        );
        show("exceptions".into(), Exceptions { include_closed: true }.into());
        show("outbox".into(), Outbox {}.into());
        for table in TABLES {
            picture.insert(format!("table {table}"), self.dump(table));
        }
        json!(picture)
    }

    fn dump(&self, table: &str) -> Value {
        let connection = &self.replica.replica;
        let mut statement = connection.prepare(&format!("select * from {table}")).expect("a table");
        let columns = statement.column_count();
        let mut rows: Vec<String> = statement
            .query_map([], |row| {
                let values: Result<Vec<_>, _> = (0..columns)
                    .map(|column| row.get_ref(column).map(|value| format!("{value:?}")))
                    .collect();
                Ok(values?.join(" "))
            })
            .expect("rows")
            .collect::<Result<_, _>>()
            .expect("rows");
        rows.sort();
        json!(rows)
    }
}

/// The tables that are the same however the replica came to them. A document's bytes depend on how
/// its changes were batched.
const TABLES: [&str; 17] = [
    "record",
    "label",
    "material",
    "work_order",
    "operation",
    "clock",
    "fact",
    "output",
    "movement",
    "stock",
    "pending_command",
    "pending_fact",
    "pending_output",
    "pending_movement",
    "pending_work_order",
    "pending_operation",
    "pending_clock",
];

pub fn enrollment(n: u128) -> Enrollment {
    Enrollment {
        device: id(900 + n),
        organization: id(ORGANIZATION),
        plant: id(PLANT),
        server_url: "http://127.0.0.1:8080".to_owned(),
        device_name: format!("Tablet {n}"),
        organization_feed: id(ORGANIZATION),
        plant_feed: id(PLANT),
        organization_name: "Acme".to_owned(),
        plant_name: "Plant 1".to_owned(),
        zone: "Europe/Berlin".to_owned(),
        currency: "EUR".to_owned(),
    }
}

pub fn new_order(n: u128, quantity: i32) -> NewWorkOrder {
    NewWorkOrder {
        id: order(n),
        number: None,
        title: format!("Order {n}"),
        material: id(WIDGET),
        quantity: Amount::whole(quantity),
        unit: None,
        due_on: None,
        priority: 5,
        output_location: Some(id(GOODS)),
        operations: Vec::new(),
    }
}

pub fn create(n: u128, quantity: i32) -> Command {
    Command::CreateWorkOrder(new_order(n, quantity))
}

pub fn release(n: u128) -> Command {
    Command::release(order(n))
}

pub fn start(n: u128, operation: u32) -> Command {
    Command::StartOperation { order: order(n), operation }
}

pub fn finish(n: u128, operation: u32) -> Command {
    Command::FinishOperation { order: order(n), operation }
}

pub fn pause(n: u128, operation: u32) -> Command {
    Command::PauseOperation { order: order(n), operation, reason: None, note: String::new() }
}

pub fn resume(n: u128, operation: u32) -> Command {
    Command::ResumeOperation { order: order(n), operation }
}

pub fn report(n: u128, operation: u32, good: i32, scrap: i32) -> Command {
    let scrap = (scrap > 0).then(|| Scrap { amount: Amount::whole(scrap), reason: Some(id(BURR)) });
    Command::ReportProduction {
        order: order(n),
        report: ProductionReport {
            operation: Some(operation),
            good: Amount::whole(good),
            scrap: scrap.into_iter().collect(),
            ..ProductionReport::default()
        },
    }
}

pub fn void(n: u128, report: FactId) -> Command {
    Command::VoidReport { order: order(n), report, reason: "wrong number".to_owned() }
}

pub fn cancel(n: u128) -> Command {
    Command::cancel(order(n), "customer withdrew".to_owned())
}

pub fn receive(amount: i32) -> Command {
    Command::ReceiveStock {
        key: StockKey::of(id(STEEL), Some(id(SHELF))),
        amount: Amount::whole(amount),
        unit: UnitCode::default(),
        price: None,
        reference: String::new(),
    }
}

/// A server with an order of 50 on the floor and steel in the shelf, and a supervisor's device.
pub fn floor() -> (Server, Device) {
    let mut server = Server::new();
    let mut sue = Device::ready(&mut server, 1, SUE_SUPERVISOR);
    sue.must(receive(1000));
    sue.must(create(1, 50));
    sue.must(release(1));
    sue.sync(&mut server);
    (server, sue)
}

pub fn refusal(result: Result<Saved, HostError>) -> Refusal {
    match result {
        Err(HostError::Refused { refusal }) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

pub fn whole(count: i32) -> Amount {
    Amount::whole(count)
}

pub fn is_gap(error: &Error) -> bool {
    matches!(error, Error::Gap { .. })
}
