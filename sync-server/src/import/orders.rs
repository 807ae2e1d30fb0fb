//! Work orders, in the state that the file says.

use std::collections::{BTreeMap, HashSet};

use sha2::{Digest as _, Sha256};
use shared_model::actor::{ActorEpoch, automerge_actor};
use shared_model::bom::order_lines;
use shared_model::command::{Command, Supply, fill};
use shared_model::fact::{Fact, FactBody};
use shared_model::ids::{CommandId, IdSource, LocationId, MaterialId, WorkOrderId};
use shared_model::ledger::OrderLedger;
use shared_model::material::Material;
use shared_model::number::Number;
use shared_model::production::ProductionReport;
use shared_model::quantity::Amount;
use shared_model::refusal::Refusal;
use shared_model::time::{Date, Time, Timestamp};
use shared_model::work_order::document::Document;
use shared_model::work_order::{
    NewWorkOrder, OperationState, Stage, State, WorkOrder, WorkOrderEdit, default_priority,
};
use uuid::Uuid;

use super::run::{Import, ImportError, Outcome};
use super::table::{Bad, Row, Shape, Table};
use crate::db::work_order::{self, Listed};
use crate::db::{TenantTx, document, feed, stock};
use crate::sync::Draft;

pub(super) const WORK_ORDERS: Shape = Shape {
    file: "work_orders.csv",
    columns: &[
        "number",
        "material",
        "title",
        "planned_quantity",
        "completed_quantity",
        "state",
        "priority",
        "parent",
        "created_on",
        "due_on",
        "completed_on",
        "destination",
        "lot",
    ],
};

/// A row that is good by itself.
struct Line<'a> {
    row: Row<'a>,
    number: Number,
    material: Material,
    title: String,
    quantity: Amount,
    completed: Amount,
    stage: Stage,
    priority: u8,
    parent: Option<Number>,
    created_on: Option<Date>,
    due_on: Option<Date>,
    completed_on: Option<Date>,
    destination: Option<LocationId>,
    lot: Option<Number>,
}

impl Import {
    pub(super) async fn work_orders(&mut self, tx: &mut TenantTx, table: &Table) -> Result<(), ImportError> {
        let mut lines = Vec::new();
        let mut seen = HashSet::new();
        for row in table.rows() {
            match self.line(row) {
                Ok(line) if seen.insert(line.number.key()) => lines.push(line),
                Ok(line) => {
                    let reason = format!("{} is in the file already", line.number);
                    row.fail(&mut self.notes, "number", reason);
                    self.count(WORK_ORDERS.file, Outcome::Bad, 1);
                }
                Err(Bad) => self.count(WORK_ORDERS.file, Outcome::Bad, 1),
            }
        }
        self.notes.file(WORK_ORDERS.file).note = Some("parents are read, not stored");
        let mut keys: Vec<String> = lines.iter().map(|line| line.number.key()).collect();
        keys.extend(lines.iter().filter_map(|line| line.parent.as_ref().map(Number::key)));
        let taken = work_order::taken(tx, self.plant.id, &keys).await?;
        lines.retain(|line| self.has_parent(line, &seen, &taken));
        self.write_orders(tx, lines, &taken).await
    }

