//! One file per command of the command line.

use std::path::Path;

use anyhow::{Result, bail};
use replica::native::{Host, Options, is_keychain_wanted};
use shared_model::host::{Query, ReadModel, Reply, Request, Session};

pub mod enroll;
pub mod export;
pub mod import;
pub mod perform;
pub mod query;
pub mod sign_in;
pub mod status;
pub mod sync;

fn open(data: &Path, is_networked: bool) -> Result<Host> {
    Ok(Host::start(Options {
        directory: data.to_owned(),
        is_networked,
        is_keychain_wanted: is_keychain_wanted(),
    })?)
}

async fn session(host: &Host, request: Request) -> Result<Session> {
    match host.call(request).await? {
        Reply::Session(session) => Ok(session),
        other => bail!("the replica answered {other:?} instead of a session"),
    }
}

async fn view<Q: ReadModel>(host: &Host, query: Q) -> Result<Q::View> {
    Ok(serde_json::from_value(raw_view(host, query.into()).await?)?)
}

async fn raw_view(host: &Host, query: Query) -> Result<serde_json::Value> {
    match host.call(Request::Query(query)).await? {
        Reply::View(view) => Ok(view),
        other => bail!("the replica answered {other:?} instead of a view"),
    }
}
