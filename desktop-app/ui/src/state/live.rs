//! The one place where the replica's events arrive: a revision that rises when anything may have
//! changed, and the state of sync.

use dioxus::core::{Runtime, current_scope_id};
use dioxus::prelude::*;
use shared_model::host::{Event, SyncStatus};
use shared_model::sync::client::Link;

use crate::bridge::Host;

#[derive(Clone, Copy, PartialEq)]
pub struct Live {
    host: CopyValue<Host>,
    revision: Signal<u64>,
    status: Signal<SyncStatus>,
    stopped: Signal<Option<String>>,
}

impl Live {
    pub fn host(&self) -> Host {
        self.host.read().clone()
    }

    /// Reading it asks again at every change.
    pub fn revision(&self) -> u64 {
        (self.revision)()
    }

    pub fn status(&self) -> SyncStatus {
        (self.status)()
    }

    pub fn is_online(&self) -> bool {
        matches!(self.status.read().link, Link::Online | Link::CatchingUp)
    }

    /// Makes every screen ask again: after what changes everything at once, a sign-in.
    pub fn refresh(&mut self) {
        self.revision += 1;
    }

    /// Why nothing is answered: the replica's side stopped.
    pub fn stopped(&self) -> Option<String> {
        (self.stopped)()
    }

    /// Starts the replica's side again, and makes every screen ask again.
    pub fn start_again(&mut self) {
        self.stopped.set(None);
        self.host().restart();
        self.refresh();
    }

    fn hear(&mut self, event: &Event) {
        match event {
            // Our own count, because the replica's starts again with it.
            Event::Changed { .. } => self.revision += 1,
            Event::Status(status) => {
                if *self.status.peek() != *status {
                    self.status.set(status.clone());
                }
            }
            Event::Stopped { problem } => self.stopped.set(Some(problem.clone())),
        }
    }
}

pub fn use_live_provider(host: Host) -> Live {
    let host = use_hook(|| CopyValue::new(host));
    let revision = use_signal(|| 0);
    let status = use_signal(SyncStatus::default);
    let stopped = use_signal(|| None);
    let live = use_context_provider(|| Live { host, revision, status, stopped });
    use_hook(|| {
        let runtime = Runtime::current();
        let scope = current_scope_id();
        let listening = host.read().listen(move |event| {
            // Messages arrive outside of any component.
            let mut live = live;
            runtime.in_scope(scope, || live.hear(event));
        });
        std::rc::Rc::new(listening)
    });
    live
}

pub fn use_live() -> Live {
    use_context()
}
