//! A small plant on a database of its own, and tablets that decide like devices.

use std::collections::BTreeMap;

use shared_model::actor::{Actor, ActorEpoch, automerge_actor};
use shared_model::bom::{Bom, BomLine};
use shared_model::command::{Command, Envelope, Scene, decide};
use shared_model::ids::{
    BomId, CommandId, DeviceId, IdSource, LocationId, MaterialId, UserId, WorkCenterId, WorkOrderId,
};
use shared_model::material::{Material, Procurement, Tracking};
use shared_model::number::Number;
use shared_model::people::Role;
use shared_model::plant::{Location, LocationKind};
use shared_model::production::{ProductionReport, Scrap};
use shared_model::quantity::{Amount, Dimension, UnitCode, UnitOfMeasure};
use shared_model::record::Record;
use shared_model::stock::{StockKey, StockLevels};
use shared_model::sync::judge::OrderState;
use shared_model::sync::wire::Verdict;
use shared_model::sync::wire::stored::ReceivedEnvelope;
use shared_model::time::Timestamp;
use shared_model::work_order::{MaterialLine, NewWorkOrder, Operation, OperationState};

use crate::db::{Pools, TenantTx, record, stock, work_order};
use crate::edge;
use crate::sync::{Fault, Sender, Sync};
use crate::testing::{TestDb, World};

/// A plant that makes carts of four wheels.
pub(crate) struct Floor {
    pub pools: Pools,
    _db: Option<TestDb>,
    pub world: World,
    pub sync: Sync,
    pub cart: MaterialId,
    pub wheel: MaterialId,
    pub bom: BomId,
    pub store: LocationId,
    ids: IdSource,
}

impl Floor {
    pub(crate) async fn new() -> Self {
        let db = TestDb::new().await;
        let world = db.world().await;
        let floor = Self::in_world(db.pools().clone(), world).await;
        Self { _db: Some(db), ..floor }
    }

    pub(crate) async fn in_world(pools: Pools, world: World) -> Self {
        let sync = Sync::start(pools.clone());
        let mut ids = edge::ids();
        let (cart, wheel, bom, store) = (ids.draw(), ids.draw(), ids.draw(), ids.draw());
        let floor = Self { pools, _db: None, world, sync, cart, wheel, bom, store, ids };
        floor.write_records().await;
        floor
    }

    async fn write_records(&self) {
        let mut tx = self.tx().await;
        let shared = [
            Record::Unit(UnitOfMeasure {
                code: pieces(),
                name: "pieces".to_owned(),
                dimension: Dimension::Count,
                factor: rust_decimal::Decimal::ONE,
            }),
            material(self.cart, "CART", Procurement::Manufacture),
            material(self.wheel, "WHEEL", Procurement::Purchase),
            Record::Bom(self.bom_of(self.bom, 1, 4)),
        ];
        record::put_all(&mut tx, None, &shared).await.expect("records");
        let store = Record::Location(Location {
            id: self.store,
            name: "Store".to_owned(),
            path: "Store".to_owned(),
            parent: None,
            kind: LocationKind::Warehouse,
            is_active: true,
        });
        record::put(&mut tx, Some(self.world.plant), &store).await.expect("a location");
        tx.commit().await.expect("a commit");
    }

    pub(crate) fn bom_of(&self, id: BomId, version: u32, wheels: i32) -> Bom {
        Bom {
            id,
            material: self.cart,
            version,
            base_quantity: Amount::ONE,
            effective_from: None,
            effective_until: None,
            is_active: true,
            lines: vec![BomLine {
                line: 10,
                component: self.wheel,
                quantity: Amount::whole(wheels),
                unit: pieces(),
                scrap_percent: Amount::ZERO,
                operation: None,
                is_phantom: false,
                is_backflush: true,
                reference: String::new(),
            }],
        }
    }

    pub(crate) async fn tx(&self) -> TenantTx {
        self.world.tx(&self.pools).await
    }

    pub(crate) async fn tablet(&self, role: Role) -> Tablet {
        let device = self.world.device(&self.pools).await;
        Tablet {
            sender: Sender::Device(device),
            device,
            user: self.world.user(role),
            world: self.world.clone(),
            role,
            epoch: ActorEpoch(0),
            sequence: 0,
            orders: BTreeMap::new(),
            ids: edge::ids(),
            started_at: edge::now(),
            clock: None,
        }
    }

