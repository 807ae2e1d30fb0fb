//! The files that a browser keeps, behind the application's back: a replica that is damaged there is fetched
//! anew, and nobody can read in them what was entered.

use anyhow::Context;
use e2e::harness::browser::TABLET;
use e2e::harness::{Api, Artifacts, Browser, Device, Server, ServerSetup, binaries, wait, workshop};
use fantoccini::Locator;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;
use shared_model::people::Role;
use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

const ORDER: &str = "WS-HALL-7";
const STATION: &str = "BENCH";
const OPERATION: u32 = 10;
const OPERATOR: &str = "olga@unison.test";
/// So many parts are in the store, with long words about each: they are most of the replica.
const PARTS: u32 = 900;
const NOTE: &str = "Spindle squeals when cold";
const PATIENCE: Duration = Duration::from_secs(60);

/// A page of the origin on which the application does not run: the service worker leaves it to the server.
const BESIDE: &str = "/health";

const OUTBOX: &str = "outbox.sealed.db";
const REPLICA: &str = "replica.sealed.db";
const LOG: &str = "replica.sealed.db-wal";
/// The pool begins each file with the name that SQLite has for it.
const HEAD: u64 = 4096;
/// In the name, and in what kind of file it is: with the bit there flipped it counts as one to be cleared.
const NAME: u64 = 3;
const KIND: u64 = 514;
/// A bit is flipped in every so many bytes, so far from where they begin.
const STEP: usize = 4096;
const MIDDLE: u64 = 2000;
/// Behind the first page of each table and index, of 8 kB each: what is there is parts, and little else.
const PARTS_FROM: u64 = 64 * 8192;
/// With the parts in it, a replica is larger.
const EMPTY_BYTES: u64 = 1_000_000;

/// All private files of this origin, for the scripts below, and bytes as a text that can be searched.
const FILES: &str = "
    const text = bytes => new TextDecoder('latin1').decode(bytes);
    const files = async () => {
        const found = [];
        const walk = async directory => {
            for await (const handle of directory.values()) {
                if (handle.kind === 'directory') { await walk(handle); continue; }
                const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
                found.push({ handle, bytes, name: text(bytes.subarray(0, bytes.indexOf(0))) });
            }
        };
        await walk(await navigator.storage.getDirectory());
        return found;
    };";

/// See [`Stored`]. The first bytes of a file are in the clear, and are passed over in every page.
const LOOK: &str = "
    const [texts, done] = arguments;
    const look = ({ name, bytes }) => {
        const pages = [];
        for (let at = 4096; at + 64 <= bytes.length; at += 4096) {
            const begin = bytes.subarray(at + 32, at + 64);
            if (begin.some(byte => byte !== 0)) pages.push(begin.join());
        }
        const all = text(bytes);
        return { name, size: bytes.length, pages, has: texts.filter(it => all.includes(it)) };
    };
    files().then(found => done(found.map(look))).catch(error => done({ error: String(error) }));";

/// Flips a bit at each place of the named files.
const FLIP: &str = "
    const [places, done] = arguments;
    (async () => {
        const flipped = [];
        for (const { handle, bytes, name } of await files()) {
            if (!places[name]) continue;
            for (const at of places[name]) bytes[at] ^= 1;
            const writable = await handle.createWritable();
            await writable.write(bytes);
            await writable.close();
            flipped.push(name);
        }
        done({ flipped: flipped.sort() });
    })().catch(error => done({ error: String(error) }));";

