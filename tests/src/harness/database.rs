//! The server's PostgreSQL, looked into past the server, as an auditor would.

use std::path::Path;

use anyhow::Context;
use rust_decimal::Decimal;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row};
use sync_server::postgres::Cluster;

/// Of a statement that failed, so many characters are told.
const SHOWN: usize = 300;

/// A connection that sees every tenant.
pub struct Database(PgConnection);

/// What an order made, and where its goods lie, by the server's own tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    pub state: String,
    pub good: Decimal,
    pub scrap: Decimal,
    pub rework: Decimal,
    /// The same figures from the facts, one by one.
    pub good_by_facts: Decimal,
    pub reports: i64,
    pub voids: i64,
}

impl Database {
    /// Connects to the cluster of a running server.
    ///
    /// # Errors
    /// When it does not run.
    pub async fn of(data: &Path) -> anyhow::Result<Self> {
        let access = Cluster::running(data).await.context("the server's PostgreSQL does not run")?;
        Ok(Self(access.admin.database("unison").connect().await?))
    }

    /// Connects to a PostgreSQL that the story runs.
    ///
    /// # Errors
    /// When it does not run.
    pub async fn at(url: &str) -> anyhow::Result<Self> {
        Ok(Self(url.parse::<PgConnectOptions>()?.connect().await?))
    }

    /// The first row of a query of the story's own.
    ///
    /// # Errors
    /// When the query is wrong, or finds nothing.
    pub async fn row(&mut self, sql: &str) -> anyhow::Result<PgRow> {
        sqlx::query(AssertSqlSafe(sql.to_owned()))
            .fetch_one(&mut self.0)
            .await
            .with_context(|| sql.to_owned())
    }

    /// # Errors
    /// When the query is wrong.
    pub async fn count(&mut self, sql: &str) -> anyhow::Result<i64> {
        Ok(self.row(sql).await?.try_get(0)?)
    }

    /// A statement of the story's own, as `lock table`.
    ///
    /// # Errors
    /// When the statement is wrong.
    pub async fn run(&mut self, sql: &str) -> anyhow::Result<()> {
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut self.0).await;
        done.map(drop).with_context(|| sql.chars().take(SHOWN).collect::<String>())
    }

    /// Days pass on the server, which was on all the time and made its months: what was received until now
    /// was received so many days ago.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn days_pass(&mut self, days: u32) -> anyhow::Result<()> {
        self.run(&format!(
            "set role unison_owner;
             select make_feed_month(extract(year from day)::integer, extract(month from day)::integer)
                 from generate_series(now() - interval '{days} days', now(), '1 day') as day;
             reset role;
             update change_log set received_at = received_at - interval '{days} days';
             update fact set received_at = received_at - interval '{days} days'"
        ))
        .await
    }

    /// An order by its number: what its last operation made, by the projections and by the facts.
    ///
    /// # Errors
    /// When there is no such order.
    pub async fn totals(&mut self, number: &str) -> anyhow::Result<Totals> {
        let sql = "
            with its as (select * from work_order where number_key = lower($1))
            select its.state,
                   coalesce(output.good, 0) as good,
                   coalesce(output.scrap, 0) as scrap,
                   coalesce(output.rework, 0) as rework,
                   coalesce((select sum((body->>'good')::numeric) from fact
                             where order_id = its.id and kind = 'production_reported'
                               and (body->>'operation')::bigint is not distinct from its.last_operation), 0)
                 - coalesce((select sum((body->'output'->>'good')::numeric) from fact
                             where order_id = its.id and kind = 'report_voided'
                               and (body->>'operation')::bigint is not distinct from its.last_operation), 0)
                   as good_by_facts,
                   (select count(*) from fact where order_id = its.id and kind = 'production_reported') as reports,
                   (select count(*) from fact where order_id = its.id and kind = 'report_voided') as voids
            from its left join work_order_output output
              on output.order_id = its.id and output.operation = coalesce(its.last_operation, -1)";
        let row = sqlx::query(sql)
            .bind(number)
            .fetch_optional(&mut self.0)
            .await?
            .with_context(|| format!("order {number} is not in the database"))?;
        Ok(Totals {
            state: row.try_get("state")?,
            good: row.try_get("good")?,
            scrap: row.try_get("scrap")?,
            rework: row.try_get("rework")?,
            good_by_facts: row.try_get("good_by_facts")?,
            reports: row.try_get("reports")?,
            voids: row.try_get("voids")?,
        })
    }
}
