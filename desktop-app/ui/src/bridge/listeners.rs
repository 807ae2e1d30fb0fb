//! Who wants to hear of changes.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use shared_model::host::Event;

type Callback = Rc<dyn Fn(&Event)>;

#[derive(Default)]
pub struct Listeners {
    last_id: Cell<u64>,
    callbacks: RefCell<Vec<(u64, Callback)>>,
    status: RefCell<Option<Event>>,
    stopped: RefCell<Option<Event>>,
}

impl Listeners {
    pub fn add(self: &Rc<Self>, callback: Callback) -> Listening {
        let id = self.last_id.get() + 1;
        self.last_id.set(id);
        self.callbacks.borrow_mut().push((id, callback.clone()));
        let known = [self.status.borrow().clone(), self.stopped.borrow().clone()];
        for event in known.iter().flatten() {
            callback(event);
        }
        Listening { id, listeners: Rc::downgrade(self) }
    }

    /// The replica's side is being started again.
    pub fn forget_stop(&self) {
        *self.stopped.borrow_mut() = None;
    }

    pub fn tell(&self, event: &Event) {
        match event {
            Event::Status(_) => *self.status.borrow_mut() = Some(event.clone()),
            Event::Stopped { .. } => *self.stopped.borrow_mut() = Some(event.clone()),
            Event::Changed { .. } => {}
        }
        // A copy, because a callback may add or drop others.
        let callbacks = self.callbacks.borrow().clone();
        for (_, callback) in callbacks {
            callback(event);
        }
    }
}

/// Dropping it ends the calling back.
#[must_use]
pub struct Listening {
    id: u64,
    listeners: Weak<Listeners>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(listeners) = self.listeners.upgrade() {
            listeners.callbacks.borrow_mut().retain(|(id, _)| *id != self.id);
        }
    }
}