/// What is kept to read the files with. Whoever may run scripts here can use the wrapping key, and so get at
/// the key of the files; neither of them can be read from what is kept.
const KEYS: &str = "
    const [done] = arguments;
    (async () => {
        const asked = request => new Promise((resolve, reject) => {
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);
        });
        const database = await asked(indexedDB.open('unison-keys'));
        const store = () => database.transaction('key').objectStore('key');
        const names = await asked(store().getAllKeys());
        const wrapping = await asked(store().get('wrapping'));
        const wrapped = await asked(store().get('wrapped'));
        database.close();
        const exports = [];
        for (const format of ['raw', 'jwk']) {
            await crypto.subtle.exportKey(format, wrapping)
                .then(() => exports.push('done'), error => exports.push(error.name));
        }
        const iv = wrapped.subarray(0, 12);
        const opened = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, wrapping, wrapped.subarray(12));
        const key = new Uint8Array(opened);
        const hex = Array.from(key, byte => byte.toString(16).padStart(2, '0')).join('');
        const kept = [wrapped, ...(await files()).map(file => file.bytes)].map(text);
        done({
            names,
            wrapping: { is_key: wrapping instanceof CryptoKey, extractable: wrapping.extractable, exports },
            wrapped_bytes: wrapped.length,
            key_bytes: key.length,
            is_key_readable: kept.some(it => it.includes(text(key)) || it.toLowerCase().includes(hex)),
        });
    })().catch(error => done({ error: String(error) }));";

/// One of the private files of this origin.
#[derive(Deserialize)]
struct Stored {
    /// What SQLite calls it; empty where it is of no use at present.
    name: String,
    size: u64,
    /// How its pages begin: a page that is written again is encrypted anew, and begins otherwise.
    pages: BTreeSet<String>,
    /// Which of the asked texts can be read in it.
    has: Vec<String>,
}

async fn stored(browser: &Browser, texts: &[&str]) -> anyhow::Result<Vec<Stored>> {
    let script = [FILES, LOOK].concat();
    let looked = browser.client().execute_async(&script, vec![json!(texts)]).await?;
    anyhow::ensure!(looked.is_array(), "{looked}");
    Ok(serde_json::from_value(looked)?)
}

async fn replica(browser: &Browser) -> anyhow::Result<Stored> {
    let files = stored(browser, &[]).await?;
    files.into_iter().find(|file| file.name == REPLICA).context("there is no replica")
}

/// Flips bits all over a part of the replica, and those by which the outbox is known. Gives how the replica's pages
/// began before that.
async fn damage(browser: &Browser, part: Range<u64>) -> anyhow::Result<BTreeSet<String>> {
    let Stored { size, pages, .. } = replica(browser).await?;
    anyhow::ensure!(size > EMPTY_BYTES, "the plant is not in the file, which has {size} bytes");
    let places = part.step_by(STEP).map(|place| HEAD + place + MIDDLE);
    let places: Vec<u64> = places.take_while(|place| *place < size).collect();
    // With a damaged beginning a log counts for nothing: else its pages would stand in for those of the file.
    let places = json!({ REPLICA: places, LOG: [HEAD + 20], OUTBOX: [NAME, KIND] });
    let script = [FILES, FLIP].concat();
    let done = browser.client().execute_async(&script, vec![places]).await?;
    assert_eq!(done, json!({ "flipped": [OUTBOX, REPLICA, LOG] }));
    Ok(pages)
}

/// The workshop with a well-filled store, and an order that is made at a station.
fn write_plant(directory: &Path) -> anyhow::Result<()> {
    workshop::write(directory)?;
    let about = "For the stands in the new hall. ".repeat(15);
    let about = about.trim_end();
    let parts: String = (1..=PARTS)
        .map(|n| format!("PART-{n:04},Part {n},{about},,pcs,purchase,none,1,,true,{about}\n"))
        .collect();
    let (product, store) = (workshop::PRODUCT, workshop::STORE);
    let order = format!("{ORDER},{product},Wheels for the hall,500,0,planned,0,,2026-01-05,,,{store},\n");
    for (file, lines) in [("materials.csv", parts), ("work_orders.csv", order)] {
        OpenOptions::new().append(true).open(directory.join(file))?.write_all(lines.as_bytes())?;
    }
    let routings = format!(
        "material,operation,name,work_center,setup_minutes,run_minutes_per_unit\n\
         {product},{OPERATION},Assemble,{STATION},0,1\n"
    );
    Ok(std::fs::write(directory.join("routings.csv"), routings)?)
}

struct Tablet {
    server: Server,
    artifacts: Artifacts,
    profile: TempDir,
}

