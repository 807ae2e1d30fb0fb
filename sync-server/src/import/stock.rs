//! Stock: each row becomes a receipt.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};
use shared_model::fact::{Fact, FactBody};
use shared_model::ids::{CommandId, FactId, IdSource, LocationId};
use shared_model::money::{Currency, Price};
use shared_model::stock::{MovementKind, StockKey, StockMovement, StockStatus};
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::run::{Import, ImportError, Outcome};
use super::table::{Bad, Row, Shape, Table};
use crate::db::{TenantTx, fact, feed};
use crate::sync::Draft;

pub(super) const STOCK: Shape = Shape {
    file: "stock.csv",
    columns: &[
        "material",
        "location",
        "quantity",
        "lot",
        "serial",
        "status",
        "unit_cost",
        "currency",
        "expiry_date",
        "packaging",
        "updated_at",
    ],
};

impl Import {
    /// The receipts that the rows stand for.
    pub(super) fn receipts(&mut self, table: &Table) -> Vec<Fact> {
        let mut receipts = Vec::new();
        let mut serials = HashMap::new();
        let mut occurrences: HashMap<String, u32> = HashMap::new();
        for row in table.rows() {
            let Ok((movement, at)) = self.receipt(&row, &mut serials) else {
                self.count(STOCK.file, Outcome::Bad, 1);
                continue;
            };
            let content = self.content(&movement, at);
            let occurrence = occurrences.entry(content.clone()).or_default();
            *occurrence += 1;
            receipts.push(self.receipt_fact(movement, at, &content, *occurrence));
        }
        self.notes.file(STOCK.file).note = Some("expiry dates are read, not stored");
        receipts
    }

    fn receipt(
        &mut self,
        row: &Row<'_>,
        serials: &mut HashMap<(String, String), u64>,
    ) -> Result<(StockMovement, Option<Timestamp>), Bad> {
        let material = self.named_material(row, "material");
        let location = self.named_location(row, "location");
        let notes = &mut self.notes;
        let amount = row.positive(notes, "quantity");
        let lot = row.optional_number(notes, "lot");
        let serial = row.optional_number(notes, "serial");
        let statuses = StockStatus::ALL.map(|status| (status.code(), status));
        let status = row.word(notes, "status", &statuses);
        let price = price(row, notes);
        let expiry = row.date(notes, "expiry_date");
        let packaging = row.text_up_to(notes, "packaging", 200);
        let at = row.instant(notes, "updated_at");
        let (material, amount, serial) = (material?, amount?, serial?);
        if let Some(serial) = &serial {
            if amount != shared_model::quantity::Amount::ONE {
                return Err(row.fail(notes, "quantity", "a serial number stands for one piece"));
            }
            let first = *serials.entry((material.number.key(), serial.key())).or_insert(row.line);
            if first != row.line {
                let reason = format!("{serial} of {} is on line {first} already", material.number);
                return Err(row.fail(notes, "serial", reason));
            }
        }
        expiry?;
        let key = StockKey { material: material.id, location: location?, lot: lot?, serial, status: status? };
        let movement = StockMovement {
            movement: MovementKind::Receipt,
            key,
            amount,
            unit: material.unit,
            price: price?,
            reference: "import".to_owned(),
            note: packaging?,
            reverses: None,
        };
        Ok((movement, at?.map(Timestamp::from)))
    }

    pub(super) fn named_location(
        &mut self,
        row: &Row<'_>,
        column: &'static str,
    ) -> Result<Option<LocationId>, Bad> {
        let path = row.text(&mut self.notes, column)?;
        if path.is_empty() {
            return Ok(None);
        }
        match self.locations.get(&path.to_lowercase()) {
            Some(found) => Ok(Some(found.id)),
            None => Err(row.fail(&mut self.notes, column, format!("there is no location {path:?}"))),
        }
    }

    /// What makes a receipt the same receipt at the next import.
    fn content(&self, movement: &StockMovement, at: Option<Timestamp>) -> String {
        let said = serde_json::to_string(movement).expect("movements are made of strings and numbers");
        format!("stock of {}: {said} {at:?}", self.plant.id)
    }

    fn receipt_fact(
        &self,
        movement: StockMovement,
        at: Option<Timestamp>,
        content: &str,
        occurrence: u32,
    ) -> Fact {
        let mut seed = [0; 16];
        seed.copy_from_slice(&Sha256::digest(format!("{content} {occurrence}"))[..16]);
        let mut ids = IdSource::new(at.unwrap_or_default(), seed);
        let (command, id): (CommandId, FactId) = (ids.draw(), ids.draw());
        Fact {
            id,
            command,
            occurred_at: at.unwrap_or(self.now),
            user: Uuid::nil().into(),
            device: Uuid::nil().into(),
            order: None,
            body: FactBody::StockMoved(movement),
        }
    }

    /// Appends the receipts that are not there yet.
    pub(super) async fn write_receipts(
        &mut self,
        tx: &mut TenantTx,
        receipts: Vec<Fact>,
    ) -> Result<(), ImportError> {
        let ids: Vec<Uuid> = receipts.iter().map(|receipt| receipt.id.uuid()).collect();
        let known = fact::known(tx, &ids).await?;
        let head = feed::lock(tx, self.plant.id.into()).await?;
        let mut draft = Draft::new(self.plant.id, self.now, head);
        for receipt in receipts {
            if known.contains(&receipt.id) {
                self.count(STOCK.file, Outcome::Unchanged, 1);
            } else {
                self.count(STOCK.file, Outcome::Created, 1);
                draft.unit(receipt.command, None, vec![receipt]);
            }
        }
        draft.write(tx).await?;
        Ok(())
    }
}

fn price(row: &Row<'_>, notes: &mut super::table::Notes) -> Result<Option<Price>, Bad> {
    let (cost, code) = (row.text(notes, "unit_cost")?, row.text(notes, "currency")?);
    if cost.is_empty() {
        return Ok(None);
    }
    let amount = row.amount(notes, "unit_cost")?;
    if code.is_empty() {
        return Err(row.fail(notes, "currency", "a cost needs its currency"));
    }
    let currency = Currency::parse(&code).map_err(|error| row.fail(notes, "currency", error.to_string()))?;
    Ok(Some(Price { amount, currency }))
}
