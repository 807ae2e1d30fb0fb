//! A device whose file lost what was committed to it compares with the server, and is put right.

use anyhow::Context as _;
use e2e::harness::{Device, Server, ServerSetup, demo};
use replica::driver::Files as _;
use replica::native::Directory;
use shared_model::command::Command;
use shared_model::host::Comparison;
use shared_model::production::ProductionReport;
use shared_model::quantity::Amount;

const ORDER: &str = "BO0002";

/// Changes the encrypted file of a device that is not running.
fn damage(device: &Device, sql: &str) -> anyhow::Result<()> {
    let mut directory = Directory::open(device.data(), false).context("opening the directory")?;
    directory.unlock()?;
    let changed = directory.open_replica()?.execute(sql, [])?;
    anyhow::ensure!(changed > 0, "nothing was there: {sql}");
    Ok(())
}

/// How many orders were put right; none where it is not the same now.
fn mended(found: Comparison) -> Option<u32> {
    match found {
        Comparison::Same { mended_count, .. } => Some(mended_count),
        _ => None,
    }
}

#[tokio::test]
async fn what_a_file_of_the_demo_data_lost_is_found_by_comparing_with_the_server_and_put_right()
-> anyhow::Result<()> {
    let server = Server::with_import(ServerSetup::default(), &demo::directory()?)?;
    let device = Device::joined(&server, "Saw 1")?;
    device.sync()?;
    let order = device.release(ORDER)?;
    let report = ProductionReport {
        operation: order.operations.first().map(|operation| operation.number),
        good: Amount::whole(3),
        ..ProductionReport::default()
    };
    device.enter(&Command::ReportProduction { order: order.row.id, report })?;
    let found = device.compare()?;
    assert_eq!(mended(found), Some(0), "what was imported is the same on both sides");
    let before = serde_json::to_value(device.order(ORDER)?)?;
    let id = order.row.id.uuid().simple();
    for sql in [
        format!("delete from fact where kind = 'production_reported' and order_id = x'{id}'"),
        format!("update work_order set stage = 'planned' where id = x'{id}'"),
        format!("delete from document where id = x'{id}'"),
    ] {
        damage(&device, &sql)?;
        let found = device.compare()?;
        assert_eq!(mended(found), Some(1), "{sql}");
        assert_eq!(serde_json::to_value(device.order(ORDER)?)?, before, "{sql}");
    }
    Ok(())
}
