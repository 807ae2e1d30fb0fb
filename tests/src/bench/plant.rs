//! The plant that is measured with: 10,000 open work orders with routings and BOMs, and a server.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::ensure;

use super::lab::say;
use crate::harness::{Server, ServerSetup, binaries};

pub const ORDERS: usize = 10_000;
/// The first operation of every order.
pub const OPERATION: u32 = 10;

const PRODUCTS: usize = 40;
const PARTS: usize = 80;
const PARTS_PER_PRODUCT: usize = 5;
const WORK_CENTERS: [&str; 6] = ["SAW", "LASER", "WELD", "COAT", "ASM", "PACK"];
const OPERATIONS: [(u32, &str); 3] =
    [(OPERATION, "Cut to length"), (20, "Weld and grind"), (30, "Inspect and pack")];

/// A server with a plant of so many orders, started. It serves the web bundle where there is one.
///
/// # Errors
/// When it does not start, or when a commit would not wait for the disk: then no figure means anything.
pub async fn start(orders: usize) -> anyhow::Result<Server> {
    say(&format!("starting a server, importing {orders} work orders"));
    let files = tempfile::tempdir()?;
    write(files.path(), orders)?;
    let setup = ServerSetup { web: binaries::web_bundle().ok(), ..ServerSetup::default() };
    let server = Server::with_import(setup, files.path())?;
    check(&server, orders).await?;
    Ok(server)
}

async fn check(server: &Server, orders: usize) -> anyhow::Result<()> {
    let mut database = server.database().await?;
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        let value: String = sqlx::Row::try_get(&database.row(&format!("show {setting}")).await?, 0)?;
        ensure!(value == "on", "PostgreSQL runs with {setting} = {value}");
    }
    let imported = database.count("select count(*) from work_order").await?;
    ensure!(usize::try_from(imported)? == orders, "{imported} work orders were imported");
    Ok(())
}

fn write(directory: &Path, orders: usize) -> anyhow::Result<()> {
    fs::write(directory.join("locations.csv"), locations())?;
    fs::write(directory.join("materials.csv"), materials()?)?;
    fs::write(directory.join("boms.csv"), boms()?)?;
    fs::write(directory.join("routings.csv"), routings()?)?;
    fs::write(directory.join("stock.csv"), stock()?)?;
    fs::write(directory.join("work_orders.csv"), work_orders(orders)?)?;
    Ok(())
}

fn product(n: usize) -> String {
    format!("FG-{:04}", n % PRODUCTS)
}

fn part(n: usize) -> String {
    format!("RM-{:04}", n % PARTS)
}

fn locations() -> String {
    "path,description,external\n\
     Stores,Raw material,false\n\
     Stores/Rack A,Tubes and sheets,false\n\
     Finished,Finished goods,false\n"
        .to_owned()
}

fn materials() -> Result<String, std::fmt::Error> {
    let mut csv =
        "number,name,description,category,unit,procurement,tracking,minimum_stock,revision,active,keywords\n"
            .to_owned();
    for n in 0..PRODUCTS {
        let number = product(n);
        writeln!(
            csv,
            "{number},Bracket assembly {n:03},Welded and coated,Products/Brackets,pcs,manufacture,none,0,B,true,"
        )?;
    }
    for n in 0..PARTS {
        let number = part(n);
        writeln!(
            csv,
            "{number},Profile {n:03} S235,Cut steel,Parts/Profiles,pcs,purchase,none,100,,true,steel"
        )?;
    }
    Ok(csv)
}

fn boms() -> Result<String, std::fmt::Error> {
    let mut csv =
        "parent,line,component,quantity,scrap_percent,optional,consumable,reference,note\n".to_owned();
    for n in 0..PRODUCTS {
        for line in 0..PARTS_PER_PRODUCT {
            let (parent, component) = (product(n), part(n * 7 + line * 11));
            writeln!(csv, "{parent},{},{component},{},,false,false,,", (line + 1) * 10, line % 3 + 1)?;
        }
    }
    Ok(csv)
}

fn routings() -> Result<String, std::fmt::Error> {
    let mut csv = "material,operation,name,work_center,setup_minutes,run_minutes_per_unit\n".to_owned();
    for n in 0..PRODUCTS {
        for (place, (operation, name)) in OPERATIONS.into_iter().enumerate() {
            let (material, center) = (product(n), WORK_CENTERS[(n + place) % WORK_CENTERS.len()]);
            writeln!(csv, "{material},{operation},{name},{center},15,2.5")?;
        }
    }
    Ok(csv)
}

/// So much of everything that no report runs out of material.
fn stock() -> Result<String, std::fmt::Error> {
    let mut csv =
        "material,location,quantity,lot,serial,status,unit_cost,currency,expiry_date,packaging,updated_at\n"
            .to_owned();
    for n in 0..PARTS {
        writeln!(csv, "{},Stores/Rack A,5000000,,,ok,1.25,EUR,,,", part(n))?;
    }
    Ok(csv)
}

/// Half planned, four in ten released, one in ten begun.
fn work_orders(orders: usize) -> Result<String, std::fmt::Error> {
    let mut csv = "number,material,title,planned_quantity,completed_quantity,state,priority,parent,created_on,due_on,completed_on,destination,lot\n"
        .to_owned();
    for n in 0..orders {
        let (state, completed) = match n % 10 {
            0..=4 => ("planned", 0),
            5..=8 => ("released", 0),
            _ => ("in_progress", 40),
        };
        let (material, quantity, priority) = (product(n), 200 + n % 9 * 50, n % 9 + 1);
        let (month, day) = (n / 28 % 3 + 10, n % 28 + 1);
        writeln!(
            csv,
            "WO-{:06},{material},Bracket assembly {:03} for customer {:03},{quantity},{completed},{state},{priority},,2026-09-15,2026-{month}-{day:02},,Finished,",
            n + 1,
            n % PRODUCTS,
            n % 311,
        )?;
    }
    Ok(csv)
}
