//! How much a plant takes in for as long as it has to: devices that hand in reports as fast as they are
//! answered.

use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use shared_model::actor::ActorEpoch;
use shared_model::command::Envelope;
use shared_model::ids::{IdSource, PlantId, UserId, WorkOrderId};
use shared_model::sync::wire::{ClientFrame, Cursor, MAX_PUSH, ServerFrame, Verdict};
use sqlx::Row as _;
use uuid::Uuid;

use super::Figures;
use super::lab::{Lab, say};
use super::work::report;
use crate::harness::Server;
use crate::harness::crowd::{self, Line, Member};

const DEVICES: u64 = 8;
const ORDERS_EACH: usize = 25;
/// Leaves the orders alone that others work on.
const SKIPPED: usize = 3_000;
const LASTS: Duration = Duration::from_secs(10);

/// Who reports, and on what.
struct Worker {
    member: Member,
    plant: PlantId,
    user: UserId,
    orders: Vec<WorkOrderId>,
    sequence: u64,
    ids: IdSource,
}

pub async fn measure(lab: &mut Lab) -> anyhow::Result<Figures> {
    let server = &*lab.server().await?;
    let crowd = crowd::join(server, DEVICES).await?;
    let mut workers = sign_in(server, crowd).await?;
    let (_, heads) = workers[0].member.call(&[]).await?;
    // The first report on an order starts it, which is not what goes on all day.
    let begun = Instant::now();
    hand_in(&mut workers, &heads, begun).await?;
    say(&format!("{DEVICES} devices report on {} orders for {LASTS:?}", ORDERS_EACH * workers.len()));
    let mut database = server.database().await?;
    let entries = "select seq from feed_head join plant on plant.id = feed_id";
    let before = database.count(entries).await?;
    let begun = Instant::now();
    let commands = hand_in(&mut workers, &heads, begun + LASTS).await?;
    let took = begun.elapsed().as_secs_f64();
    let changes = database.count(entries).await? - before;
    say(&format!(
        "sustained: {:.0} commands a second, {:.0} entries of the feed a second",
        commands as f64 / took,
        changes as f64 / took
    ));
    Ok(Figures::from([("sustained-changes", changes as f64 / took)]))
}

async fn sign_in(server: &Server, crowd: Vec<Member>) -> anyhow::Result<Vec<Worker>> {
    let mut database = server.database().await?;
    let (plant, user) = crowd::sign_in(&mut database).await?;
    let count = crowd.len() * ORDERS_EACH;
    let sql = format!(
        "select array(select id from work_order where state in ('released', 'in_progress')
         order by number_key offset {SKIPPED} limit {count})"
    );
    let orders: Vec<Uuid> = database.row(&sql).await?.try_get(0)?;
    ensure!(orders.len() == count, "there are only {} orders", orders.len());
    let share = orders.chunks(ORDERS_EACH).map(|ids| ids.iter().map(|id| (*id).into()).collect());
    Ok(crowd
        .into_iter()
        .zip(share)
        .map(|(member, orders)| Worker {
            ids: IdSource::new(sync_server::edge::now(), *member.device().uuid().as_bytes()),
            member,
            plant,
            user,
            orders,
            sequence: 0,
        })
        .collect())
}

/// Each hands in one push after the other until that time, and at least one. Says how many commands.
async fn hand_in(workers: &mut [Worker], heads: &[Cursor], until: Instant) -> anyhow::Result<usize> {
    let working = workers.iter_mut().map(|worker| worker.work(heads, until));
    let done = futures_util::future::try_join_all(working).await?;
    Ok(done.into_iter().sum())
}

impl Worker {
    async fn work(&mut self, heads: &[Cursor], until: Instant) -> anyhow::Result<usize> {
        let (mut line, _) = self.member.call(heads).await?;
        let mut count = 0;
        loop {
            let commands = self.reports();
            count += commands.len();
            line.say(&ClientFrame::Push { commands }).await?;
            accepted(&mut line).await?;
            if Instant::now() >= until {
                return Ok(count);
            }
        }
    }

    fn reports(&mut self) -> Vec<Envelope> {
        (0..MAX_PUSH)
            .map(|n| {
                self.sequence += 1;
                Envelope {
                    id: self.ids.draw(),
                    plant: self.plant,
                    device: self.member.device(),
                    user: self.user,
                    occurred_at: sync_server::edge::now(),
                    sequence: self.sequence,
                    command: report(self.orders[n % self.orders.len()]),
                    change: None,
                    epoch: ActorEpoch::default(),
                }
            })
            .collect()
    }
}

/// Waits for the verdicts on a push. Batches are heard and not acknowledged: after the first few none come.
async fn accepted(line: &mut Line) -> anyhow::Result<()> {
    loop {
        match line.hear().await? {
            ServerFrame::Verdicts(verdicts) => {
                let refused = verdicts.iter().find(|(_, it)| !matches!(it, Verdict::Accepted { .. }));
                ensure!(refused.is_none(), "{refused:?}");
                return Ok(());
            }
            ServerFrame::Problem { code, message } => bail!("{code:?}: {message}"),
            _ => {}
        }
    }
}