    fn line<'a>(&mut self, row: Row<'a>) -> Result<Line<'a>, Bad> {
        let material = self.named_material(&row, "material");
        let destination = self.named_location(&row, "destination");
        let notes = &mut self.notes;
        let number = row.number(notes, "number");
        let title = row.text_up_to(notes, "title", 200);
        let quantity = row.positive(notes, "planned_quantity");
        let completed = row.amount(notes, "completed_quantity");
        let stages = Stage::ALL.map(|stage| (stage.code(), stage));
        let stage = row.word(notes, "state", &stages);
        let priority = row.text(notes, "priority").and_then(|text| match text.parse::<u8>() {
            _ if text.is_empty() => Ok(default_priority()),
            Ok(0) => Ok(default_priority()),
            Ok(priority @ 1..=10) => Ok(priority),
            _ => Err(row.fail(notes, "priority", format!("{text:?} is not a number from 1 to 10"))),
        });
        let parent = row.optional_number(notes, "parent");
        let created_on = row.date(notes, "created_on");
        let due_on = row.date(notes, "due_on");
        let completed_on = row.date(notes, "completed_on");
        let lot = row.optional_number(notes, "lot");
        let (stage, completed) = (stage?, completed?);
        if completed.is_positive() && matches!(stage, Stage::Planned | Stage::Released) {
            let reason = format!("an order that is {stage} has made nothing yet");
            return Err(row.fail(notes, "completed_quantity", reason));
        }
        Ok(Line {
            row,
            number: number?,
            material: material?,
            title: title?,
            quantity: quantity?,
            completed,
            stage,
            priority: priority?,
            parent: parent?,
            created_on: created_on?,
            due_on: due_on?,
            completed_on: completed_on?,
            destination: destination?,
            lot: lot?,
        })
    }

    fn has_parent(
        &mut self,
        line: &Line<'_>,
        seen: &HashSet<String>,
        taken: &BTreeMap<String, WorkOrderId>,
    ) -> bool {
        let Some(parent) = &line.parent else { return true };
        let is_known = seen.contains(&parent.key()) || taken.contains_key(&parent.key());
        if !is_known || parent.key() == line.number.key() {
            line.row.fail(&mut self.notes, "parent", format!("there is no other order {parent}"));
            self.count(WORK_ORDERS.file, Outcome::Bad, 1);
            return false;
        }
        true
    }

    async fn write_orders(
        &mut self,
        tx: &mut TenantTx,
        lines: Vec<Line<'_>>,
        taken: &BTreeMap<String, WorkOrderId>,
    ) -> Result<(), ImportError> {
        let ids: Vec<Uuid> = taken.values().map(|id| id.uuid()).collect();
        let known = work_order::find_all(tx, self.plant.id, &ids).await?;
        let documents = document::load(tx, &ids).await?;
        let components = self.components(&lines);
        let locations = stock::main_locations(tx, self.plant.id, &components).await?;
        let head = feed::lock(tx, self.plant.id.into()).await?;
        let mut draft = Draft::new(self.plant.id, self.now, head);
        for line in lines {
            let existing = taken.get(&line.number.key()).and_then(|id| known.get(id));
            let outcome = match existing {
                Some(order) => self.edit(&mut draft, &line, order, documents.get(&order.id))?,
                None => match self.create(&mut draft, &line, &locations)? {
                    Ok(()) => Outcome::Created,
                    Err(refusal) => {
                        line.row.fail(&mut self.notes, "material", refusal.to_string());
                        Outcome::Bad
                    }
                },
            };
            self.count(WORK_ORDERS.file, outcome, 1);
        }
        draft.write(tx).await?;
        Ok(())
    }

    /// The materials that the orders are made of and make.
    fn components(&self, lines: &[Line<'_>]) -> Vec<Uuid> {
        let today = self.plant.zone.date(self.now);
        let mut all: HashSet<MaterialId> = HashSet::new();
        for line in lines {
            all.insert(line.material.id);
            let components = order_lines(&self.catalog, line.material.id, line.quantity, today);
            all.extend(components.unwrap_or_default().into_iter().map(|component| component.component));
        }
        all.into_iter().map(MaterialId::uuid).collect()
    }

    fn create(
        &mut self,
        draft: &mut Draft,
        line: &Line<'_>,
        locations: &BTreeMap<MaterialId, LocationId>,
    ) -> Result<Result<(), Refusal>, ImportError> {
        let order = match self.order(line, locations) {
            Ok(order) => order,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let command = self.command(line);
        let mut document = Document::empty();
        let Some(change) = document.write(&order, &author(), self.now)? else { return Ok(Ok(())) };
        let facts: Vec<Fact> = self.report(line, &order, command).into_iter().collect();
        let operation = order.last_operation();
        let ledger: OrderLedger = facts.iter().cloned().collect();
        let id = order.id;
        if !facts.is_empty() {
            draft.output(id, operation, ledger.output(operation));
        }
        draft.unit(command, Some((id, change.raw_bytes().to_vec())), facts);
        draft.document(order, &mut document, 1, draft.seq())?;
        Ok(Ok(()))
    }

    /// The order as the file has it, completed from routing and BOM.
    fn order(
        &mut self,
        line: &Line<'_>,
        locations: &BTreeMap<MaterialId, LocationId>,
    ) -> Result<WorkOrder, Refusal> {
        let id = self.ids.draw();
        let supply =
            &mut Supply { number: &mut || None, location: &|material| locations.get(&material).copied() };
        let mut create = Command::CreateWorkOrder(NewWorkOrder {
            id,
            number: Some(line.number.clone()),
            title: line.title.clone(),
            material: line.material.id,
            quantity: line.quantity,
            unit: None,
            due_on: line.due_on,
            priority: line.priority,
            output_location: line.destination,
            operations: Vec::new(),
        });
        fill(&mut create, None, &self.catalog, supply, self.now)?;
        let Command::CreateWorkOrder(new) = create else { return Err(Refusal::Unknown) };
        let created_at = self.instant(line.created_on);
        let mut order = WorkOrder::create(&new, Uuid::nil().into(), created_at)?;
        if line.stage == Stage::Planned {
            return Ok(order);
        }
        if line.stage.is_open() {
            let mut release = Command::release(id);
            fill(&mut release, Some(&order), &self.catalog, supply, self.now)?;
            let Command::ReleaseWorkOrder { bom, materials, .. } = release else {
                return Err(Refusal::Unknown);
            };
            order = order.release(bom, &materials, created_at)?;
        }
        self.advance(&mut order, line, created_at);
        Ok(order)
    }

    /// Sets the state that the file says, with what has to be true of the operations then.
    fn advance(&self, order: &mut WorkOrder, line: &Line<'_>, created_at: Timestamp) {
        let ended_at = line.completed_on.map_or(created_at, |on| self.instant(Some(on)));
        order.state = match line.stage {
            Stage::Planned => State::Planned,
            Stage::Released => State::Released,
            Stage::InProgress => State::InProgress,
            Stage::Paused => State::Paused { reason: "paused when it was imported".to_owned() },
            Stage::Completed => {
                let is_short = line.completed < line.quantity;
                let short = || format!("{} of {} made when it was imported", line.completed, line.quantity);
                State::Completed { short: is_short.then(short) }
            }
            Stage::Cancelled => State::Cancelled { reason: "cancelled when it was imported".to_owned() },
        };
        if !matches!(line.stage, Stage::Released)
            && (line.stage != Stage::Cancelled || line.completed.is_positive())
        {
            order.started_at = Some(created_at);
        }
        if !line.stage.is_open() {
            order.ended_at = Some(ended_at);
        }
        let is_last_reported = line.completed.is_positive();
        for (place, operation) in order.operations.values_mut().enumerate() {
            operation.state = match line.stage {
                Stage::Completed => OperationState::Finished,
                Stage::InProgress | Stage::Paused if is_last_reported || place == 0 => {
                    OperationState::Started
                }
                Stage::Cancelled if is_last_reported => OperationState::Started,
                _ => OperationState::Pending,
            };
        }
    }

    /// What was made, as one report at the last operation.
    fn report(&self, line: &Line<'_>, order: &WorkOrder, command: CommandId) -> Option<Fact> {
        let at = self.instant(line.completed_on.or(line.created_on));
        line.completed.is_positive().then(|| Fact {
            id: IdSource::of_command(command, at).draw(),
            command,
            occurred_at: at,
            user: Uuid::nil().into(),
            device: Uuid::nil().into(),
            order: Some(order.id),
            body: FactBody::ProductionReported(ProductionReport {
                operation: order.last_operation(),
                good: line.completed,
                lot: line.lot.clone(),
                note: "made before the import".to_owned(),
                ..ProductionReport::default()
            }),
        })
    }

    /// Brings title, priority and due date of an open order to what the file says.
    fn edit(
        &mut self,
        draft: &mut Draft,
        line: &Line<'_>,
        known: &Listed,
        snapshot: Option<&Vec<u8>>,
    ) -> Result<Outcome, ImportError> {
        let is_same =
            known.title == line.title && known.priority == line.priority && known.due_on == line.due_on;
        let (false, true, Some(snapshot)) = (is_same, known.stage.is_open(), snapshot) else {
            return Ok(Outcome::Unchanged);
        };
        let mut document = Document::load(snapshot)?;
        let edit = WorkOrderEdit {
            title: Some(line.title.clone()),
            quantity: None,
            due_on: Some(line.due_on),
            priority: Some(line.priority),
            seen: None,
        };
        let Some(Ok(after)) = document.order()?.map(|order| order.edit(&edit)) else {
            return Ok(Outcome::Unchanged);
        };
        let Some(change) = document.write(&after, &author(), self.now)? else {
            return Ok(Outcome::Unchanged);
        };
        let command: CommandId = self.ids.draw();
        draft.unit(command, Some((after.id, change.raw_bytes().to_vec())), Vec::new());
        draft.document(after, &mut document, 1, draft.seq())?;
        Ok(Outcome::Updated)
    }

    /// The beginning of a day in the plant; now for no day.
    fn instant(&self, on: Option<Date>) -> Timestamp {
        on.map_or(self.now, |on| self.plant.zone.instant(on.to_datetime(Time::midnight())))
    }

    /// One order of a plant is imported by one command, however often it is tried.
    fn command(&self, line: &Line<'_>) -> CommandId {
        let name = format!("order {} of {}", line.number.key(), self.plant.id);
        let mut seed = [0; 16];
        seed.copy_from_slice(&Sha256::digest(name)[..16]);
        IdSource::new(self.instant(line.created_on), seed).draw()
    }
}

/// The server writes in nobody's name.
fn author() -> automerge::ActorId {
    automerge_actor(Uuid::nil().into(), Uuid::nil().into(), ActorEpoch::default())
}
