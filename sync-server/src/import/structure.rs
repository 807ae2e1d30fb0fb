//! BOMs and routings: the rows of one head are one version. A head whose rows differ from the
//! version that counts now gets a new version; the old one is kept, out of use.

use std::collections::{BTreeMap, HashSet};

use shared_model::bom::{Bom, BomLine, check_structure};
use shared_model::catalog::Catalog as _;
use shared_model::ids::MaterialId;
use shared_model::material::Material;
use shared_model::number::Number;
use shared_model::plant::{WorkCenter, WorkCenterKind};
use shared_model::quantity::Amount;
use shared_model::record::Record;
use shared_model::routing::{Routing, RoutingOperation};

use super::run::{Import, Outcome};
use super::table::{Bad, Row, Shape, Table};

pub(super) const BOMS: Shape = Shape {
    file: "boms.csv",
    columns: &[
        "parent",
        "line",
        "component",
        "quantity",
        "scrap_percent",
        "optional",
        "consumable",
        "reference",
        "note",
    ],
};
pub(super) const ROUTINGS: Shape = Shape {
    file: "routings.csv",
    columns: &["material", "operation", "name", "work_center", "setup_minutes", "run_minutes_per_unit"],
};

/// The rows of one head, with the line of the first one.
struct Group<'a, T> {
    head: Material,
    first: Row<'a>,
    parts: Vec<T>,
    row_count: usize,
    bad_count: usize,
}

impl Import {
    pub(super) fn boms(&mut self, table: &Table) {
        let groups = self.grouped(table, "parent", Self::bom_line);
        // All of them first: a cycle goes through several.
        let mut changed = Vec::new();
        for group in groups {
            if group.bad_count > 0 {
                self.count_broken(BOMS.file, group.row_count, group.bad_count);
                continue;
            }
            let before = self.newest_bom(group.head.id);
            let bom = Bom {
                id: self.ids.draw(),
                material: group.head.id,
                version: before.as_ref().map_or(1, |before| before.version + 1),
                base_quantity: Amount::ONE,
                effective_from: None,
                effective_until: None,
                is_active: true,
                lines: group.parts,
            };
            let outcome = match &before {
                None => Outcome::Created,
                Some(before)
                    if before.is_active
                        && before.base_quantity == bom.base_quantity
                        && before.lines == bom.lines =>
                {
                    Outcome::Unchanged
                }
                Some(_) => Outcome::Updated,
            };
            if outcome == Outcome::Unchanged {
                self.count(BOMS.file, outcome, group.row_count);
            } else {
                self.catalog.put(Record::Bom(bom.clone()));
                changed.push((bom, outcome, group.first, group.row_count));
            }
        }
        let today = self.plant.zone.date(self.now);
        for (bom, outcome, first, row_count) in changed {
            if let Err(error) =
                bom.validate().and_then(|()| check_structure(&self.catalog, bom.material, today))
            {
                first.fail(&mut self.notes, "component", error.to_string());
                self.catalog.put(Record::Bom(Bom { is_active: false, lines: Vec::new(), ..bom }));
                self.count_broken(BOMS.file, row_count, 1);
                continue;
            }
            self.count(BOMS.file, outcome, row_count);
            let older: Vec<Bom> = self.catalog.boms(bom.material);
            for old in older.into_iter().filter(|old| old.is_active && old.id != bom.id) {
                self.put(Record::Bom(Bom { is_active: false, ..old }));
            }
            self.put(Record::Bom(bom));
        }
    }

    fn newest_bom(&self, material: MaterialId) -> Option<Bom> {
        self.catalog.boms(material).into_iter().max_by_key(|bom| bom.version)
    }

    fn bom_line(&mut self, row: &Row<'_>, head: &Material, others: &[BomLine]) -> Result<BomLine, Bad> {
        let component = self.named_material(row, "component");
        let notes = &mut self.notes;
        let line = row.whole(notes, "line");
        let quantity = row.positive(notes, "quantity");
        let scrap_percent = row.amount(notes, "scrap_percent");
        let is_optional = row.flag(notes, "optional", false);
        let is_consumable = row.flag(notes, "consumable", false);
        let reference = row.text_up_to(notes, "reference", 200);
        let note = row.text_up_to(notes, "note", 200);
        let (component, line, scrap_percent) = (component?, line?, scrap_percent?);
        if component.id == head.id {
            return Err(row.fail(notes, "component", format!("{} is made of itself", head.number)));
        }
        if others.iter().any(|other| other.line == line) {
            return Err(row.fail(
                notes,
                "line",
                format!("line {line} of {} is in the file already", head.number),
            ));
        }
        if scrap_percent > Amount::whole(100) {
            return Err(row.fail(notes, "scrap_percent", "it is more than 100"));
        }
        let (reference, note) = (reference?, note?);
        Ok(BomLine {
            line,
            component: component.id,
            quantity: quantity?,
            unit: component.unit,
            scrap_percent,
            operation: None,
            is_phantom: false,
            is_backflush: !is_optional? && !is_consumable?,
            reference: match (reference.is_empty(), note.is_empty()) {
                (_, true) => reference,
                (true, false) => note,
                (false, false) => format!("{reference}: {note}"),
            },
        })
    }

