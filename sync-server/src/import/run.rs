//! One import, from the files to the commit.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use shared_model::catalog::{Catalog as _, Records};
use shared_model::ids::{FeedId, IdSource, LocationId, OrganizationId, PlantId};
use shared_model::material::Material;
use shared_model::plant::{Location, Plant, WorkCenter};
use shared_model::record::Record;
use shared_model::supplier::Supplier;
use shared_model::time::Timestamp;

use super::report::Report;
use super::table::{Notes, Shape, Table};
use super::{materials, orders, places, stock, structure};
use crate::db::{self, Pools, TenantTx, feed, organization, record};
use crate::edge;

#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
    /// Bring in the good rows of a file that has bad ones too.
    pub skip_bad_rows: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("there is no plant of this id")]
    UnknownPlant,
    #[error("{path} cannot be read")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{0} has none of the files {1}")]
    NoFiles(PathBuf, String),
    #[error(transparent)]
    Db(#[from] db::Error),
    #[error("a work order cannot be written")]
    Document(#[from] shared_model::work_order::document::DocumentError),
}

/// The files in the order in which they stand on one another.
const FILES: [Shape; 8] = [
    places::CATEGORIES,
    places::SUPPLIERS,
    places::LOCATIONS,
    materials::MATERIALS,
    structure::BOMS,
    structure::ROUTINGS,
    stock::STOCK,
    orders::WORK_ORDERS,
];

/// Imports the files of a directory into a plant.
///
/// # Errors
/// When a file cannot be read, or the database does not answer. Bad rows are no error: they are in
/// the report.
pub async fn run(
    pools: &Pools,
    organization: OrganizationId,
    plant: PlantId,
    dir: &Path,
    options: Options,
) -> Result<Report, ImportError> {
    let mut notes = Notes::default();
    let files = read(dir, &mut notes)?;
    let mut tx = TenantTx::begin(pools, organization, None).await?;
    // Both feeds stay as they are until the end, the organization's first.
    feed::lock(&mut tx, organization.into()).await?;
    feed::lock(&mut tx, FeedId::from(plant)).await?;
    let (records, _) = record::since(&mut tx, plant, (0, 0)).await?;
    let known = Records::new(plant, records);
    let Some(of_plant) = known.plant() else { return Err(ImportError::UnknownPlant) };
    let mut import = Import::new(of_plant, known, notes, edge::now(), edge::ids());

    let file = |shape: Shape| files.iter().find(|table| table.shape.file == shape.file);
    if let Some(table) = file(places::CATEGORIES) {
        import.categories(table);
    }
    if let Some(table) = file(places::SUPPLIERS) {
        import.suppliers(table);
    }
    if let Some(table) = file(places::LOCATIONS) {
        import.locations(table);
    }
    if let Some(table) = file(materials::MATERIALS) {
        import.materials(table);
    }
    if let Some(table) = file(structure::BOMS) {
        import.boms(table);
    }
    if let Some(table) = file(structure::ROUTINGS) {
        import.routings(table);
    }
    let stock = file(stock::STOCK).map(|table| import.stock_rows(table)).unwrap_or_default();
    import.write_records(&mut tx).await?;
    import.write_stock(&mut tx, stock).await?;
    if let Some(table) = file(orders::WORK_ORDERS) {
        import.work_orders(&mut tx, table).await?;
    }

    let Notes { files, mut problems, mut hints } = import.notes;
    problems.sort();
    hints.sort();
    let is_wanted = !options.dry_run && (problems.is_empty() || options.skip_bad_rows);
    if is_wanted {
        tx.commit().await?;
    } else {
        tx.rollback().await?;
    }
    Ok(Report { files, problems, hints, imported: is_wanted, dry_run: options.dry_run })
}

fn read(dir: &Path, notes: &mut Notes) -> Result<Vec<Table>, ImportError> {
    if let Err(source) = std::fs::read_dir(dir) {
        return Err(ImportError::Unreadable { path: dir.to_owned(), source });
    }
    let mut tables = Vec::new();
    for shape in FILES {
        let table = Table::read(dir, shape, notes)
            .map_err(|(path, source)| ImportError::Unreadable { path, source })?;
        if table.is_some() {
            // Files are reported in this order.
            notes.file(shape.file);
        }
        tables.extend(table);
    }
    if tables.is_empty() {
        let names: Vec<_> = FILES.iter().map(|shape| shape.file).collect();
        return Err(ImportError::NoFiles(dir.to_owned(), names.join(", ")));
    }
    Ok(tables)
}

/// Everything that the rows of one import look up and add to.
pub(super) struct Import {
    pub plant: Plant,
    pub plant_is_changed: bool,
    /// What is there and what comes in.
    pub catalog: Records,
    pub notes: Notes,
    pub now: Timestamp,
    pub ids: IdSource,
    /// Of the categories file; none where there is no file.
    pub categories: Option<Vec<String>>,
    /// All by their keys.
    pub materials: HashMap<String, Material>,
    pub locations: HashMap<String, Location>,
    pub suppliers: HashMap<String, Supplier>,
    pub work_centers: HashMap<String, WorkCenter>,
    shared: Vec<Record>,
    of_plant: Vec<Record>,
}

/// What a row did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Created,
    Updated,
    Unchanged,
    Bad,
    LeftOut,
    Kept,
}

