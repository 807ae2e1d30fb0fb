//! What goes wrong on the server's side, across real processes: its database dies, it is killed, and
//! peers say what no device says. Nothing is lost, nothing comes twice, and nobody else notices.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use e2e::harness::workshop::{ORDER, PART};
use e2e::harness::{Api, Device, Server, Stranger, wait};
use reqwest::{Method, Response, StatusCode};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use shared_model::command::Command;
use shared_model::ids::WorkOrderId;
use shared_model::production::ProductionReport;
use shared_model::quantity::Amount;
use shared_model::sync::wire::{
    ClientFrame, Hello, MAX_FRAME_BYTES, ProblemCode, ServerFrame, VERSION, encode,
};
use shared_model::time::Timestamp;
use tokio_tungstenite::tungstenite::Message;

const PATIENCE: Duration = Duration::from_secs(60);

fn report_one(order: WorkOrderId) -> Command {
    let report = ProductionReport { good: Amount::ONE, ..ProductionReport::default() };
    Command::ReportProduction { order, report }
}

/// A server with the workshop, and its order given to the floor by the office.
fn workshop() -> anyhow::Result<(Server, Device, WorkOrderId)> {
    let server = Server::with_workshop()?;
    let office = Device::joined(&server, "Office")?;
    let order = office.release(ORDER)?.row.id;
    Ok((server, office, order))
}

/// Every report in PostgreSQL once, by the facts and by the projection, and the same sum wherever
/// somebody looks.
async fn each_report_is_there_once(server: &Server, devices: &[&Device], reports: i64) -> anyhow::Result<()> {
    let mut database = server.database().await?;
    let totals = database.totals(ORDER).await?;
    assert_eq!(totals.reports, reports, "facts in PostgreSQL");
    assert_eq!(totals.good_by_facts, Decimal::from(reports), "pieces by the facts");
    assert_eq!(totals.good, totals.good_by_facts, "the projection");
    let sql = "select count(distinct command_id) from fact where kind = 'production_reported'";
    assert_eq!(database.count(sql).await?, reports, "no command has two reports");
    let shown = Api::of_admin(server).await?.order(ORDER).await?;
    assert_eq!(shown["output"]["good"], reports.to_string(), "by the API: {shown}");
    for device in devices {
        let row = device.order(ORDER)?.row;
        assert_eq!(row.output.good.to_string(), reports.to_string(), "on {:?}", device.data());
        assert_eq!(device.unsent_count()?, 0, "on {:?}", device.data());
    }
    Ok(())
}

/// The answer of a server that cannot work now: a problem document, and when to come again.
async fn is_told_to_come_back(response: Response) -> anyhow::Result<()> {
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    assert_eq!(header("content-type"), Some("application/problem+json"));
    let seconds: u32 = header("retry-after").context("no Retry-After")?.parse()?;
    assert!((1..=60).contains(&seconds), "come back in {seconds} s");
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let problem: Value = response.json().await?;
    assert_eq!((&problem["code"], &problem["status"]), (&json!("unavailable"), &json!(503)), "{problem}");
    Ok(())
}

/// Somebody at the web console, who receives one part after another and asks again, with the same
/// key, until each was answered.
#[derive(Default)]
struct Receiving {
    is_over: AtomicBool,
    turned_away: AtomicU64,
}

