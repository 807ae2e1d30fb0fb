//! Short seeded histories like those of the simulation, with real processes: devices and the server,
//! sockets, files and PostgreSQL. Server and devices are killed while people enter work; in the end
//! everything that was saved has one verdict, counts once, and looks the same to everybody.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use e2e::harness::device::Entering;
use e2e::harness::workshop::{ORDER, PART};
use e2e::harness::{Api, Database, Device, Server};
use e2e::sim::Rng;
use shared_model::command::Command;
use shared_model::host::{Comparison, Materials, Stock};
use shared_model::ids::{CommandId, FactId, MaterialId, WorkOrderId};
use shared_model::production::ProductionReport;
use shared_model::quantity::{Amount, UnitCode};
use shared_model::stock::StockKey;

const DEVICES: usize = 3;
const COMMANDS: u64 = 8;
/// A device gives up sending when nothing has moved for so long.
const PATIENCE: Duration = Duration::from_secs(1);

/// What somebody entered, by the mark that it wears.
#[derive(Debug)]
struct Entered {
    command: Command,
    /// Known where the device said that it was saved.
    id: Option<CommandId>,
    report: Option<FactId>,
}

/// What goes wrong in one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    ServerDies,
    DeviceDies(usize),
    BothDie(usize),
}

struct History {
    rng: Rng,
    server: Server,
    devices: Vec<Device>,
    order: WorkOrderId,
    part: MaterialId,
    journal: BTreeMap<String, Entered>,
    entered: u64,
}

impl History {
    fn begin(seed: u64) -> anyhow::Result<Self> {
        let server = Server::with_workshop()?;
        let devices = (1..=DEVICES).map(|n| Device::joined(&server, &format!("Device {n}")));
        let devices = devices.collect::<anyhow::Result<Vec<_>>>()?;
        devices[0].sync()?;
        let order = devices[0].order(ORDER)?.row.id;
        devices[0].enter(&Command::release(order))?;
        devices[0].sync()?;
        devices.iter().try_for_each(Device::sync)?;
        let parts = devices[0].ask(Materials { search: PART.to_owned(), limit: 5 })?;
        let part = parts.first().context("no part")?.id;
        let (rng, journal) = (Rng::new(seed), BTreeMap::new());
        Ok(Self { rng, server, devices, order, part, journal, entered: 0 })
    }

    /// Each fault comes up once, in some order.
    fn live(&mut self) -> anyhow::Result<()> {
        let mut victim = || usize::try_from(self.rng.below(DEVICES as u64));
        let mut faults = vec![Fault::ServerDies, Fault::DeviceDies(victim()?), Fault::BothDie(victim()?)];
        while !faults.is_empty() {
            let next = usize::try_from(self.rng.below(faults.len() as u64))?;
            self.work(faults.remove(next))?;
        }
        Ok(())
    }

    /// Everybody enters a few things, connected, and somewhere in between the fault comes.
    fn work(&mut self, fault: Fault) -> anyhow::Result<()> {
        let strikes_at = self.rng.below(COMMANDS);
        let starts = self.devices.iter().map(|device| device.connected(PATIENCE).map(Some));
        let mut people = starts.collect::<anyhow::Result<Vec<_>>>()?;
        for n in 0..COMMANDS {
            if n == strikes_at && matches!(fault, Fault::ServerDies | Fault::BothDie(_)) {
                self.server.kill()?;
            }
            for (index, seat) in people.iter_mut().enumerate() {
                let person = seat.as_mut().context("nobody sits here")?;
                let dies = matches!(fault, Fault::DeviceDies(it) | Fault::BothDie(it) if it == index);
                if !dies || n != strikes_at {
                    self.enter(person)?;
                    continue;
                }
                // It may be on its disk, or not.
                let (mark, command) = self.choose();
                person.begin(&command)?;
                self.journal.insert(mark, Entered { command, id: None, report: None });
                seat.take().map_or(Ok(()), Entering::kill)?;
                *seat = Some(self.devices[index].connected(PATIENCE)?);
            }
        }
        people.into_iter().flatten().try_for_each(|person| Entering::end(person).map(drop))?;
        if matches!(fault, Fault::ServerDies | Fault::BothDie(_)) {
            self.server.resume()?;
        }
        Ok(())
    }

