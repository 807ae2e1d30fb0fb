//! A computer that keeps the key of its data in the operating system's keychain.

use anyhow::Context as _;
use e2e::harness::{Api, Device, Keychain, Server, workshop};
use shared_model::command::Command;

const KEY: &str = "key";
const OUTBOX: &str = "outbox.sealed.db";

#[tokio::test]
async fn a_key_in_the_keychain_opens_the_data_while_the_keychain_does_and_is_gone_with_a_wipe()
-> anyhow::Result<()> {
    let mut server = Server::with_workshop()?;
    let mut keychain = Keychain::start().await?;
    let device = Device::joined_with(&keychain, &server, "Office PC")?;
    device.sync()?;
    let kept = std::fs::read_to_string(device.data().join(KEY))?;
    assert!(kept.starts_with("keychain "), "the key itself is not beside the data: {kept}");
    let order = device.order(workshop::ORDER)?.row.id;
    server.stop()?;
    device.enter(&Command::release(order))?;

    keychain.kill()?;
    let told = device.orders("").expect_err("nobody gives the key").to_string();
    assert!(told.contains("keychain, where the key of the data is, does not answer"), "{told}");
    assert_eq!(std::fs::read_to_string(device.data().join(KEY))?, kept, "nothing was removed");
    keychain.resume().await?;
    assert_eq!(device.unsent_count()?, 1);
    let outbox = std::fs::read(device.data().join(OUTBOX))?;

    server.resume()?;
    let api = Api::of_admin(&server).await?;
    let id = api.device("Office PC").await?["id"].as_str().context("no id")?.to_owned();
    api.wipe(&id).await?;
    let told = device.sync().expect_err("it was emptied").to_string();
    assert!(told.contains("had this device emptied"), "{told}");
    let handed_in = api.all(&format!("refused?device={id}&open=true")).await?;
    assert_eq!(handed_in.len(), 1, "what it had not sent");
    // Files of before that turn up again are of no use to anybody.
    std::fs::write(device.data().join(KEY), kept)?;
    std::fs::write(device.data().join(OUTBOX), outbox)?;
    let told = device.orders("").expect_err("the key is gone").to_string();
    assert!(told.contains("no longer in the operating system's keychain"), "{told}");
    Ok(())
}
