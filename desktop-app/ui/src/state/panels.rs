//! Which panel of the frame is open over the screen.

use dioxus::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    /// What waits to be sent, and what was refused.
    Sync,
    /// The keys of this screen.
    Shortcuts,
}

#[derive(Clone, Copy, PartialEq)]
pub struct Panels {
    open: Signal<Option<Panel>>,
}

impl Panels {
    pub fn is_open(&self, panel: Panel) -> bool {
        (self.open)() == Some(panel)
    }

    pub fn open(&mut self, panel: Panel) {
        self.open.set(Some(panel));
    }

    pub fn close(&mut self) {
        self.open.set(None);
    }
}

pub fn use_panels_provider() -> Panels {
    let open = use_signal(|| None);
    use_context_provider(|| Panels { open })
}

pub fn use_panels() -> Panels {
    use_context()
}
