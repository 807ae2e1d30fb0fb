//! What need not be on every device any more: orders that were closed long ago are archived
//! ([`crate::archive`]), and feeds go back only so far. The months of `change_log` that are to come are made
//! in good time, feeds begin later as time passes, and months that lie behind all beginnings are dropped.
//!
//! **Invariant:** what nobody can have otherwise is never dropped. Where a feed begins, a snapshot covers
//! what was before; facts, documents and verdicts are in tables of their own, which stay; and devices keep
//! what the server accepted from them for less time than a feed goes back ([`Reach`]), so that one that has
//! to begin anew has nothing that the server could have lost.
//!
//! Each step is a transaction of its own, and leaves everything right: a feed begins later first, and its
//! entries are dropped then.

mod nightly;
#[cfg(test)]
mod tests;

use serde::Serialize;
use shared_model::ids::OrganizationId;
use shared_model::time::Timestamp;
use sqlx::postgres::PgConnectOptions;

pub use nightly::every_night;

use crate::archive::archive;
use crate::db::feed::{self, Head};
use crate::db::months::{Beginning, Month, Months};
use crate::db::{Error, Pools, SystemTx, TenantTx, organization};
use crate::sync::Fault;
use crate::sync::snapshot;

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;
/// Months that are made ahead. The job may fail for a quarter of a year before it matters.
const AHEAD: usize = 3;

/// For how many days feeds go back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach(u16);

impl Reach {
    /// For as long devices keep what the server accepted from them, and a month away is to be seamless.
    pub const LEAST_DAYS: u16 = 30;
    pub const DEFAULT_DAYS: u16 = 45;

    /// Fewer days than [`Self::LEAST_DAYS`] count as so many.
    #[must_use]
    pub const fn days(days: u16) -> Self {
        Self(if days < Self::LEAST_DAYS { Self::LEAST_DAYS } else { days })
    }

    fn back_from(self, now: Timestamp) -> Timestamp {
        now.plus_millis(-DAY_MILLIS * i64::from(self.0))
    }
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Orders that leave the devices.
    pub archived: usize,
    pub feeds: usize,
    /// Feeds that begin later now.
    pub moved: usize,
    /// Of these, those for which a snapshot had to be made.
    pub snapshots: usize,
    /// As `2026-11`.
    pub made: Vec<String>,
    pub dropped: Vec<String>,
    /// Nothing was entered in all the time that feeds go back: the clock is wrong, or nobody works.
    pub is_asleep: bool,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.archived > 0 {
            writeln!(f, "{} closed orders archived", self.archived)?;
        }
        for (what, months) in [("made", &self.made), ("dropped", &self.dropped)] {
            if !months.is_empty() {
                writeln!(f, "months {what}: {}", months.join(", "))?;
            }
        }
        if self.is_asleep {
            return writeln!(f, "{} feeds; nothing was entered lately, so they stay as they are", self.feeds);
        }
        writeln!(f, "{} feeds, of which {} begin later now", self.feeds, self.moved)
    }
}

/// Does all of it once, as of `now`; none while another process is at it.
///
/// # Errors
/// When the database does not answer, or somebody has the feeds for too long. What was done until then
/// stays done, and the rest is for the next time.
pub async fn trim(
    pools: &Pools,
    owner: &PgConnectOptions,
    now: Timestamp,
    reach: Reach,
) -> Result<Option<Report>, Fault> {
    let mut months = Months::open(owner).await?;
    if !months.claim().await? {
        return Ok(None);
    }
    let mut report = Report { archived: archive(pools, now).await?, ..Report::default() };
    make_months(&mut months, now, reach, &mut report).await?;
    let beginnings = begin_later(pools, now, reach, &mut report).await?;
    drop_months(&mut months, &beginnings, now, reach, &mut report).await?;
    months.analyze().await?;
    months.close().await?;
    Ok(Some(report))
}

/// From the first that is needed on, so that entries which found no month move into theirs.
async fn make_months(
    months: &mut Months,
    now: Timestamp,
    reach: Reach,
    report: &mut Report,
) -> Result<(), Error> {
    let mut month = Month::of(reach.back_from(now));
    let mut ahead = 0;
    while ahead <= AHEAD {
        if months.make(month).await? {
            report.made.push(month.to_string());
        }
        ahead += usize::from(month >= Month::of(now));
        month = month.next();
    }
    Ok(())
}

/// A feed, and the last entry of it that is old enough to be dropped.
struct Aging {
    organization: OrganizationId,
    head: Head,
    old_until: u64,
    is_quiet: bool,
}

/// Moves the beginnings of all feeds, and says where they are then.
async fn begin_later(
    pools: &Pools,
    now: Timestamp,
    reach: Reach,
    report: &mut Report,
) -> Result<Vec<Beginning>, Fault> {
    let mut feeds = Vec::new();
    let mut system = SystemTx::begin(pools).await?;
    let organizations = organization::all(&mut system).await?;
    drop(system);
    for (organization, ..) in organizations {
        feeds.extend(aging(pools, organization, reach.back_from(now), now).await?);
    }
    report.feeds = feeds.len();
    report.is_asleep = feeds.iter().all(|feed| feed.is_quiet);
    let mut beginnings = Vec::new();
    for Aging { organization, head, old_until, .. } in feeds {
        let mut horizon = head.horizon;
        if !report.is_asleep && old_until > horizon {
            report.snapshots +=
                usize::from(snapshot::cover(pools, organization, head.feed, old_until).await?);
            let mut tx = TenantTx::begin(pools, organization, None).await?;
            feed::set_horizon(&mut tx, head.feed, old_until).await?;
            tx.commit().await?;
            report.moved += 1;
            horizon = old_until;
        }
        beginnings.push(Beginning { organization, feed: head.feed, horizon });
    }
    Ok(beginnings)
}

async fn aging(
    pools: &Pools,
    organization: OrganizationId,
    oldest: Timestamp,
    now: Timestamp,
) -> Result<Vec<Aging>, Error> {
    let mut tx = TenantTx::begin(pools, organization, None).await?;
    let mut feeds = Vec::new();
    for head in feed::all(&mut tx).await? {
        let first = feed::first_received(&mut tx, head.feed, oldest, now).await?;
        // Of a feed to which nothing was added for so long, all is in the snapshot.
        let old_until = first.map_or(head.seq, |first| first.saturating_sub(1));
        feeds.push(Aging { organization, head, old_until, is_quiet: first.is_none() });
    }
    tx.rollback().await?;
    Ok(feeds)
}

async fn drop_months(
    months: &mut Months,
    beginnings: &[Beginning],
    now: Timestamp,
    reach: Reach,
    report: &mut Report,
) -> Result<(), Error> {
    let oldest = Month::of(reach.back_from(now));
    for month in months.all().await? {
        if month < oldest && months.drop(month, beginnings).await? {
            report.dropped.push(month.to_string());
        }
    }
    months.clear_rest(beginnings).await?;
    Ok(())
}
