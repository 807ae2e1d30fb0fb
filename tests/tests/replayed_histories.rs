//! Histories of the simulation on the real server: the same frames in the same order, with real sockets, two processes
//! on one PostgreSQL and `kill -9`. Every verdict and every entry has to be what the simulated server made of them.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use e2e::harness::Database;
use e2e::harness::replay::Replay;
use e2e::sim::{self, Recording, Taped};
use shared_model::command::Envelope;
use shared_model::ids::CommandId;
use shared_model::record::Record;
use shared_model::sync::clock::skew_millis;
use shared_model::sync::wire::{Entry, EntryChange, Verdict};
use sqlx::ConnectOptions as _;
use sync_server::postgres::Cluster;

/// So many histories, of those that need no month and no other version.
const HISTORIES: usize = 8;

/// What came up in all of them.
#[derive(Debug, Default)]
struct Exercised {
    accepted: usize,
    refused: usize,
    rebased: usize,
    handed_in: usize,
    at_console: usize,
    new_roles: usize,
    kills: u64,
    kills_after_commit: u64,
    kills_before_commit: u64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_simulated_server_decides_the_real_one_decides_too() -> anyhow::Result<()> {
    let data = tempfile::Builder::new().prefix("unison-story-").tempdir()?;
    std::fs::set_permissions(data.path(), std::os::unix::fs::PermissionsExt::from_mode(0o711))?;
    let cluster = Cluster::start(data.path()).await?;
    let admin = cluster.access().admin.clone().host("127.0.0.1");
    let mut exercised = Exercised::default();
    let recordings = (1..).map(|seed| (seed, sim::record(seed)));
    let is_replayable =
        |(_, it): &(u64, anyhow::Result<Recording>)| it.as_ref().map_or(true, Recording::is_replayable);
    for (seed, recording) in recordings.filter(is_replayable).take(HISTORIES) {
        let name = format!("history_{seed}");
        let unison = admin.clone().database("unison").to_url_lossy().to_string();
        Database::at(&unison).await?.run(&format!("create database {name}")).await?;
        let url = admin.clone().database(&name).to_url_lossy().to_string();
        replay(&url, &recording?, &mut exercised).await.with_context(|| format!("history {seed}"))?;
    }
    exercised.check()?;
    println!("{exercised:?}");
    Ok(())
}

async fn replay(url: &str, recording: &Recording, exercised: &mut Exercised) -> anyhow::Result<()> {
    let Recording { tape, feeds } = recording;
    let organization = tape.iter().find_map(|taped| match taped {
        Taped::Record(Record::Organization(it)) => Some(it.id),
        _ => None,
    });
    let plant = tape.iter().find_map(|taped| match taped {
        Taped::Record(Record::Plant(it)) => Some(it.id),
        _ => None,
    });
    let mut replay = Replay::begin(url, organization.context("whose?")?, plant.context("where?")?).await?;
    replay.live(tape).await?;
    replay.check_tables().await?;
    let entered: BTreeMap<CommandId, &Envelope> = envelopes(tape).map(|it| (it.id, it)).collect();
    for (feed, expected) in feeds {
        let entries = replay.entries(*feed).await?;
        ensure!(entries.len() == expected.len(), "{feed} has {} entries", entries.len());
        for (expected, entry) in expected.iter().zip(&entries) {
            let is_same = as_by_another_clock(expected, entry, &entered) == *entry;
            ensure!(is_same, "the simulated server wrote {expected:?}, this one {entry:?}");
        }
    }
    exercised.note(tape);
    exercised.kills += replay.kills;
    exercised.kills_after_commit += replay.kills_after_commit;
    exercised.kills_before_commit += replay.kills_before_commit;
    replay.end().await
}

/// Everything that devices sent or somebody entered at the console.
fn envelopes(tape: &[Taped]) -> impl Iterator<Item = &Envelope> {
    tape.iter().flat_map(|taped| match taped {
        Taped::Pushed { commands, .. } | Taped::HandedIn { commands, .. } => commands.as_slice(),
        Taped::Entered { envelope, .. } => std::slice::from_ref(envelope),
        _ => &[],
    })
}

/// What the simulated server wrote, as the other one has to have written it, whose clock says what it says: when it
/// was received, and when it happened, where the device's clock cannot have been right.
fn as_by_another_clock(expected: &Entry, entry: &Entry, entered: &BTreeMap<CommandId, &Envelope>) -> Entry {
    let mut expected = Entry { received_at: entry.received_at, ..expected.clone() };
    let said = expected.command.and_then(|id| entered.get(&id)).map(|envelope| envelope.occurred_at);
    let (EntryChange::Fact(wanted), EntryChange::Fact(found), Some(said)) =
        (&mut expected.change, &entry.change, said)
    else {
        return expected;
    };
    if wanted.occurred_at != said || skew_millis(said, entry.received_at).is_some() {
        wanted.occurred_at = found.occurred_at;
    }
    expected
}

impl Exercised {
    /// Everything came up. (Whether a server that is killed has committed by then is a matter of milliseconds: that it
    /// had not is not demanded.)
    fn check(&self) -> anyhow::Result<()> {
        let Self { accepted, refused, rebased, handed_in, at_console, new_roles, .. } = *self;
        let counts = [accepted, refused, rebased, handed_in, at_console, new_roles];
        let is_enough = counts.iter().all(|count| *count > 0) && self.kills_after_commit > 0;
        ensure!(is_enough, "not everything came up: {self:?}");
        Ok(())
    }

    fn note(&mut self, tape: &[Taped]) {
        // What comes before the first device is the plant itself.
        for taped in tape.iter().skip_while(|taped| matches!(taped, Taped::Record(_))) {
            match taped {
                Taped::Pushed { verdicts, .. } => verdicts.iter().for_each(|(_, it)| self.verdict(it)),
                Taped::HandedIn { commands, .. } => self.handed_in += commands.len(),
                Taped::Entered { .. } => self.at_console += 1,
                Taped::Record(Record::User(_)) => self.new_roles += 1,
                _ => {}
            }
        }
    }

    const fn verdict(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Accepted { .. } => self.accepted += 1,
            Verdict::Refused(_) => self.refused += 1,
            Verdict::Rebase { .. } => self.rebased += 1,
        }
    }
}
