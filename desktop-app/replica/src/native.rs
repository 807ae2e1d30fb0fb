//! The replica on a machine of its own: files in a directory, a thread that owns them, and the
//! network by tokio. The desktop shell and `unison-device` hold a [`Host`].

use std::path::PathBuf;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;

use shared_model::host::{Event, HostError, Reply, Request};
use tokio::sync::{broadcast, oneshot};

mod directory;
mod edge;
mod key;
mod network;
mod socket;
#[cfg(test)]
mod tests;
mod thread;
mod wipe;

pub use directory::{Directory, DirectoryError};
pub use edge::{now, random};
pub use key::{KeyPlace, is_keychain_wanted, key_place};
use thread::Word;

/// Events that one who listens may be behind before it misses some. Each says "ask again".
const EVENTS: usize = 64;

pub struct Options {
    /// Holds the files of one device; made when it is not there.
    pub directory: PathBuf,
    /// Whether to use the network at all.
    pub is_networked: bool,
    /// Whether a new key may go to the operating system's keychain, see [`is_keychain_wanted`].
    pub is_keychain_wanted: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error("no thread can be started")]
    Thread(#[source] std::io::Error),
    #[error("no TLS can be set up")]
    Tls(#[source] reqwest::Error),
}

/// A handle on the replica. Cheap to clone; when the last one is gone, the files are closed.
#[derive(Clone)]
pub struct Host {
    shared: Arc<Shared>,
}

struct Shared {
    words: mpsc::Sender<Word>,
    events: broadcast::Sender<Event>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Host {
    /// Opens the files and, if wanted, connects. Runs in a tokio runtime.
    ///
    /// # Errors
    /// When the directory is in use or cannot be written. Files that cannot be read are no error
    /// here: every request is then answered with the reason.
    pub fn start(
        Options { directory, is_networked, is_keychain_wanted }: Options,
    ) -> Result<Self, StartError> {
        let directory = Directory::open(&directory, is_keychain_wanted)?;
        let (words, heard) = mpsc::channel();
        let (events, _) = broadcast::channel(EVENTS);
        let network = network::Network::new(words.clone()).map_err(StartError::Tls)?;
        let told = events.clone();
        let thread = std::thread::Builder::new()
            .name("replica".to_owned())
            .spawn(move || thread::run(directory, is_networked, &heard, network, &told))
            .map_err(StartError::Thread)?;
        let shared = Shared { words, events, thread: Mutex::new(Some(thread)) };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// # Errors
    /// In words to show: what the replica or the server says, or that neither can be reached.
    pub async fn call(&self, request: Request) -> Result<Reply, HostError> {
        let (reply, heard) = oneshot::channel();
        let gone = || HostError::Internal { message: "the replica was closed".to_owned() };
        self.shared.words.send(Word::Ask { request, reply }).map_err(|_| gone())?;
        heard.await.map_err(|_| gone())?
    }

    /// Whether the server has everything of this device, and this device everything of the server's.
    pub async fn is_settled(&self) -> bool {
        let (reply, heard) = oneshot::channel();
        self.shared.words.send(Word::IsSettled(reply)).is_ok() && heard.await.unwrap_or(false)
    }

    /// What happens from now on. One who lags behind misses events and should ask again.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.shared.events.subscribe()
    }

    /// Closes the files and waits until they are closed. Other handles get errors from then on.
    pub async fn close(&self) {
        let shared = self.shared.clone();
        // Waiting for a thread blocks. It cannot fail: the task does nothing that panics.
        let _ = tokio::task::spawn_blocking(move || shared.stop()).await;
    }
}

impl Shared {
    fn stop(&self) {
        // A thread that is gone already needs no telling.
        let _ = self.words.send(Word::Stop);
        let thread = self.thread.lock().ok().and_then(|mut thread| thread.take());
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the replica's thread panicked");
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.stop();
    }
}