    pub(super) fn routings(&mut self, table: &Table) {
        for mut group in self.grouped(table, "material", Self::operation) {
            if group.bad_count > 0 {
                self.count_broken(ROUTINGS.file, group.row_count, group.bad_count);
                continue;
            }
            group.parts.sort_by_key(|operation| operation.number);
            let versions = self.catalog.routings(group.head.id);
            let before = versions.iter().max_by_key(|routing| routing.version);
            let outcome = match before {
                None => Outcome::Created,
                Some(before) if before.is_active && before.operations == group.parts => Outcome::Unchanged,
                Some(_) => Outcome::Updated,
            };
            self.count(ROUTINGS.file, outcome, group.row_count);
            if outcome == Outcome::Unchanged {
                continue;
            }
            let routing = Routing {
                id: self.ids.draw(),
                material: group.head.id,
                version: before.map_or(1, |before| before.version + 1),
                is_active: true,
                operations: group.parts,
            };
            for old in versions.into_iter().filter(|old| old.is_active) {
                self.put(Record::Routing(Routing { is_active: false, ..old }));
            }
            self.put(Record::Routing(routing));
        }
    }

    fn operation(
        &mut self,
        row: &Row<'_>,
        head: &Material,
        others: &[RoutingOperation],
    ) -> Result<RoutingOperation, Bad> {
        let notes = &mut self.notes;
        let number = row.whole(notes, "operation");
        let name = row.required(notes, "name", 100);
        let code = row.number(notes, "work_center");
        let setup_minutes = row.amount(notes, "setup_minutes");
        let run_minutes = row.amount(notes, "run_minutes_per_unit");
        let (number, name, code) = (number?, name?, code?);
        if others.iter().any(|other| other.number == number) {
            let reason = format!("operation {number} of {} is in the file already", head.number);
            return Err(row.fail(notes, "operation", reason));
        }
        let (setup_minutes, run_minutes) = (setup_minutes?, run_minutes?);
        let work_center = self.work_center(&code, &name).id;
        let instructions = String::new();
        Ok(RoutingOperation { number, name, work_center, setup_minutes, run_minutes, instructions })
    }

    /// The work center of a code; a new one is named after the first operation that is done there.
    fn work_center(&mut self, code: &Number, operation: &str) -> WorkCenter {
        if let Some(known) = self.work_centers.get(&code.key()) {
            return known.clone();
        }
        let center = WorkCenter {
            id: self.ids.draw(),
            code: code.clone(),
            name: operation.to_owned(),
            kind: kind_of(operation),
            department: None,
            location: None,
            is_active: true,
        };
        self.work_centers.insert(code.key(), center.clone());
        self.put(Record::WorkCenter(center.clone()));
        center
    }

    /// The rows by the material that they are of, in the file's order.
    fn grouped<'a, T>(
        &mut self,
        table: &'a Table,
        column: &'static str,
        part: impl Fn(&mut Self, &Row<'_>, &Material, &[T]) -> Result<T, Bad>,
    ) -> Vec<Group<'a, T>> {
        let mut groups: Vec<Group<'a, T>> = Vec::new();
        let mut places: BTreeMap<MaterialId, usize> = BTreeMap::new();
        let mut headless = HashSet::new();
        for row in table.rows() {
            let Ok(head) = self.named_material(&row, column) else {
                headless.insert(row.line);
                continue;
            };
            let place = *places.entry(head.id).or_insert_with(|| {
                groups.push(Group {
                    head: head.clone(),
                    first: row,
                    parts: Vec::new(),
                    row_count: 0,
                    bad_count: 0,
                });
                groups.len() - 1
            });
            let group = &mut groups[place];
            group.row_count += 1;
            match part(self, &row, &head, &group.parts) {
                Ok(part) => group.parts.push(part),
                Err(Bad) => group.bad_count += 1,
            }
        }
        self.count(table.shape.file, Outcome::Bad, headless.len());
        groups
    }

    fn count_broken(&mut self, file: &'static str, row_count: usize, bad_count: usize) {
        self.count(file, Outcome::Bad, bad_count);
        self.count(file, Outcome::LeftOut, row_count - bad_count);
    }
}

/// What kind of place an operation is done at, as far as its name says.
fn kind_of(operation: &str) -> WorkCenterKind {
    let name = operation.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["inspect", "test", "check", "measure"]) {
        WorkCenterKind::QualityCheck
    } else if has(&["pack", "ship"]) {
        WorkCenterKind::Packaging
    } else if has(&["assembl", "kit", "mount"]) {
        WorkCenterKind::Assembly
    } else {
        WorkCenterKind::Machine
    }
}
