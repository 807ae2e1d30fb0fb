//! A history of the simulation, lived again: what its two servers were sent, two real ones on one PostgreSQL are
//! sent over real sockets, in the same order, and have to say the same.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use shared_model::command::Envelope;
use shared_model::ids::{CommandId, DeviceId, FeedId, OrganizationId, PlantId};
use shared_model::record::Record;
use shared_model::refusal::Refusal;
use shared_model::sync::wire::stored::{ReceivedEnvelope, StoredFrame};
use shared_model::sync::wire::{self, Batch, ClientFrame, Cursor, Entry, Hello, ServerFrame, Verdict};
use sync_server::db::feed::{self, Next};
use sync_server::db::user::{self, NewUser};
use sync_server::db::{Pools, TenantTx, command, device, organization, record};
use sync_server::sync::{Sender, Sync};
use sync_server::{auditor, edge, postgres};

use super::line::{self, Line};
use super::{Database, Server, ServerSetup, signer, wait};
use crate::sim::Taped;

const PATIENCE: Duration = Duration::from_secs(30);
const PING_EVERY: Duration = Duration::from_secs(10);

/// A connection that a device has.
struct Open {
    device: DeviceId,
    process: usize,
    line: Line,
    /// Something was to be made anew on it, which the server remembers for as long as it lasts.
    is_rebased: bool,
}

pub struct Replay {
    servers: [Server; 2],
    is_up: [bool; 2],
    database: Database,
    pools: Pools,
    /// Whoever sits at the console does so at a third server.
    console: Sync,
    client: reqwest::Client,
    organization: OrganizationId,
    plant: PlantId,
    tokens: BTreeMap<DeviceId, String>,
    revoked: BTreeSet<DeviceId>,
    open: BTreeMap<u64, Open>,
    alive_at: Instant,
    verdicts: BTreeMap<CommandId, Verdict>,
    /// How often a server was killed, and of these times, how often a moment after it was sent a push: when it had
    /// decided on that, and when it had not.
    pub kills: u64,
    pub kills_after_commit: u64,
    pub kills_before_commit: u64,
}

impl Replay {
    /// Two servers on an empty database.
    ///
    /// # Errors
    /// When they do not start.
    pub async fn begin(url: &str, organization: OrganizationId, plant: PlantId) -> anyhow::Result<Self> {
        let setup = ServerSetup { database_url: Some(url.to_owned()), ..ServerSetup::default() };
        let servers = [Server::beside(setup.clone())?, Server::beside(setup)?];
        let pools = Pools::new(&postgres::external(url).await?);
        Ok(Self {
            servers,
            is_up: [true; 2],
            database: Database::at(url).await?,
            console: Sync::start(pools.clone()),
            pools,
            client: reqwest::Client::new(),
            organization,
            plant,
            tokens: BTreeMap::new(),
            revoked: BTreeSet::new(),
            open: BTreeMap::new(),
            alive_at: Instant::now(),
            verdicts: BTreeMap::new(),
            kills: 0,
            kills_after_commit: 0,
            kills_before_commit: 0,
        })
    }

    /// # Errors
    /// When a server does not say what the simulated one said.
    pub async fn live(&mut self, tape: &[Taped]) -> anyhow::Result<()> {
        for (n, taped) in tape.iter().enumerate() {
            self.keep_alive().await?;
            let next = tape.get(n + 1);
            self.step(taped, next).await.with_context(|| format!("at {n}: {taped:?}"))?;
        }
        Ok(())
    }

    /// A server ends connections on which nothing comes for a minute.
    async fn keep_alive(&mut self) -> anyhow::Result<()> {
        if self.alive_at.elapsed() < PING_EVERY {
            return Ok(());
        }
        self.alive_at = Instant::now();
        for open in self.open.values_mut().filter(|open| !self.revoked.contains(&open.device)) {
            open.line.say(&ClientFrame::Ping { at: edge::now() }).await?;
        }
        Ok(())
    }

    async fn step(&mut self, taped: &Taped, next: Option<&Taped>) -> anyhow::Result<()> {
        match taped {
            Taped::Record(record) => self.write(record).await,
            Taped::Greeted { connection, device, cursors, process } => {
                let open = self.greet(*device, *process, cursors).await?;
                self.open.insert(*connection, open);
                Ok(())
            }
            Taped::Pushed { connection, commands, verdicts } => {
                self.push(*connection, commands, verdicts, next).await
            }
            Taped::HandedIn { device, commands, verdicts } => self.hand_in(*device, commands, verdicts).await,
            Taped::Entered { envelope, verdict } => self.enter(envelope, verdict).await,
            Taped::Revoked(device) => self.revoke(*device).await,
            Taped::Killed { process } => self.kill(*process),
            Taped::NotReplayable => bail!("a month cannot be replayed"),
        }
    }

