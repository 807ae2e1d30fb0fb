//! The smallest plant in which there is something to do: one order without a routing, and
//! a part to receive. Stories of faults need no more, and no demo data.

use std::path::Path;

/// The order that everybody works on.
pub const ORDER: &str = "WS-1";
/// What it makes.
pub const PRODUCT: &str = "WHEEL";
/// What is received into the store; no order uses it.
pub const PART: &str = "BOLT";
/// Where it lies.
pub const STORE: &str = "Store";

/// Writes its CSV files for `unison-server import`.
///
/// # Errors
/// When the directory cannot be written.
pub fn write(directory: &Path) -> std::io::Result<()> {
    let files = [
        ("locations.csv", format!("path,description,external\n{STORE},,false\n")),
        (
            "materials.csv",
            format!(
                "number,name,description,category,unit,procurement,tracking,minimum_stock,revision,active,keywords\n\
                 {PRODUCT},Wheel,,,pcs,manufacture,none,0,,true,\n\
                 {PART},Bolt,,,pcs,purchase,none,0,,true,\n"
            ),
        ),
        (
            "work_orders.csv",
            format!(
                "number,material,title,planned_quantity,completed_quantity,state,priority,parent,created_on,\
                 due_on,completed_on,destination,lot\n\
                 {ORDER},{PRODUCT},Wheels,100000,0,planned,0,,2026-01-05,,,{STORE},\n"
            ),
        ),
    ];
    for (name, content) in files {
        std::fs::write(directory.join(name), content)?;
    }
    Ok(())
}
