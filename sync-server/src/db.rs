//! PostgreSQL: all SQL of the server is in this module's children, one per noun.

mod amount;
pub mod archived;
pub mod audit;
pub mod auditor;
pub mod command;
pub mod device;
pub mod document;
#[cfg(test)]
mod error_tests;
pub mod exception;
pub mod fact;
pub mod feed;
pub mod fingerprint;
pub mod history;
mod instant;
pub mod inventory;
mod listener;
pub mod migrate;
pub mod months;
mod nats;
pub mod number;
pub mod organization;
mod pools;
mod pulse;
pub mod record;
pub mod refused;
pub mod session;
pub mod signing_key;
pub mod snapshot;
pub mod stock;
#[cfg(test)]
mod tenancy_tests;
pub mod tx;
pub mod user;
mod wake;
pub mod work_order;

pub use instant::Instant;
pub use listener::{Heard, Listener};
pub use nats::{BadAddress, Nats};
pub use pools::Pools;
pub use pulse::Pulse;
pub use tx::{SystemTx, TenantTx};
pub use wake::Wake;

/// A sequence number as a column.
fn signed(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database does not answer, or not now. Nothing was committed, unless the commit itself
    /// was cut off: everything that is retried must be idempotent.
    #[error("the database does not answer")]
    Unavailable(#[source] sqlx::Error),
    /// A row breaks a rule that the server keeps: a fault.
    #[error("{table}.{column} of {row} holds what it should not")]
    Inconsistent { table: &'static str, column: &'static str, row: String },
    #[error("the database refused")]
    Sql(#[source] sqlx::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if is_unavailable(&error) { Self::Unavailable(error) } else { Self::Sql(error) }
    }
}

impl Error {
    /// The name of the constraint that a write violated.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Sql(sqlx::Error::Database(error)) => error.constraint(),
            _ => None,
        }
    }

    /// Whether the database says that what it was given is wrong: data exceptions, violated
    /// constraints, values over its limits. Any other error is its own, or ours.
    #[must_use]
    pub fn is_of_the_data(&self) -> bool {
        match self {
            Self::Sql(sqlx::Error::Database(error)) => error
                .code()
                .is_some_and(|code| ["22", "23", "54"].iter().any(|class| code.starts_with(class))),
            _ => false,
        }
    }
}

/// Whether the same statement may well succeed a little later.
fn is_unavailable(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed
        // A connection that is cut in the middle of a message.
        | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            // Connection exceptions, out of resources, shutting down or starting up, and
            // transactions that lost against another one.
            code.starts_with("08") || code.starts_with("53") || code.starts_with("57P")
                || matches!(&*code, "40001" | "40P01" | "55P03")
        }),
        _ => false,
    }
}
