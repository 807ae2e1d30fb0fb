//! Stock: what lies where, by the file. The first time a row becomes a receipt. When the file says
//! something else about the same stock later, the difference is posted; what was moved here meanwhile
//! stays as it is, unless the row is newer.
//!
//! The rows of one material, location and lot are one item, whatever their status, and those of one
//! serial number are, wherever they are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use shared_model::fact::{Fact, FactBody};
use shared_model::ids::{LocationId, MaterialId};
use shared_model::money::{Currency, Price};
use shared_model::quantity::Amount;
use shared_model::stock::{MovementKind, StockKey, StockMovement, StockStatus};
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::report::Problem;
use super::run::{Import, ImportError, Outcome};
use super::table::{Bad, Row, Shape, Table};
use crate::db::stock::{self, Imported, Said};
use crate::db::{TenantTx, feed};
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

/// A row that is good by itself.
pub(super) struct StockRow {
    line: u64,
    /// The receipt that it is where nobody knows the item.
    receipt: StockMovement,
    /// When the figure was found.
    at: Option<Timestamp>,
}

/// What the file and the system mean by the same stock.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Serial(MaterialId, String),
    Lot(MaterialId, Option<LocationId>, Option<String>),
}

impl Item {
    fn of(key: &StockKey) -> Self {
        match &key.serial {
            Some(serial) => Self::Serial(key.material, serial.key()),
            None => Self::Lot(key.material, key.location, key.lot.as_ref().map(ToString::to_string)),
        }
    }
}

/// What an import does to stock.
struct Plan {
    draft: Draft,
    said: BTreeMap<StockKey, Said>,
}

