//! The auditor: makes everything that a plant's rows say anew from its feed, and says what differs. It
//! repairs nothing: what is right, the entries or the rows, a person has to find out.
//!
//! **Invariant:** it looks at one moment (one repeatable-read transaction), so that work that goes on
//! meanwhile is no difference; and its memory does not grow with the plant.

mod documents;
mod nightly;
#[cfg(test)]
mod tests;

use serde::Serialize;
use shared_model::ids::{OrganizationId, PlantId};

pub use nightly::every_night;

use crate::archive;
use crate::db::auditor::{self, Feed, TOLD_MAX};
use crate::db::{Error, Pools, TenantTx};

/// What came of it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Entries of the plant's feed, from its horizon on.
    pub entries: i64,
    pub documents: u64,
    /// Documents that are older than the feed: what it still has of them is looked for in the document,
    /// which has all of its changes itself.
    pub older_documents: u64,
    /// In plain words, one for each.
    pub differences: Vec<String>,
}

impl Report {
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.differences.is_empty()
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for difference in &self.differences {
            writeln!(f, "{difference}")?;
        }
        write!(f, "{} entries and {} documents looked at", self.entries, self.documents)?;
        if self.older_documents > 0 {
            write!(f, ", {} of them older than the feed", self.older_documents)?;
        }
        match self.differences.len() {
            0 => writeln!(f, "; everything is as the entries say"),
            1 => writeln!(f, "; 1 difference"),
            count => writeln!(f, "; {count} differences"),
        }
    }
}

/// Audits a plant; none while another process is at it.
///
/// # Errors
/// When the database does not answer.
pub async fn audit(
    pools: &Pools,
    organization: OrganizationId,
    plant: PlantId,
) -> Result<Option<Report>, Error> {
    let mut tx = TenantTx::begin_reading(pools, organization).await?;
    if !auditor::claim(&mut tx, plant).await? {
        return Ok(None);
    }
    let feed = auditor::feed(&mut tx, plant).await?;
    let mut report = Report { entries: feed.entries, ..Report::default() };
    report.differences.extend(gaps(feed));
    facts(&mut tx, plant, feed, &mut report).await?;
    sums(&mut tx, plant, &mut report).await?;
    documents::check(&mut tx, plant, feed, &mut report).await?;
    for order in archive::altered(&mut tx, plant).await? {
        report.differences.push(format!("order {order} is not what it was when it was archived"));
    }
    tx.rollback().await?;
    Ok(Some(report))
}

fn gaps(feed: Feed) -> Option<String> {
    let Feed { head, horizon, entries, last } = feed;
    if last != head {
        return Some(format!("the feed should end with entry {head}, and ends with {last}"));
    }
    match last - horizon - entries {
        0 => None,
        1 => Some(format!("an entry is missing between {horizon} and {last} of the feed")),
        missing => Some(format!("{missing} entries are missing between {horizon} and {last} of the feed")),
    }
}

async fn facts(tx: &mut TenantTx, plant: PlantId, feed: Feed, report: &mut Report) -> Result<(), Error> {
    for odd in auditor::odd_facts(tx, plant, feed).await? {
        let seq = odd.seq;
        report.differences.push(match (odd.is_in_feed, odd.is_in_table) {
            (true, true) => format!("fact {seq} says one thing in the feed and another in its table"),
            (true, false) => format!("fact {seq} is in the feed and not in its table"),
            (false, _) => format!("fact {seq} is in its table and not in the feed"),
        });
    }
    Ok(())
}

/// Order totals and stock.
async fn sums(tx: &mut TenantTx, plant: PlantId, report: &mut Report) -> Result<(), Error> {
    for odd in auditor::odd_outputs(tx, plant).await? {
        let operation = match odd.operation {
            ..0 => String::new(),
            number => format!(", operation {number}"),
        };
        let made =
            |good: rust_decimal::Decimal, scrap: rust_decimal::Decimal, rework: rust_decimal::Decimal| {
                let [good, scrap, rework] = [good, scrap, rework].map(|amount| amount.normalize());
                format!("{good} good, {scrap} scrap, {rework} rework")
            };
        report.differences.push(format!(
            "order {}{operation}: {} by its reports, but {} on the screens",
            odd.order,
            made(odd.good_by_facts, odd.scrap_by_facts, odd.rework_by_facts),
            made(odd.good_kept, odd.scrap_kept, odd.rework_kept)
        ));
    }
    for odd in auditor::odd_balances(tx, plant).await? {
        let mut what = format!("stock of {}", odd.material);
        for (before, value) in [(" at ", &odd.location), (", lot ", &odd.lot), (", serial ", &odd.serial)] {
            if !value.is_empty() {
                what.push_str(before);
                what.push_str(value);
            }
        }
        if odd.status != "ok" {
            what.push_str(", ");
            what.push_str(&odd.status);
        }
        let (by_facts, kept) = (odd.by_facts.normalize(), odd.kept.normalize());
        report.differences.push(format!("{what}: {by_facts} by its movements, but {kept} on the screens"));
    }
    Ok(())
}

/// Whether enough was said of one kind.
fn is_enough(told: usize) -> bool {
    i64::try_from(told).is_ok_and(|told| told >= TOLD_MAX)
}
