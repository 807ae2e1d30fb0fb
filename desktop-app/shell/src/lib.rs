//! The desktop application: the screens of `ui` in a window of the operating system, on a native
//! replica. It passes calls on and events back, and knows nothing about manufacturing.

use std::path::PathBuf;

use anyhow::{Context, Result};
use shared_model::host::{Event, Message};
use tauri::{AppHandle, Emitter, Manager, RunEvent};

mod commands;
mod replica_host;
mod screens;

use replica_host::ReplicaHost;
use screens::Screens;

/// Runs the application until its last window is closed.
///
/// # Errors
/// When there is no display, or the window cannot be made.
pub fn run() -> Result<()> {
    let log = tracing_subscriber::EnvFilter::try_from_env("UNISON_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(log).with_writer(std::io::stderr).init();

    let context = tauri::generate_context!(assets = Screens::default());
    tauri::Builder::default()
        .invoke_handler(tauri::generate_handler![commands::host::host_call])
        .setup(|app| {
            let directory = data_directory(app.handle())?;
            // Its tasks need the runtime that it is started in.
            let host = tauri::async_runtime::block_on(async { ReplicaHost::start(directory) });
            forward(app.handle().clone(), &host);
            app.manage(host);
            Ok(())
        })
        .build(context)
        .context("the window cannot be opened")?
        .run(|app, event| {
            if matches!(event, RunEvent::Exit) {
                tauri::async_runtime::block_on(app.state::<ReplicaHost>().close());
            }
        });
    Ok(())
}

/// `UNISON_DATA`, or where the operating system keeps a user's data.
fn data_directory(app: &AppHandle) -> Result<PathBuf> {
    match std::env::var_os("UNISON_DATA") {
        Some(directory) if !directory.is_empty() => Ok(directory.into()),
        _ => app.path().app_local_data_dir().context("there is no directory for the data of this user"),
    }
}

/// Sends the replica's events to the screens.
fn forward(app: AppHandle, host: &ReplicaHost) {
    use tokio::sync::broadcast::error::RecvError;

    let Some(mut events) = host.events() else { return };
    tauri::async_runtime::spawn(async move {
        loop {
            let event = match events.recv().await {
                Ok(event) => event,
                // Whatever was missed, asking again catches up.
                Err(RecvError::Lagged(_)) => Event::Changed { revision: 0 },
                Err(RecvError::Closed) => return,
            };
            let sent = serde_json::to_string(&Message::Event(event))
                .map_err(tauri::Error::from)
                .and_then(|message| app.emit("host-message", message));
            if let Err(error) = sent {
                tracing::warn!(%error, "the screens cannot be told");
            }
        }
    });
}
