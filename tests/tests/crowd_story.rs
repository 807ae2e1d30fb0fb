//! A power cut in the plant: a thousand devices lose the server in the same moment, and are all back in the
//! next, each with what somebody entered meanwhile.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use e2e::harness::Server;
use e2e::harness::crowd::{self, Line, Member};
use e2e::harness::workshop::{PART, STORE};
use futures_util::StreamExt as _;
use shared_model::actor::ActorEpoch;
use shared_model::command::{Command, Envelope};
use shared_model::ids::{IdSource, LocationId, MaterialId, PlantId, UserId};
use shared_model::quantity::{Amount, UnitCode};
use shared_model::stock::StockKey;
use shared_model::sync::client::Retries;
use shared_model::sync::wire::{ClientFrame, Cursor, ServerFrame, Verdict};
use sqlx::Row as _;
use uuid::Uuid;

const DEVICES: u64 = 1_000;
/// Those that read everything afterwards; the others have it sent to them as far as their credit goes.
const READERS: usize = 20;
/// Devices that were never answered have made five attempts by then, even where they wait longest between them.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is the same for everybody who receives a bolt.
#[derive(Clone, Copy)]
struct Bolts {
    plant: PlantId,
    user: UserId,
    material: MaterialId,
    store: LocationId,
}

impl Bolts {
    async fn of(server: &Server) -> anyhow::Result<Self> {
        let mut database = server.database().await?;
        let (plant, user) = crowd::sign_in(&mut database).await?;
        let row = database
            .row(&format!(
                "select (select id from record where kind = 'material' and body ->> 'number' = '{PART}'),
                     (select id from record where kind = 'location' and body ->> 'name' = '{STORE}')"
            ))
            .await?;
        let id = |column| row.try_get::<Uuid, usize>(column);
        Ok(Self { plant, user, material: id(0)?.into(), store: id(1)?.into() })
    }

    fn receive_one(&self, member: &Member) -> Envelope {
        let key = StockKey::of(self.material, Some(self.store));
        let at = sync_server::edge::now();
        Envelope {
            id: IdSource::new(at, *member.device().uuid().as_bytes()).draw(),
            plant: self.plant,
            device: member.device(),
            user: self.user,
            occurred_at: at,
            sequence: 1,
            command: Command::ReceiveStock {
                key,
                amount: Amount::ONE,
                unit: UnitCode::new("pcs"),
                price: None,
                reference: String::new(),
            },
            change: None,
            epoch: ActorEpoch::default(),
        }
    }
}

/// Comes back and hands in one command, as often as it takes. At first all come in the same moment, as apps do that
/// start anew; after that each waits as the sync engine does.
async fn comes_back(member: &Member, command: &Envelope, cursors: &[Cursor]) -> anyhow::Result<u32> {
    let begun = Instant::now();
    let mut retries = member.retries();
    let mut attempts = 0;
    loop {
        attempts += 1;
        match hands_in(member, command, cursors, &mut retries).await {
            Ok(()) => return Ok(attempts),
            Err(error) if begun.elapsed() > PATIENCE => return Err(error.context("it was never heard")),
            Err(_) => crowd::wait(&mut retries).await,
        }
    }
}

async fn hands_in(
    member: &Member,
    command: &Envelope,
    cursors: &[Cursor],
    retries: &mut Retries,
) -> anyhow::Result<()> {
    let (mut line, _) = member.call_once(cursors).await?;
    retries.begin_anew();
    line.say(&ClientFrame::Push { commands: vec![command.clone()] }).await?;
    loop {
        match line.hear().await? {
            ServerFrame::Verdicts(verdicts) => {
                let (id, verdict) = verdicts.first().context("a verdict")?;
                ensure!(*id == command.id && matches!(verdict, Verdict::Accepted { .. }), "{verdict:?}");
                return Ok(());
            }
            ServerFrame::Problem { code, .. } => anyhow::bail!("{code:?}"),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_devices_that_come_back_at_once_are_all_heard_once() -> anyhow::Result<()> {
    let mut server = Server::with_workshop()?;
    let crowd = crowd::join(&server, DEVICES).await?;
    let bolts = Bolts::of(&server).await?;
    let (_, cursors) = crowd[0].call(&[]).await?;
    let opening = crowd.iter().map(|member| member.call(&cursors));
    let connected: Vec<_> = futures_util::stream::iter(opening).buffered(16).collect().await;
    let lines: Vec<Line> =
        connected.into_iter().map(|it| Ok(it?.0)).collect::<anyhow::Result<_>>().context("before the cut")?;

    server.kill()?;
    drop(lines);
    let entered: Vec<Envelope> = crowd.iter().map(|member| bolts.receive_one(member)).collect();
    server.resume()?;
    let coming = crowd.iter().zip(&entered).map(|(member, command)| comes_back(member, command, &cursors));
    let attempts = futures_util::future::try_join_all(coming).await?;

    let most = attempts.iter().max().context("there are devices")?;
    println!("{} attempts in all, at most {most}", attempts.iter().sum::<u32>());
    let mut database = server.database().await?;
    let received = "select count(*) from fact where kind = 'stock_moved'";
    assert_eq!(database.count(received).await?, i64::try_from(DEVICES)?, "receipts in PostgreSQL");
    let on_hand =
        format!("select sum(on_hand)::bigint from stock_balance where material_id = '{}'", bolts.material);
    assert_eq!(database.count(&on_hand).await?, i64::try_from(DEVICES)?, "pieces in the store");
    for member in &crowd[..READERS] {
        let (mut line, heads) = member.call(&cursors).await?;
        line.catch_up(&cursors, &heads).await?;
    }
    Ok(())
}