    /// A tablet with a released order of `quantity` carts, which the server knows too.
    pub(crate) async fn tablet_with_order(&mut self, quantity: i32) -> (Tablet, WorkOrderId) {
        let mut planner = self.tablet(Role::PlantManager).await;
        let (order, create) = self.create(quantity);
        let commands = vec![planner.press(create), planner.press(self.release(order, quantity))];
        let verdicts = self.send(&planner, commands).await.expect("committed");
        assert!(verdicts.iter().all(is_accepted), "{verdicts:?}");
        (planner, order)
    }

    pub(crate) fn create(&mut self, quantity: i32) -> (WorkOrderId, Command) {
        let id: WorkOrderId = self.ids.draw();
        let number = format!("WO-{}", &id.uuid().simple().to_string()[20..]);
        (id, self.create_numbered(id, quantity, &number))
    }

    pub(crate) fn create_numbered(&self, id: WorkOrderId, quantity: i32, number: &str) -> Command {
        let operation = |number: u32, name: &str| Operation {
            number,
            name: name.to_owned(),
            work_center: None::<WorkCenterId>,
            setup_minutes: Amount::ZERO,
            run_minutes: Amount::ONE,
            instructions: String::new(),
            state: OperationState::Pending,
        };
        Command::CreateWorkOrder(NewWorkOrder {
            id,
            number: Number::parse(number).ok(),
            title: "Carts".to_owned(),
            material: self.cart,
            quantity: Amount::whole(quantity),
            unit: Some(pieces()),
            due_on: None,
            priority: 5,
            output_location: Some(self.store),
            operations: vec![operation(10, "Weld"), operation(20, "Assemble")],
        })
    }

    pub(crate) fn release(&self, order: WorkOrderId, quantity: i32) -> Command {
        let wheels = MaterialLine {
            material: self.wheel,
            planned: Amount::whole(quantity * 4),
            unit: pieces(),
            operation: None,
            is_backflush: true,
            location: Some(self.store),
        };
        Command::ReleaseWorkOrder { order, bom: Some(self.bom), materials: vec![wheels], planned_for: None }
    }

    pub(crate) fn receive(&self, wheels: i32) -> Command {
        Command::ReceiveStock {
            key: StockKey::of(self.wheel, Some(self.store)),
            amount: Amount::whole(wheels),
            unit: pieces(),
            price: None,
            reference: String::new(),
        }
    }

    pub(crate) async fn send(
        &self,
        tablet: &Tablet,
        commands: Vec<Envelope>,
    ) -> Result<Vec<(CommandId, Verdict)>, Fault> {
        send(&self.sync, tablet, &commands).await
    }

    /// Sends one command and gives its verdict.
    pub(crate) async fn judge(&self, tablet: &Tablet, command: Envelope) -> Verdict {
        let mut verdicts = self.send(tablet, vec![command]).await.expect("committed");
        verdicts.pop().expect("a verdict").1
    }

    pub(crate) async fn on_hand(&self, material: MaterialId) -> Amount {
        let key = StockKey::of(material, Some(self.store));
        let found = stock::levels(&mut self.tx().await, self.world.plant, [&key]).await.expect("levels");
        found.into_iter().map(|(_, amount)| amount).sum()
    }

    pub(crate) async fn row(&self, order: WorkOrderId) -> work_order::Listed {
        let mut tx = self.tx().await;
        work_order::find(&mut tx, self.world.plant, order).await.expect("a query").expect("an order")
    }

    pub(crate) async fn open_exceptions(&self) -> Vec<String> {
        let kinds = sqlx::query_scalar("select kind from exception where closed_at is null order by kind");
        kinds.fetch_all(self.tx().await.conn()).await.expect("a query")
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        let sql = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        sqlx::query_scalar(sql).fetch_one(self.tx().await.conn()).await.expect("a query")
    }
}

