//! The listening server: from an open port to the last answered request.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::http;

/// How long requests that are under way may take when the server stops.
const GRACE: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    #[error("port {0} is taken by another program; stop it, or choose another port with --port")]
    Taken(u16),
    #[error("cannot listen on {address}")]
    Listen { address: SocketAddr, source: std::io::Error },
}

/// A server that is answering.
#[derive(Debug)]
pub struct Serving {
    address: SocketAddr,
    app: App,
    task: JoinHandle<std::io::Result<()>>,
}

/// Opens the port. Port 0 takes any that is free.
///
/// # Errors
/// When another program has it.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        std::io::ErrorKind::AddrInUse => ListenError::Taken(address.port()),
        _ => ListenError::Listen { address, source },
    })
}

impl Serving {
    /// Begins to answer. `web` is the directory of the web bundle.
    ///
    /// # Errors
    /// When the listener is broken.
    pub fn start(listener: TcpListener, app: App, web: Option<PathBuf>) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let service = http::router(app.clone(), web).into_make_service_with_connect_info::<SocketAddr>();
        // Small frames are to leave at once.
        let listener = listener.tap_io(|connection| {
            let _ = connection.set_nodelay(true);
        });
        let stopping = app.clone();
        let serving =
            axum::serve(listener, service).with_graceful_shutdown(async move { stopping.stopping().await });
        let task = tokio::spawn(async move { serving.await });
        Ok(Self { address, app, task })
    }

    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    #[must_use]
    pub const fn app(&self) -> &App {
        &self.app
    }

    /// Accepts nothing more, lets requests under way finish and closes the database's connections.
    pub async fn stop(self) {
        self.app.stop();
        let mut task = self.task;
        if tokio::time::timeout(GRACE, &mut task).await.is_err() {
            tracing::warn!("requests were under way for more than {} s; they are cut off", GRACE.as_secs());
            task.abort();
        }
        // A connection that a task keeps is cut off when PostgreSQL stops.
        if tokio::time::timeout(GRACE, self.app.pools().close()).await.is_err() {
            tracing::warn!("the database's connections did not close");
        }
    }
}
