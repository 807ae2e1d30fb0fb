//! The months of the feeds: tables that the owner of the schema makes and drops. Nobody else may, and
//! nothing else is done as the owner while the server runs.

use std::fmt;

use shared_model::ids::{FeedId, OrganizationId};
use shared_model::time::Timestamp;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use uuid::Uuid;

use super::{Error, signed};

/// Everybody who wants the table waits behind us as long as we wait for it.
const LOCK_PATIENCE: &str = "2s";

/// A month by UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    year: i32,
    /// 1 to 12.
    month: i32,
}

impl Month {
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        let at = jiff::Timestamp::from(at).to_zoned(jiff::tz::TimeZone::UTC);
        Self { year: at.year().into(), month: at.month().into() }
    }

    #[must_use]
    pub const fn next(self) -> Self {
        match self.month {
            12 => Self { year: self.year + 1, month: 1 },
            month => Self { year: self.year, month: month + 1 },
        }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// The beginning of a feed: devices need what is behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beginning {
    pub organization: OrganizationId,
    pub feed: FeedId,
    pub horizon: u64,
}

/// A connection as the owner of the schema.
#[derive(Debug)]
pub struct Months(PgConnection);

impl Months {
    /// # Errors
    /// When the database does not answer.
    pub async fn open(owner: &PgConnectOptions) -> Result<Self, Error> {
        let options =
            owner.clone().options([("lock_timeout", LOCK_PATIENCE), ("statement_timeout", "15min")]);
        Ok(Self(options.connect().await?))
    }

    /// # Errors
    /// When the database does not answer.
    pub async fn close(self) -> Result<(), Error> {
        Ok(self.0.close().await?)
    }

    /// One process at a time, until the connection ends; false where another one is at it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn claim(&mut self) -> Result<bool, Error> {
        let claimed = sqlx::query_scalar!(
            r#"select pg_try_advisory_lock(hashtextextended('feed months', 0)) as "got!""#
        );
        Ok(claimed.fetch_one(&mut self.0).await?)
    }

    /// The months that are there, the oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn all(&mut self) -> Result<Vec<Month>, Error> {
        let rows = sqlx::query!(
            r#"select substr(month.relname, 12, 4)::integer as "year!", substr(month.relname, 17, 2)::integer as "month!"
               from pg_inherits join pg_class as month on month.oid = inhrelid
               where inhparent = 'change_log'::regclass and month.relname ~ '^change_log_\d{4}_\d{2}$'
               order by month.relname"#
        )
        .fetch_all(&mut self.0)
        .await?;
        Ok(rows.into_iter().map(|row| Month { year: row.year, month: row.month }).collect())
    }

    /// Makes a month, with the entries that were waiting for it; false where it is there.
    ///
    /// # Errors
    /// When the database does not answer, or somebody has the feeds for too long.
    pub async fn make(&mut self, Month { year, month }: Month) -> Result<bool, Error> {
        let made = sqlx::query_scalar!(r#"select make_feed_month($1, $2) as "made!""#, year, month);
        Ok(made.fetch_one(&mut self.0).await?)
    }

    /// Drops a month if all its entries are behind the beginnings of their feeds, and says whether it did.
    ///
    /// # Errors
    /// As [`Self::make`].
    pub async fn drop(
        &mut self,
        Month { year, month }: Month,
        beginnings: &[Beginning],
    ) -> Result<bool, Error> {
        let (organizations, feeds, horizons) = columns(beginnings);
        let dropped = sqlx::query_scalar!(
            r#"select drop_feed_month($1, $2, $3, $4, $5) as "dropped!""#,
            year,
            month,
            &organizations,
            &feeds,
            &horizons
        );
        Ok(dropped.fetch_one(&mut self.0).await?)
    }

    /// Deletes entries that are in no month and behind the beginnings of their feeds, and says how many.
    ///
    /// # Errors
    /// As [`Self::make`].
    pub async fn clear_rest(&mut self, beginnings: &[Beginning]) -> Result<i64, Error> {
        let (organizations, feeds, horizons) = columns(beginnings);
        let cleared = sqlx::query_scalar!(
            r#"select clear_feed_rest($1, $2, $3) as "cleared!""#,
            &organizations,
            &feeds,
            &horizons
        );
        Ok(cleared.fetch_one(&mut self.0).await?)
    }

    /// Has PostgreSQL look at the months together, which it does by itself only at each alone.
    ///
    /// # Errors
    /// As [`Self::make`].
    pub async fn analyze(&mut self) -> Result<(), Error> {
        sqlx::query!("analyze change_log").execute(&mut self.0).await?;
        Ok(())
    }
}

fn columns(beginnings: &[Beginning]) -> (Vec<Uuid>, Vec<Uuid>, Vec<i64>) {
    let horizon = |it: &Beginning| signed(it.horizon);
    (
        beginnings.iter().map(|it| it.organization.uuid()).collect(),
        beginnings.iter().map(|it| it.feed.uuid()).collect(),
        beginnings.iter().map(horizon).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_december_comes_january() {
        let december = Month::of(Timestamp::from_millis(1_798_761_599_999));
        assert_eq!(december.to_string(), "2026-12");
        assert_eq!(december.next().to_string(), "2027-01");
        assert_eq!(december.next(), Month::of(Timestamp::from_millis(1_798_761_600_000)));
        assert!(december < december.next());
    }
}
