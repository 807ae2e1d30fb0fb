//! `unison-server serve`

use std::net::SocketAddr;
use std::path::Path;

use tokio::signal::unix::{SignalKind, signal};

use super::database::Database;
use crate::app::App;
use crate::config::{DatabaseArgs, ServeArgs};
use crate::console;
use crate::serve::{Serving, listen};
use crate::trim::{self, Reach};

pub(super) async fn run(database: &DatabaseArgs, args: ServeArgs) -> anyhow::Result<()> {
    if let Some(web) = &args.web {
        anyhow::ensure!(web.join("index.html").is_file(), "there is no web bundle in {}", web.display());
    }
    allow_connections();
    // Before the database, which takes longer: whoever mistyped the port learns it at once.
    let listener = listen(SocketAddr::new(args.bind, args.port)).await?;
    let mut stop = Stop::new()?;
    let dir = database.data_dir()?;
    let database = Database::open_alone(database).await?;
    let served = serve(&database, listener, args, &dir, &mut stop).await;
    database.close().await?;
    served
}

async fn serve(
    database: &Database,
    listener: tokio::net::TcpListener,
    args: ServeArgs,
    dir: &Path,
    stop: &mut Stop,
) -> anyhow::Result<()> {
    let app = App::start(database.pools.clone()).await?;
    let reach = Reach::days(args.feeds.feed_days);
    let lines = super::first::fill(&app, &args, dir).await?;
    let serving = Serving::start(listener, app, args.web)?;
    console::line(format_args!("ready http://{}", serving.address()));
    for line in lines {
        console::line(line);
    }
    let nights = [
        tokio::spawn(crate::auditor::every_night(serving.app().clone())),
        tokio::spawn(trim::every_night(serving.app().clone(), database.owner.clone(), reach)),
    ];
    let ended = tokio::select! {
        why = stop.wait() => {
            tracing::info!("{why}: stopping");
            Ok(())
        }
        error = database.keep() => Err(error),
    };
    nights.iter().for_each(tokio::task::JoinHandle::abort);
    serving.stop().await;
    ended
}

/// Each device is an open file. Many systems let a process have 1,024 until it asks for more.
fn allow_connections() {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(files) => tracing::debug!(files, "open files, each a connection"),
        Err(error) => tracing::warn!(%error, "the number of open files cannot be raised"),
    }
}

/// SIGINT (Ctrl-C) and SIGTERM.
struct Stop {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Stop {
    fn new() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn wait(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "interrupted",
            _ = self.terminate.recv() => "terminated",
        }
    }
}