impl Tablet {
    /// A tablet that has the whole plant, at a job that was begun when the server went away.
    async fn at_work(story: &str) -> anyhow::Result<(Self, Browser)> {
        let artifacts = Artifacts::of(story)?;
        let plant = tempfile::tempdir()?;
        write_plant(plant.path())?;
        let web = Some(binaries::web_bundle()?);
        let server = Server::with_import(ServerSetup { web, ..ServerSetup::default() }, plant.path())?;
        Api::of_admin(&server).await?.add_person("Olga Operator", OPERATOR, Role::Operator).await?;
        Device::joined(&server, "Office")?.release(ORDER)?;

        let mut tablet = Self { server, artifacts, profile: tempfile::tempdir()? };
        let browser = tablet.open("/").await?;
        browser.join(&tablet.server, "Tablet 1", OPERATOR).await?;
        browser.wait_until_installed().await?;
        tablet.wait_for_parts(&browser).await?;
        browser.wait_until_quiet().await?;
        browser.goto(&tablet.address("/stations")).await?;
        browser.open_work(STATION, ORDER, OPERATION).await?;
        browser.find("now-start").await?;
        tablet.server.stop()?;
        browser.wait_for_attribute("sync-pill", "data-state", "offline").await?;
        browser.press("now-start").await?;
        browser.report(5, 0, 5).await?;
        browser.wait_for_attribute("sync-pill", "data-count", "2").await?;
        Ok((tablet, browser))
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.server.url())
    }

    /// Starts the browser with what it has kept.
    async fn open(&self, path: &str) -> anyhow::Result<Browser> {
        let log = self.artifacts.directory().join("chromedriver.log");
        let browser = Browser::start(self.profile.path(), TABLET, &log).await?;
        browser.goto(&self.address(path)).await?;
        Ok(browser)
    }

    async fn picture(&self, browser: &Browser, name: &str) -> anyhow::Result<()> {
        browser.picture(&self.artifacts, name).await
    }

    /// Opens the store, and waits until every part is listed there. To list them, every one is read.
    async fn wait_for_parts(&self, browser: &Browser) -> anyhow::Result<()> {
        browser.goto(&self.address("/stock")).await?;
        wait::until("all parts of the store", PATIENCE, || async {
            let count = browser.client().find(Locator::Css(".toolbar__count")).await?.text().await?;
            let count: u32 = count.split_whitespace().next().unwrap_or_default().parse()?;
            // And what was made of them by now.
            Ok((count >= PARTS).then_some(()))
        })
        .await
    }

    /// The plant is here as the server has it, what was entered counts once, and nothing is said to be wrong.
    async fn must_be_whole(&self, browser: &Browser, good: u32, reports: i64) -> anyhow::Result<()> {
        self.wait_for_parts(browser).await?;
        browser.wait_until_quiet().await?;
        assert!(!browser.is_shown("failed").await?, "the store is listed");
        browser.goto(&self.address("/work")).await?;
        browser.press(&format!("queue-row-{ORDER}-{OPERATION}")).await?;
        browser.wait_for_attribute("now-good", "data-value", &good.to_string()).await?;
        browser.press("sync-pill").await?;
        browser.press("sync-compare").await?;
        wait::until("the comparison", PATIENCE, || async {
            let compared = browser.find("sync-compared").await?.text().await?;
            Ok(compared.starts_with("The same as on the server").then_some(()))
        })
        .await?;
        browser.press("sheet-close").await?;
        for trouble in ["failed", "storage-problem", "storage-full"] {
            assert!(!browser.is_shown(trouble).await?, "{trouble}");
        }
        let totals = self.server.database().await?.totals(ORDER).await?;
        assert_eq!((totals.good, totals.reports), (Decimal::from(good), reports), "in PostgreSQL");
        assert_eq!(totals.good_by_facts, totals.good, "the facts sum to the projection");
        Ok(())
    }
}

