//! What a transaction adds to a plant, as it comes together: entries of the feed with their numbers,
//! and the rows that follow from them.

use std::collections::BTreeMap;

use shared_model::fact::{Fact, FactBody};
use shared_model::ids::{CommandId, PlantId, WorkOrderId};
use shared_model::production::Output;
use shared_model::quantity::{Amount, UnitCode};
use shared_model::stock::StockKey;
use shared_model::sync::wire::stored::StoredChange;
use shared_model::time::Timestamp;
use shared_model::work_order::WorkOrder;
use shared_model::work_order::document::{Document, DocumentError};

use crate::db::command::{self, Settled};
use crate::db::document::{self, Saved};
use crate::db::exception::{self, Closed, Opened};
use crate::db::feed::{self, NewEntry};
use crate::db::{Error, TenantTx, fact, stock, work_order};

pub(crate) struct Draft {
    plant: PlantId,
    received_at: Timestamp,
    head: u64,
    entries: Vec<NewEntry>,
    facts: Vec<(u64, Fact)>,
    documents: Vec<Saved>,
    orders: Vec<(WorkOrder, u64)>,
    touched: Vec<(WorkOrderId, u64)>,
    outputs: BTreeMap<(WorkOrderId, Option<u32>), Output>,
    moved: BTreeMap<StockKey, (Amount, UnitCode)>,
    opened: Vec<Opened>,
    closed: Vec<Closed>,
    settled: Vec<Settled>,
}

impl Draft {
    /// Begins with the head of the plant's feed, which the transaction holds locked.
    pub(crate) fn new(plant: PlantId, received_at: Timestamp, head: u64) -> Self {
        Self {
            plant,
            received_at,
            head,
            entries: Vec::new(),
            facts: Vec::new(),
            documents: Vec::new(),
            orders: Vec::new(),
            touched: Vec::new(),
            outputs: BTreeMap::new(),
            moved: BTreeMap::new(),
            opened: Vec::new(),
            closed: Vec::new(),
            settled: Vec::new(),
        }
    }

    /// The number of the last entry so far.
    pub(crate) fn seq(&self) -> u64 {
        self.head + self.entries.len() as u64
    }

    /// What one command did, to be applied whole: a change of an order's document and facts.
    pub(crate) fn unit(
        &mut self,
        command: CommandId,
        change: Option<(WorkOrderId, Vec<u8>)>,
        facts: Vec<Fact>,
    ) {
        let before = self.entries.len();
        if let Some((id, change)) = change {
            self.entry(command, StoredChange::Document { id, change });
        }
        for fact in facts {
            let json = serde_json::to_string(&fact).expect("facts are made of strings, numbers and lists");
            self.entry(command, StoredChange::Fact(json));
            self.derive(&fact);
            self.facts.push((self.seq(), fact));
        }
        if let Some(last) = self.entries[before..].last_mut() {
            last.ends_unit = true;
        }
    }

    fn entry(&mut self, command: CommandId, change: StoredChange) {
        self.entries.push(NewEntry { command: Some(command), change, ends_unit: false });
    }

    fn derive(&mut self, fact: &Fact) {
        match &fact.body {
            FactBody::StockMoved(movement) => {
                let (moved, _) = self
                    .moved
                    .entry(movement.key.clone())
                    .or_insert_with(|| (Amount::ZERO, movement.unit.clone()));
                *moved = moved.plus(movement.amount);
            }
            FactBody::ExceptionOpened(exception) => self.opened.push(Opened {
                id: fact.id,
                order: fact.order,
                exception: exception.clone(),
                at: fact.occurred_at,
                by: fact.user,
            }),
            FactBody::ExceptionClosed { exception, note } => self.closed.push(Closed {
                id: *exception,
                at: fact.occurred_at,
                by: fact.user,
                note: note.clone(),
            }),
            FactBody::ProductionReported(_)
            | FactBody::ReportVoided(_)
            | FactBody::OperationLogged { .. }
            | FactBody::LaborClocked { .. }
            | FactBody::Unknown => {}
        }
    }

    /// An order whose document changed, as it is at the end, with the last entry that concerned it.
    ///
    /// # Errors
    /// [`DocumentError::TooLarge`].
    pub(crate) fn document(
        &mut self,
        order: WorkOrder,
        document: &mut Document,
        new_changes: i32,
        seq: u64,
    ) -> Result<(), DocumentError> {
        let heads = document.heads().iter().map(|head| head.0.to_vec()).collect();
        self.documents.push(Saved { id: order.id, snapshot: document.save()?, heads, new_changes, seq });
        self.orders.push((order, seq));
        Ok(())
    }

    /// An order that only facts were added to.
    pub(crate) fn touch(&mut self, order: WorkOrderId, seq: u64) {
        self.touched.push((order, seq));
    }

    /// What an operation made in all.
    pub(crate) fn output(&mut self, order: WorkOrderId, operation: Option<u32>, output: Output) {
        self.outputs.insert((order, operation), output);
    }

    pub(crate) fn settle(&mut self, command: Settled) {
        self.settled.push(command);
    }

    /// Writes everything, in a number of statements that does not depend on how much it is. Gives
    /// the feed's new head.
    ///
    /// # Errors
    /// When the database does not answer, or refuses.
    pub(crate) async fn write(self, tx: &mut TenantTx) -> Result<u64, Error> {
        let head = self.seq();
        if !self.entries.is_empty() {
            feed::append(tx, self.plant.into(), self.received_at, self.entries).await?;
        }
        fact::insert(tx, self.plant, self.received_at, &self.facts).await?;
        if !self.documents.is_empty() {
            document::save(tx, self.plant, self.documents).await?;
        }
        if !self.touched.is_empty() {
            document::touch(tx, &self.touched).await?;
        }
        work_order::project(tx, self.plant, &self.orders).await?;
        work_order::project_output(tx, &self.outputs).await?;
        stock::add(tx, self.plant, self.received_at, &self.moved).await?;
        exception::open(tx, self.plant, &self.opened).await?;
        exception::close(tx, self.plant, &self.closed).await?;
        command::settle(tx, self.plant, self.received_at, &self.settled).await?;
        Ok(head)
    }
}
