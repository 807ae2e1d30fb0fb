//! The PostgreSQL that the server works on: a private cluster that it runs itself, or one that is
//! given by `DATABASE_URL`. Either way the same three roles exist, and the server's own work is
//! done as `unison_app`, which owns nothing.

mod account;
mod binaries;
mod cluster;
mod place;
mod postmaster;
mod roles;
mod secrets;

use std::path::PathBuf;

use sqlx::postgres::PgConnectOptions;

pub use cluster::{Cluster, Durability};
pub use roles::{external, in_database};
pub(crate) use secrets::write_private;

/// How to log in as each role.
#[derive(Clone, Debug)]
pub struct Access {
    /// A superuser of the embedded cluster; with `DATABASE_URL`, the user that it names. Creates
    /// roles and databases, never touches a tenant's rows.
    pub admin: PgConnectOptions,
    /// Owns the schema and runs the migrations.
    pub owner: PgConnectOptions,
    pub app: PgConnectOptions,
    pub system: PgConnectOptions,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "PostgreSQL is not installed here: neither pg_config nor /usr/lib/postgresql nor PATH shows a \
         server of version 15 or newer. Install it (Debian, Ubuntu: apt-get install postgresql) or set \
         DATABASE_URL"
    )]
    NoBinaries,
    #[error(
        "PostgreSQL refuses to run as root, and this machine has no user \"postgres\" to run it as. \
         Run the server as another user, add that user, or set DATABASE_URL"
    )]
    NoAccount,
    #[error("another server is working on {0}; stop it, or choose another directory with --data")]
    InUse(PathBuf),
    #[error(
        "the database in {dir} was made by PostgreSQL {made_by}, which is not installed here; \
         install postgresql-{made_by}, or move the data with pg_upgrade"
    )]
    OtherVersion { dir: PathBuf, made_by: u32 },
    #[error("{dir} holds a database, but the passwords in {secrets} are missing or damaged")]
    NoSecrets { dir: PathBuf, secrets: PathBuf },
    #[error("{program} failed: {output}")]
    Failed { program: &'static str, output: String },
    #[error("{path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("PostgreSQL cannot be reached{hint}")]
    Connect { hint: &'static str, source: sqlx::Error },
    #[error(
        "the user of DATABASE_URL may not prepare the roles unison_app and unison_system; \
         name one that may create roles (sync-server/README.md)"
    )]
    Roles(#[source] sqlx::Error),
    #[error(
        "the role {role} is a superuser or bypasses row level security; with it organizations would \
         see one another. Take that from it: alter role {role} nosuperuser nobypassrls"
    )]
    TooPowerful { role: String },
}

impl Error {
    fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