impl Receiving {
    /// How many parts were received.
    async fn go_on(&self, api: &Api) -> anyhow::Result<u64> {
        let materials = api.get("materials?limit=100").await?;
        let mut materials = materials["items"].as_array().into_iter().flatten();
        let part = materials.find(|material| material["number"] == PART).context("no such part")?;
        let command = json!({ "command": "receive_stock", "key": { "material": part["id"] }, "amount": "1" });
        let mut received = 0;
        while !self.is_over.load(Ordering::Relaxed) {
            let key = uuid::Uuid::from_u128(0x7000_8000_0000_0000_0000 + u128::from(received)).to_string();
            loop {
                let request = api.request(Method::POST, "commands").header("idempotency-key", &key);
                let response = request.json(&command).send().await?;
                if response.status().is_success() {
                    break;
                }
                is_told_to_come_back(response).await?;
                self.turned_away.fetch_add(1, Ordering::Relaxed);
            }
            received += 1;
        }
        Ok(received)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_is_killed_while_people_work_and_everything_arrives_once_when_it_is_back()
-> anyhow::Result<()> {
    const DEVICES: i64 = 3;
    const REPORTS: i64 = 300;
    let (mut server, office, order) = workshop()?;
    let devices = (1..=DEVICES).map(|n| Device::joined(&server, &format!("Press {n}")).map(Arc::new));
    let devices = devices.collect::<anyhow::Result<Vec<_>>>()?;
    devices.iter().try_for_each(|device| device.sync())?;

    let api = Arc::new(Api::of_admin(&server).await?);
    let receiving = Arc::new(Receiving::default());
    let receiver = tokio::spawn({
        let (api, receiving) = (Arc::clone(&api), Arc::clone(&receiving));
        async move { receiving.go_on(&api).await }
    });
    let workers: Vec<_> = devices
        .iter()
        .map(|device| {
            let device = Arc::clone(device);
            tokio::task::spawn_blocking(move || {
                let mut entering = device.connected(Duration::from_secs(3))?;
                (0..REPORTS).try_for_each(|_| entering.enter(&report_one(order)).map(drop))?;
                entering.end()
            })
        })
        .collect();
    let mut database = server.database().await?;
    wait::until("the first reports", PATIENCE, async || {
        let sql = "select count(*) from fact where kind = 'production_reported'";
        Ok((database.count(sql).await? >= 30).then_some(()))
    })
    .await?;

    let postgres = server.postgres()?;
    let spoiled = postgres.spoil()?;
    postgres.kill()?;
    let health = async |path: &str| reqwest::get(format!("{}{path}", server.url())).await;
    wait::until("not being ready", PATIENCE, async || {
        Ok((health("/ready").await?.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(()))
    })
    .await?;
    is_told_to_come_back(health("/ready").await?).await?;
    assert_eq!(health("/live").await?.status(), StatusCode::OK);
    is_told_to_come_back(api.request(Method::GET, "work-orders").send().await?).await?;
    // Everybody goes on: entering needs no server. What they entered last is here and nowhere else.
    for (worker, device) in workers.into_iter().zip(&devices) {
        assert!(!worker.await??, "all was sent to a server without a database");
        let unsent = device.unsent_count()?;
        assert!(unsent > 0 && i64::from(unsent) <= REPORTS, "{unsent} unsent");
        assert_eq!(device.ask(shared_model::host::SyncState {})?.status.attention_count, 0);
    }
    wait::until("somebody at the console being turned away", PATIENCE, async || {
        Ok((receiving.turned_away.load(Ordering::Relaxed) > 0).then_some(()))
    })
    .await?;

    // The server brings it back by itself.
    drop(spoiled);
    wait::until("being ready again", PATIENCE, async || {
        Ok((health("/ready").await?.status() == StatusCode::OK).then_some(()))
    })
    .await?;
    assert!(server.is_running()?, "it is the same process all the time");
    devices.iter().try_for_each(|device| device.sync())?;
    receiving.is_over.store(true, Ordering::Relaxed);
    let received = receiver.await??;
    office.sync()?;
    devices.iter().try_for_each(|device| device.sync())?;
    let mut all = vec![&office];
    all.extend(devices.iter().map(AsRef::as_ref));
    each_report_is_there_once(&server, &all, DEVICES * REPORTS).await?;
    let stock = api.get("stock?limit=100").await?;
    let stock = stock["items"].as_array().into_iter().flatten().find(|row| row["material_number"] == PART);
    let stock = stock.with_context(|| format!("no {PART} in stock"))?;
    assert_eq!(stock["on_hand"], received.to_string(), "{stock}");
    server.stop()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_hangs_is_noticed_and_nobody_waits_for_it_and_nothing_is_lost_or_doubled()
-> anyhow::Result<()> {
    const BEFORE: i64 = 100;
    const MEANWHILE: i64 = 20;
    let (mut server, office, order) = workshop()?;
    let press = Device::joined(&server, "Press")?;
    press.sync()?;
    let api = Api::of_admin(&server).await?;
    let onlooker = Stranger::joined(&server, "Onlooker").await?;
    let mut line = onlooker.call_up_to_date().await?;
    let mut entering = press.connected(PATIENCE)?;
    (0..BEFORE).try_for_each(|_| entering.enter(&report_one(order)).map(drop))?;

    // In the middle of the push. Whoever asks now waits, and not for long.
    let paused = server.postgres()?.pause()?;
    let asked = api.request(Method::GET, "work-orders").send();
    is_told_to_come_back(wait::at_most("an answer", PATIENCE, asked).await?).await?;
    let health = async |path: &str| {
        let asked = reqwest::get(format!("{}{path}", server.url()));
        wait::at_most("an answer", PATIENCE, asked).await
    };
    is_told_to_come_back(health("/ready").await?).await?;
    assert_eq!(health("/live").await?.status(), StatusCode::OK);
    // A device that is connected and has nothing to say is told so too, and shows that it is offline.
    loop {
        match line.hear().await? {
            Some(ServerFrame::Batch(_)) => {}
            Some(ServerFrame::Problem { code, .. }) => break assert_eq!(code, ProblemCode::Unavailable),
            other => anyhow::bail!("{other:?}"),
        }
    }
    // Entering needs no server.
    (0..MEANWHILE).try_for_each(|_| entering.enter(&report_one(order)).map(drop))?;

    drop(paused);
    wait::until("being ready again", PATIENCE, async || {
        Ok((health("/ready").await?.status() == StatusCode::OK).then_some(()))
    })
    .await?;
    assert!(server.is_running()?, "it is the same process all the time");
    entering.end()?;
    press.sync()?;
    office.sync()?;
    each_report_is_there_once(&server, &[&press, &office], BEFORE + MEANWHILE).await?;
    server.stop()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_is_killed_in_the_middle_of_a_large_push_and_each_report_is_there_once()
-> anyhow::Result<()> {
    const REPORTS: i64 = 1_200;
    const COUNT: &str = "select count(*) from fact where kind = 'production_reported'";
    let (mut server, office, order) = workshop()?;
    let device = Device::joined(&server, "Press")?;
    device.sync()?;
    let mut entering = device.entering()?;
    (0..REPORTS).try_for_each(|_| entering.enter(&report_one(order)).map(drop))?;
    assert!(entering.end()?);

    // The first time within its transaction: that waits for the story's lock.
    let mut database = server.database().await?;
    database.run("begin; lock table fact in share mode").await?;
    let syncing = device.syncing()?;
    let mut onlooker = server.database().await?;
    wait::until("a push that waits", PATIENCE, async || {
        let sql = "select count(*) from pg_locks where not granted and relation = 'fact'::regclass";
        Ok((onlooker.count(sql).await? > 0).then_some(()))
    })
    .await?;
    server.kill()?;
    database.run("rollback").await?;
    assert_eq!(onlooker.count(COUNT).await?, 0, "nothing was committed");
    server.resume()?;

    // Then between two of its transactions: the second waits for the lock again.
    let mut database = server.database().await?;
    let part = wait::until("a part of the push", PATIENCE, async || {
        database.run("begin; lock table fact in share mode").await?;
        let count = database.count(COUNT).await?;
        if count == 0 {
            database.run("rollback").await?;
        }
        Ok((count > 0).then_some(count))
    })
    .await?;
    server.kill()?;
    assert!(part < REPORTS, "all {part} were there before the server was killed");
    drop(database);
    server.resume()?;

    // The same process of the device has sent all of it in the end.
    let status = syncing.wait(Duration::from_secs(120))?;
    assert!(status.success(), "{status}");
    office.sync()?;
    each_report_is_there_once(&server, &[&device, &office], REPORTS).await?;
    server.stop()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_auditor_beside_a_running_server_names_a_figure_that_was_changed_and_repairs_nothing()
-> anyhow::Result<()> {
    let (mut server, office, order) = workshop()?;
    (0..3).try_for_each(|_| office.enter(&report_one(order)).map(drop))?;
    office.sync()?;
    let right = server.run(&["audit"], None)?;
    let said = String::from_utf8(right.stdout)?;
    assert!(said.contains("everything is as the entries say"), "{said}");
    let mut database = server.database().await?;
    database.run("update work_order_output set good = 30").await?;
    for _ in 0..2 {
        let wrong = server.run(&["audit", "--plant", "P1"], None).expect_err("a difference").to_string();
        assert!(
            wrong.contains("order WS-1: 3 good, 0 scrap, 0 rework by its reports, but 30 good"),
            "{wrong}"
        );
        assert!(wrong.contains("differences found: 1; nothing was changed"), "{wrong}");
    }
    server.stop()
}

/// What no device says, and a word of what it is told for that.
fn bad_messages(hello: &ClientFrame) -> anyhow::Result<Vec<(&'static str, Message, &'static str)>> {
    let bytes = |bytes: Vec<u8>| Message::Binary(bytes.into());
    let greeting = encode(hello)?;
    let of_version = |version: u8| bytes([vec![version], greeting[1..].to_vec()].concat());
    Ok(vec![
        ("an empty frame", bytes(Vec::new()), "cut off"),
        ("a frame that is cut off", bytes(greeting[..greeting.len() / 2].to_vec()), "cut off or altered"),
        ("nonsense", bytes(vec![VERSION, 0, 0xff, 0xff, 0xff]), "not understood"),
        ("what does not unpack", bytes(vec![VERSION, 1, 0xff, 0xff, 0xff]), "unpacked"),
        ("an old version", of_version(0), "version 0"),
        ("a version to come", of_version(99), "version 99"),
        ("a frame that is too large", bytes(vec![VERSION; MAX_FRAME_BYTES + 3]), "more than"),
        ("text", Message::text("{\"hello\": true}"), "binary"),
    ])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_says_nonsense_is_told_so_and_hung_up_on_and_nobody_else_notices() -> anyhow::Result<()> {
    const PING: ClientFrame = ClientFrame::Ping { at: Timestamp::from_millis(7) };
    let (mut server, office, order) = workshop()?;
    let device = Device::joined(&server, "Press")?;
    let mut watching = device.watching()?;
    watching.wait_until_online(PATIENCE)?;
    let neighbor = Stranger::joined(&server, "Neighbor").await?;
    let stranger = Stranger::joined(&server, "Stranger").await?;
    let mut neighbor = neighbor.call_up_to_date().await?;

    for (what, message, word) in bad_messages(&stranger.hello())? {
        let mut line = stranger.dial().await?;
        line.say_message(message.clone()).await?;
        let (code, said) = line.hear_problem().await.context(what)?;
        assert_eq!(code, ProblemCode::BadFrame, "{what}, as the first frame: {said}");
        assert!(said.contains(word), "{what}, as the first frame: {said}");
        let (mut line, _) = stranger.call().await?;
        line.say_message(message).await?;
        let (code, said) = line.hear_problem().await.context(what)?;
        assert_eq!(code, ProblemCode::BadFrame, "{what}, after the hello: {said}");
        assert!(said.contains(word), "{what}, after the hello: {said}");
        neighbor.ping(Timestamp::from_millis(8)).await.context(what)?;
    }
    for first in [&PING, &ClientFrame::LeaseNumbers, &ClientFrame::Push { commands: Vec::new() }] {
        let mut line = stranger.dial().await?;
        line.say(first).await?;
        let (code, said) = line.hear_problem().await?;
        assert_eq!(code, ProblemCode::BadFrame);
        assert!(said.contains("first frame"), "{first:?}: {said}");
    }
    let (mut line, _) = stranger.call().await?;
    line.say(&stranger.hello()).await?;
    let (code, said) = line.hear_problem().await?;
    assert!(code == ProblemCode::BadFrame && said.contains("second hello"), "{code:?}: {said}");
    let mut line = stranger.dial().await?;
    let (token, app) = ("guessed".to_owned(), String::new());
    let guess =
        ClientFrame::Hello(Hello { token, app, cursors: Vec::new(), begun: None, checks: Vec::new() });
    line.say(&guess).await?;
    assert_eq!(line.hear_problem().await?.0, ProblemCode::Unauthorized);
    // A binary message of 1000 bytes of which three arrive; and what is no message of a WebSocket.
    stranger.leave_in_the_middle(&[0x82, 0xfe, 0x03, 0xe8, 1, 2, 3, 4, 9, 9, 9]).await?;
    stranger.leave_in_the_middle(b"GET / HTTP/1.1\r\n\r\n").await?;

    // The others are connected as they were, and hear what is new.
    neighbor.ping(Timestamp::from_millis(9)).await?;
    office.enter(&report_one(order))?;
    office.sync()?;
    let news = neighbor.hear().await?;
    assert!(matches!(&news, Some(ServerFrame::Batch(batch)) if !batch.entries.is_empty()), "{news:?}");
    watching.stop()?;
    device.sync()?;
    each_report_is_there_once(&server, &[&device, &office], 1).await?;
    server.stop()
}

/// Everything that the server keeps, with its owners and times.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let done = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status()?;
    anyhow::ensure!(done.success(), "{} cannot be copied", from.display());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_restored_from_a_backup_gets_back_from_its_devices_what_it_lost() -> anyhow::Result<()> {
    let (mut server, office, order) = workshop()?;
    let press = Device::joined(&server, "Press")?;
    press.sync()?;
    let report = |count: u32| -> anyhow::Result<()> {
        for _ in 0..count {
            press.enter(&report_one(order))?;
        }
        press.sync()
    };
    report(2)?;
    let backups = tempfile::tempdir()?;
    let backup = backups.path().join("backup");
    server.stop()?;
    copy(server.data(), &backup)?;
    server.resume()?;
    report(3)?;
    office.sync()?;
    each_report_is_there_once(&server, &[&office, &press], 5).await?;

    server.stop()?;
    std::fs::remove_dir_all(server.data())?;
    copy(&backup, server.data())?;
    server.resume()?;
    assert_eq!(server.database().await?.totals(ORDER).await?.reports, 2, "the backup has no more");
    // The office hears of it first, and has nothing that is missing.
    office.sync()?;
    report(1)?;
    office.sync()?;
    each_report_is_there_once(&server, &[&office, &press], 6).await
}
