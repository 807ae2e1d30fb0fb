//! A tablet that an administrator has emptied, as people see it: its work is handed in, and the browser holds
//! nothing of the plant any more.

use anyhow::Context;
use e2e::harness::browser::TABLET;
use e2e::harness::{Api, Artifacts, Browser, Device, Server, ServerSetup, binaries, demo};
use serde_json::{Value, json};
use shared_model::people::Role;
use std::collections::BTreeSet;

const ORDER: &str = "BO0002";
const OPERATOR: &str = "olga@unison.test";

/// What the browser keeps of this origin: how each page of its private files begins (encrypted, so that no two
/// are the same), the encrypted key of the files, and which of the server's answers are cached.
const KEPT: &str = "
    const done = arguments[0];
    (async () => {
        const root = await navigator.storage.getDirectory();
        const pages = [];
        const walk = async directory => {
            for await (const entry of directory.values()) {
                if (entry.kind === 'directory') { await walk(entry); continue; }
                const bytes = new Uint8Array(await (await entry.getFile()).arrayBuffer());
                // The first page is the pool's own, and names the file.
                for (let at = 4096; at + 32 <= bytes.length; at += 4096) {
                    const begin = bytes.subarray(at + 32, at + 64);
                    if (begin.some(byte => byte !== 0)) pages.push(begin.join());
                }
            }
        };
        await walk(root);
        const open = indexedDB.open('unison-keys');
        const database = await new Promise((resolve, reject) => {
            open.onsuccess = () => resolve(open.result);
            open.onerror = () => reject(open.error);
        });
        const asked = database.transaction('key').objectStore('key').get('wrapped');
        const wrapped = await new Promise(resolve => { asked.onsuccess = () => resolve(asked.result); });
        database.close();
        const answers = [];
        for (const name of await caches.keys()) {
            for (const request of await (await caches.open(name)).keys()) {
                if (new URL(request.url).pathname.startsWith('/api/')) answers.push(request.url);
            }
        }
        done({ pages, key: wrapped ? Array.from(wrapped).join() : null, answers });
    })().catch(error => done({ error: String(error) }));";

fn pages(kept: &Value) -> BTreeSet<&str> {
    kept["pages"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

async fn kept(browser: &Browser) -> anyhow::Result<Value> {
    let kept = browser.client().execute_async(KEPT, Vec::new()).await?;
    anyhow::ensure!(kept["error"].is_null(), "{kept}");
    Ok(kept)
}

#[tokio::test]
async fn a_tablet_that_is_wiped_while_it_is_away_on_the_demo_data_hands_in_its_work_and_keeps_nothing()
-> anyhow::Result<()> {
    let artifacts = Artifacts::of("wipe-browser-story")?;
    let web = Some(binaries::web_bundle()?);
    let mut server = Server::with_import(ServerSetup { web, ..ServerSetup::default() }, &demo::directory()?)?;
    let api = Api::of_admin(&server).await?;
    api.add_person("Olga Operator", OPERATOR, Role::Operator).await?;
    let office = Device::joined(&server, "Office")?;
    let planned = office.release(ORDER)?;
    let last = planned.operations.iter().max_by_key(|operation| operation.number).context("no operation")?;

    let profile = tempfile::tempdir()?;
    let log = artifacts.directory().join("chromedriver.log");
    let browser = Browser::start(profile.path(), TABLET, &log).await?;
    browser.goto(&server.url()).await?;
    browser.join(&server, "Tablet 1", OPERATOR).await?;
    browser.wait_until_quiet().await?;
    browser.open_work(&last.work_center_code, ORDER, last.number).await?;
    server.stop()?;
    browser.wait_for_attribute("sync-pill", "data-state", "offline").await?;
    browser.press("now-start").await?;
    browser.report(5, 0, 5).await?;
    let before = kept(&browser).await?;
    assert!(pages(&before).len() > 100 && before["key"].is_string(), "{} pages", pages(&before).len());
    browser.picture(&artifacts, "work-that-is-not-sent").await?;
    browser.close().await?;

    server.resume()?;
    let api = Api::of_admin(&server).await?;
    let device = api.device("Tablet 1").await?["id"].as_str().context("no id")?.to_owned();
    api.wipe(&device).await?;
    let browser = Browser::start(profile.path(), TABLET, &log).await?;
    browser.goto(&server.url()).await?;
    browser.find("wiped").await?;
    browser.find("enroll-code").await?;
    browser.picture(&artifacts, "emptied").await?;
    let after = kept(&browser).await?;
    assert_ne!(after["key"], before["key"], "the old key is gone");
    assert!(!pages(&after).is_empty(), "the files of the device that begins anew");
    let left = pages(&before).intersection(&pages(&after)).count();
    assert_eq!(left, 0, "pages of before are still there");
    assert_eq!(after["answers"], json!([]));

    let handed_in = api.all(&format!("refused?device={device}&open=true")).await?;
    let entered: Vec<_> = handed_in.iter().map(|kept| &kept["command"]["command"]).collect();
    assert_eq!(entered, ["start_operation", "report_production"]);
    assert!(api.device("Tablet 1").await?["wiped_at"].is_string());

    // It says so again when it is opened again, and is a new device for whoever joins with it.
    browser.reload().await?;
    browser.find("wiped").await?;
    browser.join(&server, "Tablet 2", OPERATOR).await?;
    browser.wait_until_quiet().await?;
    browser.find(&format!("station-{}", last.work_center_code)).await?;
    browser.picture(&artifacts, "joined-again").await?;
    browser.close().await
}