    async fn tx(&self) -> anyhow::Result<TenantTx> {
        Ok(TenantTx::begin(&self.pools, self.organization, None).await?)
    }

    async fn write(&self, record: &Record) -> anyhow::Result<()> {
        let mut tx = self.tx().await?;
        match record {
            Record::Organization(it) => organization::put(&mut tx, it).await?,
            Record::Plant(it) => organization::put_plant(&mut tx, it).await?,
            Record::User(it) => {
                if !user::edit(&mut tx, it).await? {
                    let (email, roles) = (format!("{}@sim.test", it.id), it.roles.clone());
                    let new = NewUser { id: it.id, email, name: it.name.clone(), password_hash: None, roles };
                    user::create(&mut tx, &new).await?;
                }
            }
            other => {
                let plant = (!other.is_organization_wide()).then_some(self.plant);
                record::put(&mut tx, plant, other).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// One of the two, which is started again if it was killed.
    fn server(&mut self, process: usize) -> anyhow::Result<&Server> {
        if !std::mem::replace(&mut self.is_up[process], true) {
            self.servers[process].resume()?;
        }
        Ok(&self.servers[process])
    }

    async fn greet(&mut self, device: DeviceId, process: usize, cursors: &[Cursor]) -> anyhow::Result<Open> {
        let server = self.server(process)?;
        let (url, address) = (server.url(), format!("127.0.0.1:{}", server.port()));
        if !self.tokens.contains_key(&device) {
            signer::enroll(&mut self.database, "Simulated", &[device]).await?;
            self.database.run(SIGN_IN_EVERYBODY).await?;
            let token = signer::token(&self.client, &url, device).await?;
            self.tokens.insert(device, token);
        }
        let (token, app) = (self.tokens[&device].clone(), "replay".to_owned());
        let (cursors, begun, checks) = (cursors.to_vec(), None, Vec::new());
        let hello = ClientFrame::Hello(Hello { token, app, cursors, begun, checks });
        // A server that was killed a moment ago may ask for a little time.
        let line = wait::until("a welcome", PATIENCE, async || {
            let mut line = line::dial(&address).await?;
            line.say(&hello).await?;
            match line.hear().await? {
                Some(ServerFrame::Welcome { .. }) => Ok(Some(line)),
                other => bail!("{device} is not welcome: {other:?}"),
            }
        });
        Ok(Open { device, process, line: line.await?, is_rebased: false })
    }

    async fn push(
        &mut self,
        connection: u64,
        commands: &[Envelope],
        expected: &[(CommandId, Verdict)],
        next: Option<&Taped>,
    ) -> anyhow::Result<()> {
        if let Some(device) = commands.first().map(|it| it.device).filter(|it| self.revoked.contains(it)) {
            return self.hand_in(device, commands, expected).await;
        }
        let mut open = self.open.remove(&connection).context("the connection was not opened")?;
        let frame = ClientFrame::Push { commands: commands.to_vec() };
        let dies = matches!(next, Some(Taped::Killed { process }) if *process == open.process);
        if dies && !open.is_rebased {
            // The device does not know how far it came. When it asks again it hears what was decided, or it is decided
            // then.
            open.line.say(&frame).await?;
            if connection.is_multiple_of(2) {
                verdicts(&mut open.line).await?;
            } else {
                tokio::time::sleep(Duration::from_millis(connection % 12)).await;
            }
            self.kill(open.process)?;
            if self.is_decided(commands).await? {
                self.kills_after_commit += 1;
            } else {
                self.kills_before_commit += 1;
            }
            let heads = self.heads().await?;
            open = self.greet(open.device, open.process, &heads).await?;
        }
        open.line.say(&frame).await?;
        let verdicts = verdicts(&mut open.line).await?;
        open.is_rebased |= verdicts.iter().any(|(_, it)| matches!(it, Verdict::Rebase { .. }));
        self.open.insert(connection, open);
        self.same(expected, verdicts)
    }

    /// Whether the first of them has a verdict, and so all of them.
    async fn is_decided(&self, commands: &[Envelope]) -> anyhow::Result<bool> {
        let first: Vec<_> = commands.iter().take(1).map(|it| it.id.uuid()).collect();
        Ok(!command::verdicts(&mut self.tx().await?, &first).await?.is_empty())
    }

    async fn heads(&self) -> anyhow::Result<Vec<Cursor>> {
        let heads = feed::all(&mut self.tx().await?).await?;
        Ok(heads.into_iter().map(|head| Cursor { feed: head.feed, seq: head.seq }).collect())
    }

    async fn hand_in(
        &mut self,
        device: DeviceId,
        commands: &[Envelope],
        expected: &[(CommandId, Verdict)],
    ) -> anyhow::Result<()> {
        let url = self.server(0)?.url();
        let frame = ClientFrame::Push { commands: commands.to_vec() };
        let verdicts = signer::hand_in(&self.client, &url, device, &frame).await?;
        self.same(expected, verdicts)
    }

    async fn enter(&mut self, envelope: &Envelope, expected: &Verdict) -> anyhow::Result<()> {
        let received = vec![ReceivedEnvelope::from(envelope)];
        let verdicts = self.console.submit(self.organization, self.plant, Sender::Server, received).await?;
        self.same(&[(envelope.id, expected.clone())], verdicts)
    }

    async fn revoke(&mut self, device: DeviceId) -> anyhow::Result<()> {
        let mut tx = self.tx().await?;
        device::revoke(&mut tx, device, edge::now()).await?;
        tx.commit().await?;
        self.revoked.insert(device);
        Ok(())
    }

    fn kill(&mut self, process: usize) -> anyhow::Result<()> {
        self.open.retain(|_, open| open.process != process);
        if std::mem::replace(&mut self.is_up[process], false) {
            self.servers[process].kill()?;
            self.kills += 1;
        }
        Ok(())
    }

    fn same(
        &mut self,
        expected: &[(CommandId, Verdict)],
        verdicts: Vec<(CommandId, Verdict)>,
    ) -> anyhow::Result<()> {
        ensure!(verdicts == expected, "the simulated server said {expected:?}, this one {verdicts:?}");
        for (id, verdict) in verdicts {
            // What another device handed in is kept as that one was told.
            if !matches!(verdict, Verdict::Rebase { .. } | Verdict::Refused(Refusal::HandedInElsewhere)) {
                self.verdicts.insert(id, verdict);
            }
        }
        Ok(())
    }

    /// All entries of a feed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn entries(&self, feed: FeedId) -> anyhow::Result<Vec<Entry>> {
        let (mut tx, mut entries) = (self.tx().await?, Vec::<Entry>::new());
        while let Next::Batch(batch) =
            feed::read(&mut tx, feed, entries.last().map_or(0, |entry| entry.seq)).await?
        {
            let ServerFrame::Batch(batch) = wire::decode(&wire::encode(&StoredFrame::Batch(batch))?)? else {
                bail!("a batch is read as something else");
            };
            entries.extend(batch.entries);
        }
        Ok(entries)
    }

    /// Whether the tables have one verdict for each command, the one that was told, and say what the feed says.
    ///
    /// # Errors
    /// When they do not.
    pub async fn check_tables(&mut self) -> anyhow::Result<()> {
        let ids: Vec<_> = self.verdicts.keys().map(|id| id.uuid()).collect();
        let mut kept = command::verdicts(&mut self.tx().await?, &ids).await?;
        for (id, told) in &self.verdicts {
            let kept = kept.remove(id);
            ensure!(kept.as_ref() == Some(told), "{id} was told {told:?}, and is kept as {kept:?}");
        }
        let count = self.database.count("select count(*) from command").await?;
        ensure!(usize::try_from(count)? == ids.len(), "{count} verdicts on {} commands", ids.len());
        let report = auditor::audit(&self.pools, self.organization, self.plant).await?;
        let report = report.context("somebody else audits")?;
        ensure!(report.is_right(), "{report}");
        Ok(())
    }

    /// # Errors
    /// When a server does not stop cleanly.
    pub async fn end(mut self) -> anyhow::Result<()> {
        for process in 0..self.servers.len() {
            self.server(process)?;
            self.servers[process].stop()?;
        }
        // So that its connections are there for the next history.
        drop(self.console);
        self.pools.close().await;
        Ok(())
    }
}

/// The next verdicts, past batches, which are taken.
async fn verdicts(line: &mut Line) -> anyhow::Result<Vec<(CommandId, Verdict)>> {
    loop {
        match wait::at_most("verdicts", PATIENCE, line.hear()).await? {
            Some(ServerFrame::Verdicts(verdicts)) => return Ok(verdicts),
            Some(ServerFrame::Batch(Batch { feed, until: seq, .. })) => {
                line.say(&ClientFrame::Applied { feed, seq }).await?;
            }
            Some(ServerFrame::Pong { .. }) => {}
            other => bail!("not a verdict: {other:?}"),
        }
    }
}

const SIGN_IN_EVERYBODY: &str =
    "insert into device_user (organization_id, device_id, user_id, first_signed_in_at, last_signed_in_at)
     select device.organization_id, device.id, person.id, now(), now()
     from device, user_account person on conflict do nothing";
