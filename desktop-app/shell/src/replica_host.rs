//! The replica of this application, or the reason why there is none: then the window opens all the
//! same and says so.

use std::path::PathBuf;

use replica::driver::Closed;
use replica::native::{Host, Options, is_keychain_wanted};
use shared_model::host::{Event, HostError, Reply, Request};
use tokio::sync::broadcast;

pub struct ReplicaHost(Result<Host, Closed>);

impl ReplicaHost {
    pub fn start(directory: PathBuf) -> Self {
        let options = Options { directory, is_networked: true, is_keychain_wanted: is_keychain_wanted() };
        Self(Host::start(options).map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "the replica cannot be started");
            Closed::storage(&error.to_string())
        }))
    }

    pub async fn call(&self, request: Request) -> Result<Reply, HostError> {
        match &self.0 {
            Ok(host) => host.call(request).await,
            Err(closed) => closed.answer(&request),
        }
    }

    pub fn events(&self) -> Option<broadcast::Receiver<Event>> {
        self.0.as_ref().ok().map(Host::events)
    }

    pub async fn close(&self) {
        if let Ok(host) = &self.0 {
            host.close().await;
        }
    }
}
