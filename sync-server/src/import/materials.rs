//! Materials and their units.

use shared_model::catalog::Catalog as _;
use shared_model::material::{Material, Procurement, Tracking};
use shared_model::quantity::UnitCode;
use shared_model::record::Record;

use super::places::outcome;
use super::run::{Import, Outcome};
use super::table::{Bad, Row, Shape, Table};
use super::units;

pub(super) const MATERIALS: Shape = Shape {
    file: "materials.csv",
    columns: &[
        "number",
        "name",
        "description",
        "category",
        "unit",
        "procurement",
        "tracking",
        "minimum_stock",
        "revision",
        "active",
        "keywords",
    ],
};

const PROCUREMENT: [(&str, Procurement); 3] = [
    ("purchase", Procurement::Purchase),
    ("manufacture", Procurement::Manufacture),
    ("both", Procurement::Both),
];
const TRACKING: [(&str, Tracking); 3] =
    [("none", Tracking::None), ("lot", Tracking::Lot), ("serial", Tracking::Serial)];

impl Import {
    pub(super) fn materials(&mut self, table: &Table) {
        let mut seen = std::collections::HashSet::new();
        for row in table.rows() {
            let outcome = self.material_row(&row, &mut seen).unwrap_or(Outcome::Bad);
            self.count(MATERIALS.file, outcome, 1);
        }
    }

    fn material_row(
        &mut self,
        row: &Row<'_>,
        seen: &mut std::collections::HashSet<String>,
    ) -> Result<Outcome, Bad> {
        let unit = self.unit(row);
        let category = self.category(row);
        let notes = &mut self.notes;
        let number = row.number(notes, "number");
        let name = row.required(notes, "name", 200);
        let description = row.text_up_to(notes, "description", 500);
        let procurement = row.word(notes, "procurement", &PROCUREMENT);
        let tracking = row.word(notes, "tracking", &TRACKING);
        let minimum_stock = row.amount(notes, "minimum_stock");
        let revision = row.text_up_to(notes, "revision", 50);
        let is_active = row.flag(notes, "active", true);
        let keywords = row.text_up_to(notes, "keywords", 500);
        let number = number?;
        if !seen.insert(number.key()) {
            return Err(row.fail(notes, "number", format!("{number} is in the file already")));
        }
        let known = self.materials.get(&number.key());
        let material = Material {
            id: known.map_or_else(|| self.ids.draw(), |known| known.id),
            number,
            name: name?,
            description: description?,
            category: category?,
            unit: unit?,
            procurement: procurement?,
            tracking: tracking?,
            minimum_stock: minimum_stock?,
            revision: revision?,
            keywords: keywords?,
            alternate_units: known.map(|known| known.alternate_units.clone()).unwrap_or_default(),
            is_active: is_active?,
        };
        if let Some(known) = known.filter(|known| known.unit != material.unit) {
            let reason = format!("{} is kept in {}, which cannot change", known.number, known.unit);
            return Err(row.fail(&mut self.notes, "unit", reason));
        }
        let outcome = outcome(known, &material);
        if self.catalog.unit(&material.unit).is_none()
            && let Some(unit) = units::known(&material.unit)
        {
            self.put(Record::Unit(unit));
        }
        self.materials.insert(material.number.key(), material.clone());
        if outcome != Outcome::Unchanged {
            self.put(Record::Material(material));
        }
        Ok(outcome)
    }

    /// A unit that the organization has, or a usual one.
    fn unit(&mut self, row: &Row<'_>) -> Result<UnitCode, Bad> {
        let text = row.required(&mut self.notes, "unit", 10)?;
        let code = UnitCode::new(&text);
        if self.catalog.unit(&code).is_some() || units::known(&code).is_some() {
            return Ok(code);
        }
        let reason = format!("{text:?} is no unit of the organization, nor one of {}", units::codes());
        Err(row.fail(&mut self.notes, "unit", reason))
    }

    fn category(&mut self, row: &Row<'_>) -> Result<String, Bad> {
        let path = row.text_up_to(&mut self.notes, "category", 500)?;
        match &self.categories {
            Some(known) if !path.is_empty() && !known.contains(&path) => {
                let reason = format!("{path:?} is not in categories.csv");
                Err(row.fail(&mut self.notes, "category", reason))
            }
            _ => Ok(path),
        }
    }

    /// The material that a cell names.
    pub(super) fn named_material(&mut self, row: &Row<'_>, column: &'static str) -> Result<Material, Bad> {
        let number = row.number(&mut self.notes, column)?;
        match self.materials.get(&number.key()) {
            Some(found) => Ok(found.clone()),
            None => Err(row.fail(&mut self.notes, column, format!("there is no material {number}"))),
        }
    }
}
