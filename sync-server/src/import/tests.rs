use std::fs;
use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use shared_model::catalog::{Catalog as _, Records};
use shared_model::command::Command;
use shared_model::number::Number;
use shared_model::people::Role;
use shared_model::quantity::{Amount, UnitCode};
use shared_model::record::Record;
use shared_model::stock::StockKey;
use shared_model::sync::wire::Verdict;
use shared_model::work_order::Stage;

use super::{FileReport, Options, Report, run};
use crate::db::{record, work_order};
use crate::edge;
use crate::sync::Order;
use crate::testing::{TestDb, World};

/// The demo data, which is not part of this repository.
fn demo_data() -> PathBuf {
    let dir = std::env::var_os("UNISON_DEMO_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/inventree-demo"),
        PathBuf::from,
    );
    assert!(dir.is_dir(), "UNISON_DEMO_DATA has to name the directory of the demo data");
    dir
}

struct Plant {
    db: TestDb,
    world: World,
}

impl Plant {
    async fn new() -> Self {
        let db = TestDb::new().await;
        let world = db.world().await;
        Self { db, world }
    }

    async fn import(&self, dir: &Path, options: Options) -> Report {
        run(self.db.pools(), self.world.organization, self.world.plant, dir, options).await.expect("imports")
    }

    async fn records(&self) -> Records {
        let mut tx = self.world.tx(self.db.pools()).await;
        let (records, _) = record::since(&mut tx, self.world.plant, (0, 0)).await.expect("records");
        Records::new(self.world.plant, records)
    }

    async fn orders(&self) -> Vec<work_order::Listed> {
        let mut tx = self.world.tx(self.db.pools()).await;
        let all = work_order::Filter::default();
        work_order::list(&mut tx, self.world.plant, &all, 1000).await.expect("orders")
    }

    async fn order(&self, number: &str) -> work_order::Listed {
        let orders = self.orders().await;
        orders.into_iter().find(|order| order.number.as_str() == number).expect("an order")
    }

    async fn number<T>(&self, sql: &'static str) -> T
    where
        T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        let mut tx = self.world.tx(self.db.pools()).await;
        sqlx::query_scalar(sql).fetch_one(tx.conn()).await.expect("a number")
    }

    async fn entries(&self) -> i64 {
        self.number("select count(*) from change_log").await
    }
}