#[tokio::test]
async fn a_replica_that_is_damaged_in_the_browser_is_fetched_anew_and_what_was_not_sent_is_kept()
-> anyhow::Result<()> {
    let (mut tablet, browser) = Tablet::at_work("damaged-browser-story").await?;
    tablet.picture(&browser, "entered-without-a-server").await?;
    browser.close().await?;

    // The first page: it is noticed when the file is opened, and there is no server to fetch anything from.
    tablet.server.resume()?;
    let browser = tablet.open(BESIDE).await?;
    let first = damage(&browser, 0..1).await?;
    tablet.server.stop()?;
    browser.goto(&tablet.address("/stations")).await?;
    browser.wait_for_attribute("sync-pill", "data-state", "offline").await?;
    browser.wait_for_attribute("sync-pill", "data-count", "2").await?;
    wait::until("the list of stations", PATIENCE, || async {
        Ok((browser.count(".page-head__title").await? == 1).then_some(()))
    })
    .await?;
    assert_eq!(browser.count("[data-testid^=station-]").await?, 0, "there is no plant");
    let said = browser.client().find(Locator::Css(".empty-state")).await?.text().await?;
    assert!(said.contains("not on this device yet"), "{said}");
    tablet.picture(&browser, "only-what-was-entered-is-left").await?;
    tablet.server.resume()?;
    // Nobody presses anything.
    browser.find(&format!("station-{STATION}")).await?;
    tablet.must_be_whole(&browser, 5, 1).await?;
    tablet.picture(&browser, "fetched-anew").await?;

    // Every page of the parts: it is noticed at work, at last by the list of the parts.
    tablet.server.stop()?;
    browser.wait_for_attribute("sync-pill", "data-state", "offline").await?;
    browser.report(7, 0, 12).await?;
    browser.wait_for_attribute("sync-pill", "data-count", "1").await?;
    browser.close().await?;
    tablet.server.resume()?;
    let browser = tablet.open(BESIDE).await?;
    let second = damage(&browser, PARTS_FROM..u64::MAX).await?;
    assert!(second.is_disjoint(&first), "no page of the first replica is left");
    tablet.must_be_whole(&browser, 12, 2).await?;
    tablet.picture(&browser, "fetched-anew-at-work").await?;
    browser.close().await?;

    let browser = tablet.open(BESIDE).await?;
    let third = replica(&browser).await?.pages;
    assert!(!third.is_empty() && third.is_disjoint(&second), "no page of the second replica is left");
    browser.close().await?;
    tablet.server.stop()
}

#[tokio::test]
async fn nobody_reads_in_the_files_of_a_browser_what_was_entered() -> anyhow::Result<()> {
    let (mut tablet, browser) = Tablet::at_work("unreadable-browser-story").await?;
    browser.press("now-pause").await?;
    browser.enter("pause-note", NOTE).await?;
    wait::until("that the pause may be saved", PATIENCE, || async {
        Ok(browser.find("pause-save").await?.attr("disabled").await?.is_none().then_some(()))
    })
    .await?;
    browser.press("pause-save").await?;
    browser.wait_for_attribute("sync-pill", "data-count", "3").await?;
    tablet.picture(&browser, "paused-with-a-note").await?;
    browser.close().await?;

    tablet.server.resume()?;
    let browser = tablet.open(BESIDE).await?;
    let files = stored(&browser, &[NOTE, ORDER, "PART-0001", OPERATOR, "SQLite format 3", OUTBOX]).await?;
    let size: u64 = files.iter().map(|file| file.size).sum();
    assert!(size > EMPTY_BYTES, "only {size} bytes are kept");
    // The pool has the names of the files in the clear: what is there to be read is found.
    let found: BTreeSet<&str> = files.iter().flat_map(|file| &file.has).map(String::as_str).collect();
    assert_eq!(found, BTreeSet::from([OUTBOX]));

    let keys = browser.client().execute_async(&[FILES, KEYS].concat(), Vec::new()).await?;
    let refused = ["InvalidAccessError"; 2];
    let expected = json!({
        "names": ["wrapped", "wrapping"],
        "wrapping": { "is_key": true, "extractable": false, "exports": refused },
        // The nonce, the key, and the seal.
        "wrapped_bytes": 12 + 32 + 16,
        "key_bytes": 32,
        "is_key_readable": false,
    });
    assert_eq!(keys, expected);
    browser.close().await?;
    tablet.server.stop()
}