    /// Enters something, and notes it when it is saved.
    fn enter(&mut self, person: &mut Entering) -> anyhow::Result<()> {
        let (mark, command) = self.choose();
        person.begin(&command)?;
        match person.finish() {
            Ok(saved) => {
                let entered = Entered { command, id: Some(saved.command), report: saved.report };
                self.journal.insert(mark, entered);
                Ok(())
            }
            Err(error) if error.to_string().starts_with("refused") => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn choose(&mut self) -> (String, Command) {
        self.entered += 1;
        let mark = format!("entry-{}-", self.entered);
        let order = self.order;
        let amount = Amount::whole(i32::try_from(self.rng.between(1, 50)).unwrap_or(1));
        let reports: Vec<FactId> = self.journal.values().filter_map(|entered| entered.report).collect();
        let command = match (self.rng.below(100), self.rng.pick(&reports)) {
            (0..45, _) => {
                let report =
                    ProductionReport { good: amount, note: mark.clone(), ..ProductionReport::default() };
                Command::ReportProduction { order, report }
            }
            (45..60, Some(report)) => Command::VoidReport { order, report: *report, reason: mark.clone() },
            (60..70, _) => Command::pause(order, mark.clone()),
            (70..80, _) => Command::resume(order),
            _ => Command::ReceiveStock {
                key: StockKey::of(self.part, None),
                amount,
                unit: UnitCode::default(),
                price: None,
                reference: mark.clone(),
            },
        };
        (mark, command)
    }

    /// Everybody sends and fetches until nothing is left; twice, because the last one has news for the
    /// first.
    fn rest(&self) -> anyhow::Result<()> {
        (0..2).try_for_each(|_| self.devices.iter().try_for_each(Device::sync))?;
        for device in &self.devices {
            let found = device.compare()?;
            let is_same = matches!(found, Comparison::Same { mended_count: 0, .. });
            assert!(is_same, "{found:?} on {:?}", device.data());
        }
        Ok(())
    }

    async fn verify(&self) -> anyhow::Result<()> {
        let mut database = self.server.database().await?;
        let (mut made, mut received) = (Amount::ZERO, Amount::ZERO);
        let mut amounts = BTreeMap::new();
        let mut voided = Vec::new();
        for (mark, entered) in &self.journal {
            let is_accepted = self.verdict(&mut database, entered).await.with_context(|| mark.clone())?;
            let facts = facts_with(&mut database, mark).await?;
            match &entered.command {
                Command::ReportProduction { report, .. } => {
                    assert_eq!(facts, is_accepted.map_or(facts.min(1), i64::from), "{mark}: {entered:?}");
                    if facts == 1 {
                        made = made.plus(report.good);
                        amounts.extend(entered.report.map(|id| (id, report.good)));
                    }
                }
                Command::ReceiveStock { amount, .. } => {
                    assert_eq!(facts, is_accepted.map_or(facts.min(1), i64::from), "{mark}: {entered:?}");
                    if facts == 1 {
                        received = received.plus(*amount);
                    }
                }
                Command::VoidReport { report, .. } if facts > 0 => voided.push(*report),
                _ => {}
            }
        }
        for report in &voided {
            made = made.minus(*amounts.get(report).context("an unknown report was taken back")?);
        }
        let times = voided.len();
        voided.sort_unstable();
        voided.dedup();
        assert_eq!(voided.len(), times, "a report was taken back twice");

        let totals = database.totals(ORDER).await?;
        assert_eq!(totals.good.normalize().to_string(), made.to_string(), "the projection");
        assert_eq!(totals.good_by_facts, totals.good, "the facts");
        let shown = Api::of_admin(&self.server).await?.order(ORDER).await?;
        assert_eq!(shown["output"]["good"], made.to_string(), "{shown}");
        let first = self.devices[0].order(ORDER)?.row;
        for device in &self.devices {
            assert_eq!(device.unsent_count()?, 0, "{:?}", device.data());
            let row = device.order(ORDER)?.row;
            assert_eq!((row.output.good, row.stage), (made, first.stage), "{:?}", device.data());
            let stock = Stock { search: PART.to_owned(), location: None, after: None, limit: 5 };
            let on_hand = device.ask(stock)?.items.first().map(|row| row.on_hand).unwrap_or_default();
            assert_eq!(on_hand, received, "{:?}", device.data());
        }
        Ok(())
    }

    /// Whether the server accepted it; none where nobody knows whether it was saved at all.
    async fn verdict(&self, database: &mut Database, entered: &Entered) -> anyhow::Result<Option<bool>> {
        let Some(id) = entered.id else { return Ok(None) };
        let verdicts = database.count(&format!("select count(*) from command where id = '{id}'")).await?;
        anyhow::ensure!(verdicts == 1, "{id} has {verdicts} verdicts");
        let sql = format!("select count(*) from command where id = '{id}' and accepted_seq is not null");
        Ok(Some(database.count(&sql).await? == 1))
    }
}

/// How many facts wear a mark.
async fn facts_with(database: &mut Database, mark: &str) -> anyhow::Result<i64> {
    database.count(&format!("select count(*) from fact where body::text like '%{mark}%'")).await
}

async fn tell(seed: u64) -> anyhow::Result<()> {
    let mut history = History::begin(seed)?;
    history.live()?;
    history.rest()?;
    history.verify().await.with_context(|| format!("history {seed}"))?;
    anyhow::ensure!(
        history.journal.values().filter(|it| it.id.is_some()).count() > 20,
        "too little happened"
    );
    history.server.stop()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_work_while_server_and_devices_are_killed_and_all_of_it_counts_once() -> anyhow::Result<()> {
    for seed in 1..=3 {
        tell(seed).await?;
    }
    Ok(())
}