fn material(records: &Records, number: &str) -> shared_model::material::Material {
    let key = Number::parse(number).expect("a number").key();
    let found = records.iter().find_map(|record| match record {
        Record::Material(it) if it.number.key() == key => Some(it.clone()),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("there is no material {number}"))
}

fn counts(report: &Report, file: &str) -> (usize, usize, usize, usize) {
    let found = report.files.iter().find(|it| it.file == file).cloned().unwrap_or_default();
    let FileReport { created, updated, unchanged, bad, left_out, kept, rows, .. } = found;
    assert_eq!(
        rows,
        created + updated + unchanged + bad + left_out + kept,
        "every row of {file} is counted once"
    );
    (created, updated, unchanged, bad)
}

fn problems(report: &Report) -> Vec<String> {
    report.problems.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn the_demo_data_is_imported_whole_and_a_second_time_changes_nothing() {
    let plant = Plant::new().await;
    let dir = demo_data();
    let first = plant.import(&dir, Options::default()).await;
    assert_eq!(problems(&first), Vec::<String>::new());
    assert!(first.imported);
    for (file, created) in [
        ("materials.csv", 414),
        ("locations.csv", 19),
        ("suppliers.csv", 12),
        ("boms.csv", 228),
        ("routings.csv", 60),
        ("stock.csv", 1025),
        ("work_orders.csv", 16),
    ] {
        assert_eq!(counts(&first, file), (created, 0, 0, 0), "{file}");
    }
    let entries = plant.entries().await;
    let second = plant.import(&dir, Options::default()).await;
    assert!(second.imported);
    for file in &second.files {
        assert_eq!((file.created, file.updated, file.bad), (0, 0, 0), "{}", file.file);
    }
    assert_eq!(plant.entries().await, entries, "nothing was written");
}

#[tokio::test]
async fn the_demo_data_says_afterwards_what_it_said_in_the_files() {
    let plant = Plant::new().await;
    let dir = demo_data();
    plant.import(&dir, Options::default()).await;
    let records = plant.records().await;
    let paint = material(&records, "p-0089");
    assert_eq!((paint.unit.as_str(), paint.category.as_str()), ("litres", "Paint"));
    assert!(records.plant().expect("a plant").default_location.is_some());
    let today = "2026-01-05".parse().expect("a date");
    let master = records.effective_bom(material(&records, "MAST").id, today).expect("a BOM");
    assert_eq!(master.lines.len(), 7);
    let table = records.effective_bom(material(&records, "P-0094").id, today).expect("a BOM");
    assert_eq!(table.lines.iter().map(|line| line.is_backflush).collect::<Vec<_>>(), [true, true, false]);

    let mut on_file = Decimal::ZERO;
    let mut reader = csv::Reader::from_path(dir.join("stock.csv")).expect("a file");
    for row in reader.records() {
        let row = row.expect("a row");
        on_file += row.get(2).expect("a quantity").parse::<Decimal>().expect("a number");
    }
    assert_eq!(plant.number::<Decimal>("select sum(on_hand) from stock_balance").await, on_file);

    let widgets = plant.order("BO0001").await;
    assert_eq!(
        (widgets.stage, widgets.quantity, widgets.priority),
        (Stage::InProgress, Amount::whole(15), 5)
    );
    assert_eq!(widgets.output[&Some(30)].good, Amount::ONE);
    assert_eq!((widgets.operations.len(), widgets.materials.len()), (3, 7));
    let boards = plant.order("BO0002").await;
    assert_eq!((boards.stage, boards.materials.len()), (Stage::Planned, 0));
    assert_eq!(boards.due_on.map(|on| on.to_string()).as_deref(), Some("2022-07-27"));
    let done = plant.order("BO0012").await;
    assert_eq!((done.stage, done.output[&Some(30)].good), (Stage::Completed, Amount::whole(50)));
    assert_eq!(done.state_reason, None);
}

#[tokio::test]
async fn a_dry_run_over_the_demo_data_writes_nothing() {
    let plant = Plant::new().await;
    let entries = plant.entries().await;
    let report = plant.import(&demo_data(), Options { dry_run: true, skip_bad_rows: false }).await;
    assert!(!report.imported && report.is_done());
    assert_eq!(counts(&report, "stock.csv"), (1025, 0, 0, 0));
    assert_eq!(plant.entries().await, entries);
}

/// Files that are good, to be spoiled one by one.
fn good_files() -> Vec<(&'static str, String)> {
    [
        ("categories.csv", "path,description\nMetal,\nMetal/Sheets,\n"),
        ("suppliers.csv", "name,description,website,currency\nSteel & Co,,,EUR\n"),
        ("locations.csv", "path,description,external\nHall,,false\nHall/Rack 1,,\nSubcontractor,,true\n"),
        (
            "materials.csv",
            "number,name,description,category,unit,procurement,tracking,minimum_stock,revision,active,keywords\n\
             SHEET,Sheet,,Metal/Sheets,m2,purchase,lot,2.5,,true,\n\
             BOX,Box,\"A box, with a lid\",Metal,pcs,manufacture,none,0,B,true,\n\
             LID,Lid,,Metal,pcs,manufacture,serial,0,,true,\n",
        ),
        (
            "boms.csv",
            "parent,line,component,quantity,scrap_percent,optional,consumable,reference,note\n\
             BOX,10,SHEET,0.5,10,false,false,,\nBOX,20,LID,1,,,,L1,snap on\n\
             LID,10,SHEET,0.125,,true,false,,\n",
        ),
        (
            "routings.csv",
            "material,operation,name,work_center,setup_minutes,run_minutes_per_unit\n\
             BOX,20,Inspect,QC,,1\nBOX,10,Fold,BEND,5,2.5\n",
        ),
        (
            "stock.csv",
            "material,location,quantity,lot,serial,status,unit_cost,currency,expiry_date,packaging,updated_at\n\
             SHEET,Hall/Rack 1,12.5,L-1,,ok,8.125,EUR,,pallet,2026-01-05T08:00:00Z\n\
             SHEET,Hall/Rack 1,12.5,L-1,,ok,8.125,EUR,,pallet,2026-01-05T08:00:00Z\n\
             LID,,1,,77,quarantined,,,,,\n",
        ),
        (
            "work_orders.csv",
            "number,material,title,planned_quantity,completed_quantity,state,priority,parent,created_on,due_on,\
             completed_on,destination,lot\n\
             W1,box,First boxes,10,4,completed,3,,2026-01-02,,2026-01-05,Hall,\n\
             W2,BOX,More boxes,20,0,released,0,W1,2026-01-06,2026-02-01,,,\n",
        ),
    ]
    .map(|(file, content)| (file, content.to_owned()))
    .to_vec()
}

fn write(dir: &Path, files: &[(&str, String)]) {
    for (file, content) in files {
        fs::write(dir.join(file), content).expect("a file");
    }
}

#[tokio::test]
async fn what_the_files_leave_open_is_decided_sensibly() {
    let (plant, dir) = (Plant::new().await, tempfile::tempdir().expect("a directory"));
    write(dir.path(), &good_files());
    let report = plant.import(dir.path(), Options::default()).await;
    assert_eq!(problems(&report), Vec::<String>::new());
    let records = plant.records().await;
    let (sheet, lid) = (material(&records, "SHEET"), material(&records, "LID"));
    let bom = records.effective_bom(material(&records, "BOX").id, "2026-01-05".parse().expect("a date"));
    let lines = bom.expect("a BOM").lines;
    assert_eq!((lines[0].unit.as_str(), lines[0].is_backflush), ("m2", true));
    assert_eq!(lines[1].reference, "L1: snap on");
    let optional = records.effective_bom(lid.id, "2026-01-05".parse().expect("a date")).expect("a BOM");
    assert!(!optional.lines[0].is_backflush);

    let first = plant.order("W1").await;
    assert_eq!(first.state_reason.as_deref(), Some("4 of 10 made when it was imported"));
    assert_eq!(first.operations.iter().map(|it| it.number).collect::<Vec<_>>(), [10, 20]);
    let second = plant.order("W2").await;
    assert_eq!((second.stage, second.priority), (Stage::Released, 5));
    let sheets = second.materials.iter().find(|line| line.material == sheet.id).expect("a line");
    assert_eq!(sheets.planned, "11".parse().expect("an amount"), "20 × 0.5 m² and a tenth for scrap");
    let rack = records.iter().find_map(|record| match record {
        Record::Location(it) if it.path == "Hall/Rack 1" => Some(it.id),
        _ => None,
    });
    assert_eq!(sheets.location, rack, "where the sheets lie");
    let on_hand = "select sum(on_hand) from stock_balance where lot = 'L-1'";
    assert_eq!(plant.number::<Decimal>(on_hand).await, Decimal::from(25));
}

#[tokio::test]
async fn rows_that_changed_are_updated_and_boms_get_a_new_version() {
    let (plant, dir) = (Plant::new().await, tempfile::tempdir().expect("a directory"));
    let mut files = good_files();
    write(dir.path(), &files);
    plant.import(dir.path(), Options::default()).await;
    for (file, from, to) in [
        ("materials.csv", "BOX,Box,", "box,Big box,"),
        ("boms.csv", "SHEET,0.5,10", "SHEET,0.75,10"),
        ("routings.csv", "BEND,5,2.5", "BEND,5,2"),
        ("locations.csv", "Hall/Rack 1,,", "Hall/Rack 1,,true"),
        ("work_orders.csv", "More boxes,20,0,released,0", "Many boxes,20,0,released,2"),
    ] {
        let (_, content) = files.iter_mut().find(|(name, _)| *name == file).expect("a file");
        assert!(content.contains(from), "{from}");
        *content = content.replace(from, to);
    }
    write(dir.path(), &files);
    let before = material(&plant.records().await, "BOX");
    let report = plant.import(dir.path(), Options::default()).await;
    assert_eq!(problems(&report), Vec::<String>::new());
    assert_eq!(counts(&report, "materials.csv"), (0, 1, 2, 0));
    assert_eq!(counts(&report, "boms.csv"), (0, 2, 1, 0));
    assert_eq!(counts(&report, "routings.csv"), (0, 2, 0, 0));
    assert_eq!(counts(&report, "locations.csv"), (0, 1, 2, 0));
    assert_eq!(counts(&report, "stock.csv"), (0, 0, 3, 0));
    assert_eq!(counts(&report, "work_orders.csv"), (0, 1, 1, 0));
    let records = plant.records().await;
    let after = material(&records, "BOX");
    assert_eq!((after.id, after.name.as_str()), (before.id, "Big box"));
    let versions: Vec<_> = records.boms(after.id).iter().map(|bom| (bom.version, bom.is_active)).collect();
    assert_eq!(versions, [(1, false), (2, true)]);
    let order = plant.order("W2").await;
    assert_eq!((order.title.as_str(), order.priority), ("Many boxes", 2));
    let entries = plant.entries().await;
    plant.import(dir.path(), Options::default()).await;
    assert_eq!(plant.entries().await, entries);
}

/// A plant with an imported stock file, in which rows are edited.
struct Store {
    plant: Plant,
    dir: tempfile::TempDir,
    files: Vec<(&'static str, String)>,
}

impl Store {
    /// 25 m² of SHEET in two rows of one lot, and a LID.
    async fn new() -> Self {
        let store = Self {
            plant: Plant::new().await,
            dir: tempfile::tempdir().expect("a directory"),
            files: good_files(),
        };
        assert_eq!(counts(&store.import().await, "stock.csv"), (3, 0, 0, 0));
        store
    }

    fn edit(&mut self, from: &str, to: &str) {
        let (_, content) = self.files.iter_mut().find(|(name, _)| *name == "stock.csv").expect("a file");
        assert!(content.contains(from), "{from}");
        *content = content.replacen(from, to, 1);
    }

    async fn import(&self) -> Report {
        write(self.dir.path(), &self.files);
        let report = self.plant.import(self.dir.path(), Options::default()).await;
        assert_eq!(problems(&report), Vec::<String>::new());
        report
    }

    /// Imports, and gives what became of the rows of the stock file: updated, unchanged and kept.
    async fn again(&self) -> (usize, usize, usize) {
        let report = self.import().await;
        let (created, updated, unchanged, bad) = counts(&report, "stock.csv");
        assert_eq!((created, bad), (0, 0));
        assert_eq!(report.hints.is_empty(), updated + unchanged == 3, "{:?}", report.hints);
        (updated, unchanged, 3 - updated - unchanged)
    }

    /// Imports once more, which must change nothing.
    async fn again_nothing(&self) {
        let entries = self.plant.entries().await;
        assert_eq!(self.again().await, (0, 3, 0));
        assert_eq!(self.plant.entries().await, entries);
    }

    async fn sheets(&self) -> Decimal {
        self.plant.number("select sum(on_hand) from stock_balance where lot = 'L-1'").await
    }

    /// Somebody takes sheets from the rack.
    async fn issue(&self, amount: i32) {
        let (app, world) = (crate::sync::Sync::start(self.plant.db.pools().clone()), &self.plant.world);
        let records = self.plant.records().await;
        let rack = records.iter().find_map(|record| match record {
            Record::Location(it) if it.path == "Hall/Rack 1" => Some(it.id),
            _ => None,
        });
        let key =
            StockKey { lot: Number::parse("L-1").ok(), ..StockKey::of(material(&records, "SHEET").id, rack) };
        let (amount, unit, note) = (Amount::whole(amount), UnitCode::new("m2"), String::new());
        let order = Order {
            organization: world.organization,
            plant: world.plant,
            user: world.user(Role::Warehouse),
            id: edge::ids().draw(),
            occurred_at: edge::now(),
            command: Command::IssueStock { key, amount, unit, order: None, note },
            only_on: None,
        };
        let verdict = app.execute(order).await.expect("committed");
        assert!(matches!(verdict, Verdict::Accepted { .. }), "{verdict:?}");
    }
}

#[tokio::test]
async fn an_edited_quantity_is_corrected_by_the_difference_and_only_once() {
    let mut store = Store::new().await;
    store.edit("12.5,L-1", "10,L-1");
    assert_eq!(store.again().await, (2, 1, 0), "the two rows are one item");
    assert_eq!(store.sheets().await, Decimal::new(225, 1));
    store.again_nothing().await;
    store.edit("10,L-1", "100,L-1");
    assert_eq!(store.again().await, (2, 1, 0));
    assert_eq!(store.sheets().await, Decimal::new(1125, 1));
    store.edit("100,L-1", "12.5,L-1");
    assert_eq!(store.again().await, (2, 1, 0), "as it was at first");
    assert_eq!(store.sheets().await, Decimal::from(25));
    store.again_nothing().await;
}

#[tokio::test]
async fn an_edited_cost_or_time_adds_no_stock() {
    let mut store = Store::new().await;
    store.edit("8.125,EUR,,pallet,2026-01-05T08:00:00Z", "9.5,EUR,,box,2026-01-06T08:00:00Z");
    store.again_nothing().await;
    assert_eq!(store.sheets().await, Decimal::from(25));
}

#[tokio::test]
async fn stock_whose_status_or_place_is_another_in_the_file_is_not_there_twice() {
    let mut store = Store::new().await;
    store.edit("12.5,L-1,,ok", "12.5,L-1,,quarantined");
    assert_eq!(store.again().await, (2, 1, 0));
    let quarantined = "select on_hand from stock_balance where lot = 'L-1' and status = 'quarantined'";
    assert_eq!(store.plant.number::<Decimal>(quarantined).await, Decimal::new(125, 1));
    assert_eq!(store.sheets().await, Decimal::from(25));
    store.edit("LID,,1,,77", "LID,Hall,1,,77");
    assert_eq!(store.again().await, (1, 2, 0));
    let lids = "select sum(on_hand) from stock_balance where serial = '77'";
    assert_eq!(store.plant.number::<Decimal>(lids).await, Decimal::ONE);
    let nowhere = "select on_hand from stock_balance where serial = '77' and location_id = \
                   '00000000-0000-0000-0000-000000000000'";
    assert_eq!(store.plant.number::<Decimal>(nowhere).await, Decimal::ZERO);
    store.again_nothing().await;
}

#[tokio::test]
async fn stock_that_was_moved_here_since_stays_unless_the_row_is_newer() {
    let mut store = Store::new().await;
    store.issue(5).await;
    store.again_nothing().await;
    assert_eq!(store.sheets().await, Decimal::from(20), "the same file takes nothing back");
    store.edit("12.5,L-1", "10,L-1");
    assert_eq!(store.again().await, (0, 1, 2));
    assert_eq!(store.sheets().await, Decimal::from(20));
    let report = store.import().await;
    let hint = report.hints[0].to_string();
    assert!(hint.starts_with("stock.csv:2: quantity: the file says 22.5; it stays 20"), "{hint}");
    assert!(report.to_string().contains("2 kept as they are here"), "{report}");
    // Counted again after that.
    let counted_at = edge::now().to_string();
    store.edit("pallet,2026-01-05T08:00:00Z", &format!("pallet,{counted_at}"));
    assert_eq!(store.again().await, (2, 1, 0));
    assert_eq!(store.sheets().await, Decimal::new(225, 1));
    store.again_nothing().await;
}

#[tokio::test]
async fn with_a_bad_row_in_the_file_no_known_stock_is_changed() {
    let mut store = Store::new().await;
    store.edit("12.5,L-1", "twelve,L-1");
    write(store.dir.path(), &store.files);
    let report = store.plant.import(store.dir.path(), Options { dry_run: false, skip_bad_rows: true }).await;
    assert!(report.imported);
    assert_eq!(counts(&report, "stock.csv"), (0, 0, 1, 1));
    assert_eq!(store.sheets().await, Decimal::from(25));
}

#[tokio::test]
async fn stock_that_was_imported_before_the_server_remembered_is_known_again() {
    let mut store = Store::new().await;
    store.issue(5).await;
    let owner = &store.plant.db.access().owner;
    let mut connection = sqlx::ConnectOptions::connect(owner).await.expect("connects");
    sqlx::raw_sql("drop table imported_stock; delete from _sqlx_migrations where version = 3")
        .execute(&mut connection)
        .await
        .expect("the owner may");
    crate::db::migrate::run(owner).await.expect("migrates");
    store.again_nothing().await;
    store.edit("LID,,1,,77", "LID,Hall,1,,77");
    store.edit("12.5,L-1", "10,L-1");
    assert_eq!(store.again().await, (1, 0, 2));
    assert_eq!(store.sheets().await, Decimal::from(20));
}

#[tokio::test]
async fn an_edited_row_of_the_demo_data_is_its_stock_afterwards() {
    let (plant, dir) = (Plant::new().await, tempfile::tempdir().expect("a directory"));
    plant.import(&demo_data(), Options::default()).await;
    let before: Decimal = plant.number("select sum(on_hand) from stock_balance").await;
    let stock = fs::read_to_string(demo_data().join("stock.csv")).expect("a file");
    let reels = "P-0028,Electronics Lab/Reel Storage,";
    let mut edited: Vec<String> = stock.lines().take(1).map(ToOwned::to_owned).collect();
    let rows = stock.lines().filter(|line| line.starts_with(reels));
    edited.extend(rows.map(|line| line.replace(&format!("{reels}440,"), &format!("{reels}400,"))));
    fs::write(dir.path().join("stock.csv"), edited.join("\n")).expect("a file");
    let second = plant.import(dir.path(), Options::default()).await;
    assert_eq!((problems(&second), counts(&second, "stock.csv")), (Vec::new(), (0, 5, 0, 0)));
    let after: Decimal = plant.number("select sum(on_hand) from stock_balance").await;
    assert_eq!(before - after, Decimal::from(40));
    let entries = plant.entries().await;
    let third = plant.import(dir.path(), Options::default()).await;
    assert_eq!(counts(&third, "stock.csv"), (0, 0, 5, 0));
    assert_eq!(plant.entries().await, entries);
}

#[tokio::test]
async fn every_bad_row_is_named_with_file_line_column_and_reason() {
    let bad: &[(&str, &str, &str, &str)] = &[
        ("categories.csv", "Metal/Sheets,", "Wood/Sheets,", "categories.csv:3: path: there is no \"Wood\""),
        ("suppliers.csv", ",,,EUR", ",,,euro", "suppliers.csv:2: currency: \"euro\" is not a currency"),
        (
            "locations.csv",
            "Subcontractor,,true",
            "HALL,,",
            "locations.csv:4: path: HALL is in the file already",
        ),
        (
            "locations.csv",
            "Subcontractor,,true",
            "X,,maybe",
            "locations.csv:4: external: \"maybe\" is neither",
        ),
        ("materials.csv", "LID,Lid,", "LID,,", "materials.csv:4: name: it is empty"),
        ("materials.csv", "LID,Lid,", "box,Lid,", "materials.csv:4: number: box is in the file already"),
        ("materials.csv", ",m2,", ",acre,", "materials.csv:2: unit: \"acre\" is no unit"),
        (
            "materials.csv",
            ",purchase,",
            ",rent,",
            "materials.csv:2: procurement: \"rent\" is none of purchase",
        ),
        ("materials.csv", "lot,2.5", "lot,many", "materials.csv:2: minimum_stock: \"many\" is not a number"),
        ("materials.csv", "Metal/Sheets,m2", "Glass,m2", "materials.csv:2: category: \"Glass\" is not in"),
        (
            "materials.csv",
            "SHEET,Sheet,,",
            "SHEET,Sheet,",
            "materials.csv:2: the row has 10 cells, the first line has 11",
        ),
        ("boms.csv", "BOX,20,LID,1", "BOX,20,LIT,1", "boms.csv:3: component: there is no material LIT"),
        (
            "boms.csv",
            "BOX,20,LID,1",
            "BOX,10,LID,1",
            "boms.csv:3: line: line 10 of BOX is in the file already",
        ),
        ("boms.csv", "BOX,20,LID,1", "BOX,20,LID,-1", "boms.csv:3: quantity: -1 is negative"),
        ("boms.csv", "SHEET,0.5,10", "SHEET,0.5,101", "boms.csv:2: scrap_percent: it is more than 100"),
        ("boms.csv", "BOX,20,LID", "BOX,20,BOX", "boms.csv:3: component: BOX is made of itself"),
        ("boms.csv", "LID,10,SHEET", "LID,10,BOX", "boms.csv:2: component: "),
        (
            "routings.csv",
            "BOX,20,Inspect",
            "BOX,10,Inspect",
            "routings.csv:3: operation: operation 10 of BOX is",
        ),
        (
            "routings.csv",
            "BEND,5,2.5",
            "BEND,5,-2.5",
            "routings.csv:3: run_minutes_per_unit: -2.5 is negative",
        ),
        (
            "stock.csv",
            "LID,,1,,77",
            "LID,Attic,1,,77",
            "stock.csv:4: location: there is no location \"Attic\"",
        ),
        (
            "stock.csv",
            "LID,,1,,77",
            "LID,,2,,77",
            "stock.csv:4: quantity: a serial number stands for one piece",
        ),
        ("stock.csv", "LID,,1,,77", "LID,,0,,77", "stock.csv:4: quantity: it has to be greater than zero"),
        ("stock.csv", ",quarantined,", ",lost,", "stock.csv:4: status: \"lost\" is none of ok, attention"),
        (
            "stock.csv",
            ",quarantined,,,",
            ",quarantined,3,,",
            "stock.csv:4: currency: a cost needs its currency",
        ),
        (
            "work_orders.csv",
            ",released,0,W1",
            ",released,0,W9",
            "work_orders.csv:3: parent: there is no other order W9",
        ),
        (
            "work_orders.csv",
            ",released,",
            ",waiting,",
            "work_orders.csv:3: state: \"waiting\" is none of planned",
        ),
        (
            "work_orders.csv",
            "2026-02-01",
            "1.2.2026",
            "work_orders.csv:3: due_on: \"1.2.2026\" is not a date",
        ),
        (
            "work_orders.csv",
            "20,0,released",
            "20,1,released",
            "work_orders.csv:3: completed_quantity: an order that is",
        ),
        ("work_orders.csv", "W2,BOX", "w1,BOX", "work_orders.csv:3: number: w1 is in the file already"),
        (
            "stock.csv",
            "serial,status",
            "serial,state",
            "stock.csv:1: status: the column is missing; the first line has",
        ),
    ];
    let (plant, dir) = (Plant::new().await, tempfile::tempdir().expect("a directory"));
    let entries = plant.entries().await;
    for (file, from, to, expected) in bad {
        let mut files = good_files();
        let (_, content) = files.iter_mut().find(|(name, _)| name == file).expect("a file");
        assert!(content.contains(from), "{from}");
        *content = content.replacen(from, to, 1);
        write(dir.path(), &files);
        let report = plant.import(dir.path(), Options::default()).await;
        assert!(
            problems(&report).iter().any(|it| it.starts_with(expected)),
            "{expected}: {:?}",
            problems(&report)
        );
        assert!(!report.imported && !report.is_done());
        for file in &report.files {
            counts(&report, file.file);
        }
        assert_eq!(plant.entries().await, entries, "nothing was imported");
    }
}

#[tokio::test]
async fn a_file_that_is_not_text_and_a_cell_that_cannot_be_printed_are_bad_rows() {
    let (plant, dir) = (Plant::new().await, tempfile::tempdir().expect("a directory"));
    let mut latin: Vec<u8> = b"path,description,external\nHalle S".to_vec();
    latin.extend([0xfc, b'd']);
    latin.extend(b",,\nA\x07B,,\n");
    fs::write(dir.path().join("locations.csv"), latin).expect("a file");
    let report = plant.import(dir.path(), Options::default()).await;
    assert_eq!(
        problems(&report),
        [
            "locations.csv:2: path: it is not UTF-8 text; save the file as UTF-8",
            "locations.csv:3: path: it holds characters that cannot be printed",
        ]
    );
}

#[tokio::test]
async fn good_rows_come_in_without_the_bad_ones_where_that_is_wished() {
    let (plant, dir) = (Plant::new().await, tempfile::tempdir().expect("a directory"));
    let mut files = good_files();
    for (file, from, to) in [("materials.csv", "LID,Lid,", "LID,,"), ("stock.csv", "12.5,L-1", "twelve,L-1")]
    {
        let (_, content) = files.iter_mut().find(|(name, _)| *name == file).expect("a file");
        *content = content.replacen(from, to, 1);
    }
    write(dir.path(), &files);
    let report = plant.import(dir.path(), Options { dry_run: false, skip_bad_rows: true }).await;
    assert!(report.imported);
    assert_eq!(counts(&report, "materials.csv"), (2, 0, 0, 1));
    // The lid is missing, so its own BOM has no head, and the box's is not half of itself.
    assert_eq!(counts(&report, "boms.csv"), (0, 0, 0, 2));
    assert_eq!(report.files.iter().find(|it| it.file == "boms.csv").map(|it| it.left_out), Some(1));
    assert_eq!(counts(&report, "stock.csv"), (1, 0, 0, 2));
    assert_eq!(counts(&report, "work_orders.csv"), (2, 0, 0, 0));
    assert!(report.to_string().ends_with("imported, without the bad rows\n"));
}

#[tokio::test]
async fn a_directory_without_files_is_an_error_that_names_them() {
    let (plant, dir) = (Plant::new().await, tempfile::tempdir().expect("a directory"));
    let (pools, world) = (plant.db.pools(), &plant.world);
    let none = run(pools, world.organization, world.plant, dir.path(), Options::default()).await;
    assert!(none.expect_err("no files").to_string().contains("materials.csv"));
    let nowhere = dir.path().join("nowhere");
    let missing = run(pools, world.organization, world.plant, &nowhere, Options::default()).await;
    assert!(missing.expect_err("no directory").to_string().contains("nowhere cannot be read"));
}
