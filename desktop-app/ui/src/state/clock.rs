//! What time it is, by the server's clock as far as this device knows it, in the plant's zone.

use dioxus::prelude::*;
use shared_model::time::Timestamp;

use super::Live;
use crate::dom;

const TICK_MS: u32 = 1000;

#[derive(Clone, Copy, PartialEq)]
pub struct Clock {
    now: Signal<Timestamp>,
    live: Live,
}

impl Clock {
    /// Renders the caller again every second; read it in a small component or a memo.
    pub fn now(&self) -> Timestamp {
        (self.now)().plus_millis(self.live.status().clock_offset_millis)
    }

    /// Without following it.
    pub fn peek(&self) -> Timestamp {
        dom::now().plus_millis(self.live.status().clock_offset_millis)
    }
}

pub fn use_clock_provider(live: Live) -> Clock {
    let mut now = use_signal(dom::now);
    use_future(move || async move {
        loop {
            dom::sleep(TICK_MS).await;
            now.set(dom::now());
        }
    });
    use_context_provider(|| Clock { now, live })
}

pub fn use_clock() -> Clock {
    use_context()
}