impl Import {
    fn new(plant: Plant, catalog: Records, notes: Notes, now: Timestamp, ids: IdSource) -> Self {
        let mut import = Self {
            plant,
            plant_is_changed: false,
            catalog: Records::default(),
            notes,
            now,
            ids,
            categories: None,
            materials: HashMap::new(),
            locations: HashMap::new(),
            suppliers: HashMap::new(),
            work_centers: HashMap::new(),
            shared: Vec::new(),
            of_plant: Vec::new(),
        };
        for record in catalog.iter() {
            match record {
                Record::Material(it) => {
                    import.materials.insert(it.number.key(), it.clone());
                }
                Record::Location(it) => {
                    import.locations.insert(it.path.to_lowercase(), it.clone());
                }
                Record::Supplier(it) => {
                    import.suppliers.insert(it.name.to_lowercase(), it.clone());
                }
                Record::WorkCenter(it) => {
                    import.work_centers.insert(it.code.key(), it.clone());
                }
                _ => {}
            }
        }
        import.catalog = catalog;
        import
    }

    pub(super) fn count(&mut self, file: &'static str, outcome: Outcome, rows: usize) {
        let report = self.notes.file(file);
        report.rows += rows;
        match outcome {
            Outcome::Created => report.created += rows,
            Outcome::Updated => report.updated += rows,
            Outcome::Unchanged => report.unchanged += rows,
            Outcome::Bad => report.bad += rows,
            Outcome::LeftOut => report.left_out += rows,
            Outcome::Kept => report.kept += rows,
        }
    }

    /// Takes in a record, to be written at the end.
    pub(super) fn put(&mut self, record: Record) {
        self.catalog.put(record.clone());
        let list = if record.is_organization_wide() { &mut self.shared } else { &mut self.of_plant };
        list.push(record);
    }

    /// Takes a location as the plant's default, if it has none.
    pub(super) fn offer_default_location(&mut self, location: LocationId) {
        if self.plant.default_location.is_none() {
            self.plant.default_location = Some(location);
            self.plant_is_changed = true;
            self.catalog.put(Record::Plant(self.plant.clone()));
        }
    }

    async fn write_records(&mut self, tx: &mut TenantTx) -> Result<(), ImportError> {
        record::put_all(tx, None, &self.shared).await?;
        record::put_all(tx, Some(self.plant.id), &self.of_plant).await?;
        if self.plant_is_changed {
            organization::put_plant(tx, &self.plant).await?;
        }
        Ok(())
    }
}