impl Import {
    pub(super) fn stock_rows(&mut self, table: &Table) -> Vec<StockRow> {
        let mut rows = Vec::new();
        let mut serials = HashMap::new();
        for row in table.rows() {
            match self.receipt(&row, &mut serials) {
                Ok((receipt, at)) => rows.push(StockRow { line: row.line, receipt, at }),
                Err(Bad) => self.count(STOCK.file, Outcome::Bad, 1),
            }
        }
        self.notes.file(STOCK.file).note = Some("expiry dates are read, not stored");
        rows
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

    /// Posts what the rows add to what is known.
    pub(super) async fn write_stock(
        &mut self,
        tx: &mut TenantTx,
        rows: Vec<StockRow>,
    ) -> Result<(), ImportError> {
        let here = stock::imported(tx, self.plant.id).await?;
        let head = feed::lock(tx, self.plant.id.into()).await?;
        let mut plan = Plan { draft: Draft::new(self.plant.id, self.now, head), said: BTreeMap::new() };
        let mut known: BTreeMap<Item, BTreeSet<&StockKey>> = BTreeMap::new();
        for (key, _) in here.iter().filter(|(_, imported)| imported.said.is_some()) {
            known.entry(Item::of(key)).or_default().insert(key);
        }
        let mut items: BTreeMap<Item, Vec<StockRow>> = BTreeMap::new();
        for row in rows {
            items.entry(Item::of(&row.receipt.key)).or_default().push(row);
        }
        for (item, rows) in items {
            match known.get(&item) {
                None => self.receive(&mut plan, &here, rows),
                Some(keys) => self.correct(&mut plan, &here, keys, &rows),
            }
        }
        plan.draft.write(tx).await?;
        stock::say(tx, self.plant.id, &plan.said).await?;
        Ok(())
    }

    /// An item that no import knew: each of its rows is a receipt, on top of what was moved before.
    fn receive(&mut self, plan: &mut Plan, here: &BTreeMap<StockKey, Imported>, rows: Vec<StockRow>) {
        self.count(STOCK.file, Outcome::Created, rows.len());
        for StockRow { receipt, at, .. } in rows {
            let on_hand = here.get(&receipt.key).map_or(Amount::ZERO, |it| it.on_hand);
            let said = plan
                .said
                .entry(receipt.key.clone())
                .or_insert(Said { quantity: Amount::ZERO, left: on_hand });
            said.quantity = said.quantity.plus(receipt.amount);
            said.left = said.left.plus(receipt.amount);
            self.post(plan, receipt, at.unwrap_or(self.now));
        }
    }

    /// An item that an import knew.
    fn correct(
        &mut self,
        plan: &mut Plan,
        here: &BTreeMap<StockKey, Imported>,
        known: &BTreeSet<&StockKey>,
        rows: &[StockRow],
    ) {
        let mut keys = known.clone();
        keys.extend(rows.iter().map(|row| &row.receipt.key));
        let all: Vec<Stated<'_>> = keys.iter().map(|key| Stated::of(key, here, rows)).collect();
        let read_at = rows.iter().filter_map(|row| row.at).max();
        let moved_at = all.iter().filter_map(|it| it.here.moved_at).max();
        let is_newer = read_at.is_some_and(|at| at <= self.now && moved_at.is_none_or(|moved| at > moved));
        let is_moved = all.iter().any(Stated::is_moved);
        let is_edited = all.iter().any(Stated::is_edited);
        let agrees = all.iter().all(|it| it.quantity == it.here.on_hand);
        // With a row missing, the file does not say how much there is of the item.
        if is_edited && self.notes.file(STOCK.file).bad > 0 {
            return self.count(STOCK.file, Outcome::LeftOut, rows.len());
        }
        if is_edited && is_moved && !is_newer && !agrees {
            self.keep(&all, rows);
            return self.count(STOCK.file, Outcome::Kept, rows.len());
        }
        for stated in all {
            let difference = match (is_moved, is_newer) {
                _ if agrees => Amount::ZERO,
                (true, true) => stated.quantity.minus(stated.here.on_hand),
                _ if is_edited => stated.quantity.minus(stated.said.quantity),
                _ => Amount::ZERO,
            };
            let outcome = if difference.is_zero() { Outcome::Unchanged } else { Outcome::Updated };
            self.count(STOCK.file, outcome, stated.rows.len());
            if let Some(row) = rows.first().filter(|_| !difference.is_zero()) {
                let note = format!("the file says {}, said {} before", stated.quantity, stated.said.quantity);
                let correction = StockMovement {
                    movement: MovementKind::Adjustment,
                    key: stated.key.clone(),
                    amount: difference,
                    price: stated.price().filter(|_| difference.is_positive()),
                    note,
                    ..row.receipt.clone()
                };
                self.post(plan, correction, self.now);
            }
            if is_edited || is_moved && is_newer {
                let left = stated.here.on_hand.plus(difference);
                plan.said.insert(stated.key.clone(), Said { quantity: stated.quantity, left });
            }
        }
    }

    /// Says that an item stays as it is.
    fn keep(&mut self, all: &[Stated<'_>], rows: &[StockRow]) {
        let sum = |of: fn(&Stated<'_>) -> Amount| all.iter().map(of).sum::<Amount>();
        let (on_hand, stated) = (sum(|it| it.here.on_hand), sum(|it| it.quantity));
        let reason = format!(
            "the file says {stated}; it stays {on_hand}, because it was moved here since the last import and \
             updated_at is not later than that"
        );
        let line = rows.first().map_or(0, |row| row.line);
        self.notes.hints.push(Problem { file: STOCK.file, line, column: Some("quantity"), reason });
    }

    fn post(&mut self, plan: &mut Plan, movement: StockMovement, at: Timestamp) {
        let fact = Fact {
            id: self.ids.draw(),
            command: self.ids.draw(),
            occurred_at: at,
            user: Uuid::nil().into(),
            device: Uuid::nil().into(),
            order: None,
            body: FactBody::StockMoved(movement),
        };
        plan.draft.unit(fact.command, None, vec![fact]);
    }
}

/// What the file says about one key, beside what is here.
struct Stated<'a> {
    key: &'a StockKey,
    here: Imported,
    said: Said,
    rows: Vec<&'a StockRow>,
    quantity: Amount,
}

impl<'a> Stated<'a> {
    fn of(key: &'a StockKey, here: &BTreeMap<StockKey, Imported>, rows: &'a [StockRow]) -> Self {
        let here = here.get(key).copied().unwrap_or_default();
        let said = here.said.unwrap_or(Said { quantity: Amount::ZERO, left: here.on_hand });
        let rows: Vec<_> = rows.iter().filter(|row| row.receipt.key == *key).collect();
        let quantity = rows.iter().map(|row| row.receipt.amount).sum();
        Self { key, here, said, rows, quantity }
    }

    fn is_moved(&self) -> bool {
        self.here.on_hand != self.said.left
    }

    fn is_edited(&self) -> bool {
        self.quantity != self.said.quantity
    }

    /// What a piece cost, where the rows agree.
    fn price(&self) -> Option<Price> {
        let mut prices = self.rows.iter().map(|row| row.receipt.price);
        let first = prices.next()?;
        if prices.all(|price| price == first) { first } else { None }
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
