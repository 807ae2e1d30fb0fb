//! The toasts of the page, as a context: any screen adds, the host shows.

use dioxus::prelude::*;

/// As long as an undo is offered without asking anyone.
const SECS_WITH_ACTION: u32 = 10;
const SECS_PLAIN: u32 = 5;
/// More would cover the work.
const AT_ONCE: usize = 3;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ToastTone {
    #[default]
    Neutral,
    /// It is durable on this device.
    Done,
    /// It did not happen; stays until closed.
    Refused,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    pub tone: ToastTone,
    pub text: String,
    /// A second, quieter line: where it is now, or why not.
    pub detail: Option<String>,
    /// A word and what it does.
    pub action: Option<(String, Callback<()>)>,
}

impl Toast {
    pub fn new(tone: ToastTone, text: impl Into<String>) -> Self {
        Toast { tone, text: text.into(), detail: None, action: None }
    }

    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    #[must_use]
    pub fn with_action(mut self, word: impl Into<String>, then: Callback<()>) -> Self {
        self.action = Some((word.into(), then));
        self
    }

    /// None: it stays until someone closes it.
    pub(super) fn secs(&self) -> Option<u32> {
        match (self.tone, &self.action) {
            (ToastTone::Refused, _) => None,
            (_, Some(_)) => Some(SECS_WITH_ACTION),
            (_, None) => Some(SECS_PLAIN),
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
pub struct Toasts {
    shown: Signal<Vec<(u64, Toast)>>,
    next_id: Signal<u64>,
}

impl Toasts {
    pub fn show(&mut self, toast: Toast) {
        let id = *self.next_id.peek();
        self.next_id.set(id + 1);
        let mut shown = self.shown.write();
        // The oldest that would leave by itself makes room; a refusal waits for its reader.
        if shown.len() >= AT_ONCE
            && let Some(oldest) = shown.iter().position(|(_, toast)| toast.secs().is_some())
        {
            shown.remove(oldest);
        }
        shown.push((id, toast));
    }

    pub(super) fn dismiss(&mut self, id: u64) {
        self.shown.write().retain(|(shown, _)| *shown != id);
    }

    pub(super) fn list(&self) -> Vec<(u64, Toast)> {
        (self.shown)()
    }
}

pub fn use_toasts_provider() -> Toasts {
    let shown = use_signal(Vec::new);
    let next_id = use_signal(|| 0);
    use_context_provider(|| Toasts { shown, next_id })
}

pub fn use_toasts() -> Toasts {
    use_context()
}