pub(crate) async fn send(
    sync: &Sync,
    tablet: &Tablet,
    commands: &[Envelope],
) -> Result<Vec<(CommandId, Verdict)>, Fault> {
    let received = commands.iter().map(ReceivedEnvelope::from).collect();
    sync.submit(tablet.world.organization, tablet.world.plant, tablet.sender, received).await
}

pub(crate) fn is_accepted((_, verdict): &(CommandId, Verdict)) -> bool {
    matches!(verdict, Verdict::Accepted { .. })
}

pub(crate) fn pieces() -> UnitCode {
    UnitCode::new("pcs")
}

fn material(id: MaterialId, number: &str, procurement: Procurement) -> Record {
    Record::Material(Material {
        id,
        number: Number::parse(number).expect("a number"),
        name: number.to_owned(),
        description: String::new(),
        category: String::new(),
        unit: pieces(),
        procurement,
        tracking: Tracking::None,
        minimum_stock: Amount::ZERO,
        revision: String::new(),
        keywords: String::new(),
        alternate_units: Vec::new(),
        is_active: true,
    })
}

/// A device that has no network until its commands are sent: it decides on what it has.
#[derive(Clone)]
pub(crate) struct Tablet {
    pub sender: Sender,
    pub device: DeviceId,
    pub user: UserId,
    pub world: World,
    pub role: Role,
    pub epoch: ActorEpoch,
    sequence: u64,
    pub orders: BTreeMap<WorkOrderId, OrderState>,
    ids: IdSource,
    started_at: Timestamp,
    /// What its clock says, where that is wrong.
    pub clock: Option<Timestamp>,
}

impl Tablet {
    /// Presses a button: decides, applies, and gives what is to be sent.
    pub(crate) fn press(&mut self, command: Command) -> Envelope {
        let envelope = self.draft(command);
        self.decide(envelope)
    }

    /// Makes anew what was pressed before, as this device has the order now.
    pub(crate) fn press_again(&mut self, entered: Envelope) -> Envelope {
        self.decide(Envelope { change: None, epoch: self.epoch, ..entered })
    }

    fn decide(&mut self, mut envelope: Envelope) -> Envelope {
        let Some(id) = envelope.command.order() else { return envelope };
        let (actor, writer) = (self.actor(), automerge_actor(self.device, self.user, self.epoch));
        let state = self.orders.entry(id).or_default();
        let order = state.document.order().expect("a document");
        let scene = Scene {
            order: order.as_ref(),
            ledger: &state.ledger,
            stock: &StockLevels::default(),
            actor: &actor,
            now: envelope.occurred_at,
        };
        let effects = decide(&envelope, &scene).expect("allowed on the device");
        effects.facts.into_iter().for_each(|fact| state.ledger.apply(fact));
        if let Some(after) = effects.order {
            let change = state.document.write(&after, &writer, envelope.occurred_at).expect("writes");
            envelope.change = change.map(|change| change.raw_bytes().to_vec());
        }
        envelope
    }

    /// A command that was not decided.
    pub(crate) fn draft(&mut self, command: Command) -> Envelope {
        self.sequence += 1;
        let since = i64::try_from(self.sequence).expect("small") - 1_000_000;
        Envelope {
            id: self.ids.draw(),
            plant: self.world.plant,
            device: self.device,
            user: self.user,
            // Each a millisecond after the one before, and all in the past.
            occurred_at: self.clock.unwrap_or_else(|| self.started_at.plus_millis(since)),
            sequence: self.sequence,
            command,
            change: None,
            epoch: self.epoch,
        }
    }

    pub(crate) fn actor(&self) -> Actor {
        Actor::new(self.user, self.device, self.world.plant, vec![self.role])
    }

    /// What another tablet has of an order.
    pub(crate) fn learn(&mut self, order: WorkOrderId, from: &Self) {
        self.orders.insert(order, from.orders[&order].clone());
    }
}

pub(crate) fn report(order: WorkOrderId, good: i32, scrap: i32) -> Command {
    let scrap = match scrap {
        0 => Vec::new(),
        amount => vec![Scrap { amount: Amount::whole(amount), reason: None }],
    };
    let report =
        ProductionReport { operation: Some(20), good: Amount::whole(good), scrap, ..Default::default() };
    Command::ReportProduction { order, report }
}
