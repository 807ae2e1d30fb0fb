//! Categories, suppliers and locations.

use shared_model::money::Currency;
use shared_model::plant::{Location, LocationKind};
use shared_model::record::Record;
use shared_model::supplier::Supplier;

use super::run::{Import, Outcome};
use super::table::{Bad, Row, Shape, Table};

pub(super) const CATEGORIES: Shape = Shape { file: "categories.csv", columns: &["path", "description"] };
pub(super) const SUPPLIERS: Shape =
    Shape { file: "suppliers.csv", columns: &["name", "description", "website", "currency"] };
pub(super) const LOCATIONS: Shape =
    Shape { file: "locations.csv", columns: &["path", "description", "external"] };

const MAX_PATH_CHARS: usize = 500;

impl Import {
    /// Categories are kept as the paths of the materials; here they are checked.
    pub(super) fn categories(&mut self, table: &Table) {
        let mut paths: Vec<String> = Vec::new();
        for row in table.rows() {
            let outcome = match self.path(&row, |path| paths.iter().any(|it| it.eq_ignore_ascii_case(path))) {
                Ok(path) => {
                    paths.push(path);
                    Outcome::Unchanged
                }
                Err(Bad) => Outcome::Bad,
            };
            self.count(CATEGORIES.file, outcome, 1);
        }
        self.notes.file(CATEGORIES.file).note = Some("kept as the categories of the materials");
        self.categories = Some(paths);
    }

    pub(super) fn suppliers(&mut self, table: &Table) {
        let mut seen: Vec<String> = Vec::new();
        for row in table.rows() {
            let outcome = self.supplier(&row, &mut seen).unwrap_or(Outcome::Bad);
            self.count(SUPPLIERS.file, outcome, 1);
        }
    }

    fn supplier(&mut self, row: &Row<'_>, seen: &mut Vec<String>) -> Result<Outcome, Bad> {
        let notes = &mut self.notes;
        let name = row.required(notes, "name", 255);
        let description = row.text_up_to(notes, "description", 500);
        let website = row.text_up_to(notes, "website", 500);
        let currency = row.text(notes, "currency").and_then(|code| match code.as_str() {
            "" => Ok(None),
            code => Currency::parse(code)
                .map(Some)
                .map_err(|error| row.fail(notes, "currency", error.to_string())),
        });
        let (name, description, website, currency) = (name?, description?, website?, currency?);
        let key = name.to_lowercase();
        if seen.contains(&key) {
            return Err(row.fail(notes, "name", format!("{name} is in the file already")));
        }
        seen.push(key.clone());
        let known = self.suppliers.get(&key);
        let id = known.map_or_else(|| self.ids.draw(), |known| known.id);
        let is_active = known.is_none_or(|known| known.is_active);
        let supplier = Supplier { id, name, description, website, currency, is_active };
        let outcome = outcome(known, &supplier);
        self.suppliers.insert(key, supplier.clone());
        if outcome != Outcome::Unchanged {
            self.put(Record::Supplier(supplier));
        }
        Ok(outcome)
    }

    pub(super) fn locations(&mut self, table: &Table) {
        let mut seen: Vec<String> = Vec::new();
        for row in table.rows() {
            let outcome = self.location(&row, &mut seen).unwrap_or(Outcome::Bad);
            self.count(LOCATIONS.file, outcome, 1);
        }
        self.notes.file(LOCATIONS.file).note = Some("descriptions are read, not stored");
    }

    fn location(&mut self, row: &Row<'_>, seen: &mut Vec<String>) -> Result<Outcome, Bad> {
        let locations = std::mem::take(&mut self.locations);
        let path = self.path(row, |parent| locations.contains_key(&parent.to_lowercase()));
        self.locations = locations;
        let is_external = row.flag(&mut self.notes, "external", false);
        let (path, is_external) = (path?, is_external?);
        let key = path.to_lowercase();
        if seen.contains(&key) {
            return Err(row.fail(&mut self.notes, "path", format!("{path} is in the file already")));
        }
        seen.push(key.clone());
        let known = self.locations.get(&key).cloned();
        let (parent, name) = match path.rsplit_once('/') {
            Some((parent, name)) => (self.locations.get(&parent.to_lowercase()).map(|it| it.id), name),
            None => (None, path.as_str()),
        };
        // The file tells inside from outside and no more.
        let kind = match known.as_ref().map(|known| known.kind) {
            Some(kind) if (kind == LocationKind::External) == is_external => kind,
            _ if is_external => LocationKind::External,
            _ => LocationKind::Warehouse,
        };
        let location = Location {
            id: known.as_ref().map_or_else(|| self.ids.draw(), |known| known.id),
            name: name.to_owned(),
            path: path.clone(),
            parent,
            kind,
            is_active: known.as_ref().is_none_or(|known| known.is_active),
        };
        let outcome = outcome(known.as_ref(), &location);
        if parent.is_none() && !is_external {
            self.offer_default_location(location.id);
        }
        self.locations.insert(key, location.clone());
        if outcome != Outcome::Unchanged {
            self.put(Record::Location(location));
        }
        Ok(outcome)
    }

    /// A path whose parent is known.
    fn path(&mut self, row: &Row<'_>, knows: impl Fn(&str) -> bool) -> Result<String, Bad> {
        let path = row.required(&mut self.notes, "path", MAX_PATH_CHARS)?;
        if path.split('/').any(|name| name.trim() != name || name.is_empty()) {
            let reason = format!("{path:?} has an empty name, or one with spaces around it, between slashes");
            return Err(row.fail(&mut self.notes, "path", reason));
        }
        match path.rsplit_once('/') {
            Some((parent, _)) if !knows(parent) => {
                let reason = format!("there is no {parent:?} for it to be in; parents come first");
                Err(row.fail(&mut self.notes, "path", reason))
            }
            _ => Ok(path),
        }
    }
}

pub(super) fn outcome<T: PartialEq>(known: Option<&T>, new: &T) -> Outcome {
    match known {
        None => Outcome::Created,
        Some(known) if known == new => Outcome::Unchanged,
        Some(_) => Outcome::Updated,
    }
}
