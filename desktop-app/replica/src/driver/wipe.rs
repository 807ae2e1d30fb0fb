//! An administrator has this device emptied. It hands in its work first ([`super::unsent`]), says its last
//! word, which only its key can sign, and removes everything.
//!
//! A crash before the files know of it costs nothing: the server says it again. A crash after that is the
//! files' to heal ([`super::Files::wipe`]).

use shared_model::host::{Event, Message, SyncStatus, Wiped};
use shared_model::sync::client::Engine;
use shared_model::sync::unsent::wiped_text;
use shared_model::time::Timestamp;

use super::errand::{Errand, Errands};
use super::files::{self, Gone};
use super::link::Line;
use super::protocol::{self, WipedRequest};
use super::token::{Tokens, signed};
use super::unsent::HandIn;
use super::{Closed, Driver, Effect};

impl Driver {
    /// Tells the server that everything is removed now. Whether it hears so or not, that is done next.
    pub(super) fn say_last_word(&mut self, now: Timestamp) {
        let Some(credentials) = self.replica().and_then(crate::Replica::credentials) else { return };
        let at = now.plus_millis(self.clock_offset_millis());
        let request = WipedRequest {
            device_id: credentials.device,
            at,
            signature: signed(&credentials, &wiped_text(credentials.device, at)),
        };
        self.post(&credentials.server_url, protocol::WIPED, None, &request, Errand::LastWord);
    }

    pub(super) fn wipe(&mut self, now: Timestamp) {
        let Some(plant) = self.replica().and_then(|replica| replica.session().plant) else { return };
        let note = Wiped { plant: plant.name, at: now };
        tracing::warn!(plant = note.plant, "an administrator has this device emptied");
        // Nothing that was begun with the old files goes on.
        self.engine = Engine::new(u64::from_le_bytes(self.random()));
        self.line = Line::default();
        self.tokens = Tokens::default();
        self.errands = Errands::after(&self.errands);
        self.hand_in = HandIn::default();
        self.engine_wakes_at = None;
        drop(std::mem::replace(&mut self.replica, Err(Closed::storage("this device is being emptied"))));
        match self.files.wipe(&note) {
            Ok(Gone::Now) => self.replica = files::open(&mut *self.files, self.setup.storage),
            // The next driver tells what there is.
            Ok(Gone::Later) => return,
            Err(error) => {
                tracing::error!(%error, "not everything could be removed");
                self.replica = Err(Closed::storage(&format!(
                    "an administrator has this device emptied, and not everything could be removed ({error}); start Unison \
                     again to go on with it"
                )));
            }
        }
        self.tell_that_all_changed();
        if let Err(closed) = &self.replica {
            let status = SyncStatus { storage: closed.storage, ..SyncStatus::default() };
            self.effects.push(Effect::Tell(Message::Event(Event::Status(status))));
        }
    }
}
