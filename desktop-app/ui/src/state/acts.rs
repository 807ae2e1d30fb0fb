//! Doing something: a command goes to the replica, and the person hears what came of it even when
//! the screen that asked is gone by then.

use dioxus::core::{Runtime, current_scope_id};
use dioxus::prelude::*;
use futures_util::FutureExt;
use shared_model::command::Command;
use shared_model::host::{HostError, Request, Saved};
use shared_model::ids::{FactId, WorkOrderId};

use super::Live;
use crate::components::{Toast, ToastTone, Toasts};
use crate::screens::words;
use crate::t;

type Outcome = Result<Saved, HostError>;

#[derive(Clone, Copy, PartialEq)]
pub struct Acts {
    live: Live,
    toasts: Toasts,
    /// Where commands are followed: the root of the page, which never goes away.
    scope: ScopeId,
}

impl Acts {
    /// Sends a command and says "saved here", or why not.
    pub fn send(self, command: Command, done: impl Into<String>) {
        // It is followed to its end by itself.
        drop(self.act(command, done));
    }

    /// As [`Acts::send`], for those who wait for the outcome.
    pub fn act(self, command: Command, done: impl Into<String>) -> impl Future<Output = Outcome> {
        let done = done.into();
        self.follow(command, true, move |_| {
            Some(Toast::new(ToastTone::Done, t!("saved-here")).with_detail(done))
        })
    }

    /// As [`Acts::act`], but leaves it to the form that asked to show why not: it keeps what was typed.
    pub fn submit(self, command: Command, done: impl Into<String>) -> impl Future<Output = Outcome> {
        let done = done.into();
        self.follow(command, false, move |_| {
            Some(Toast::new(ToastTone::Done, t!("saved-here")).with_detail(done))
        })
    }

    /// Sends a report; for ten seconds the way back is offered.
    pub fn report(
        self,
        order: WorkOrderId,
        command: Command,
        done: impl Into<String>,
    ) -> impl Future<Output = Outcome> {
        let done = done.into();
        self.follow(command, false, move |saved| {
            let toast = Toast::new(ToastTone::Done, t!("saved-here")).with_detail(done);
            Some(match saved.report {
                Some(report) => {
                    toast.with_action(t!("action-undo"), Callback::new(move |()| self.undo(order, report)))
                }
                None => toast,
            })
        })
    }

    /// Takes a report back at once, without asking why.
    pub fn undo(self, order: WorkOrderId, report: FactId) {
        self.send(Command::VoidReport { order, report, reason: t!("undo-reason") }, t!("undo-done"));
    }

    /// Asks for something else than a command, and says what came of it.
    pub fn ask(self, request: Request, done: impl Into<String>) {
        let (host, done) = (self.live.host(), done.into());
        self.go_on(async move {
            match host.call(request).await {
                Ok(_) => self.toast(Toast::new(ToastTone::Done, t!("saved-here")).with_detail(done)),
                Err(error) => self.refused(&error),
            }
        });
    }

    /// Does it to its end, even when the screen that began it is gone by then: a dialog that closes
    /// takes what it spawned with it.
    pub fn go_on(self, work: impl Future<Output = ()> + 'static) {
        Runtime::current().spawn(self.scope, work);
    }

    pub fn toast(mut self, toast: Toast) {
        self.toasts.show(toast);
    }

    pub fn refused(self, error: &HostError) {
        self.toast(Toast::new(ToastTone::Refused, t!("not-saved")).with_detail(words::host_error(error)));
    }

    fn follow(
        self,
        command: Command,
        tells_refusal: bool,
        toast: impl FnOnce(&Saved) -> Option<Toast> + 'static,
    ) -> impl Future<Output = Outcome> {
        let host = self.live.host();
        let outcome = async move {
            let outcome = host.command(command).await;
            match &outcome {
                Ok(saved) => {
                    if let Some(toast) = toast(saved) {
                        self.toast(toast);
                    }
                    for exception in &saved.exceptions {
                        self.toast(Toast::new(ToastTone::Neutral, words::warning(exception)));
                    }
                }
                Err(error) if tells_refusal => self.refused(error),
                Err(_) => {}
            }
            outcome
        };
        let outcome = outcome.boxed_local().shared();
        let followed = outcome.clone();
        self.go_on(async move { drop(followed.await) });
        outcome
    }
}

pub fn use_acts_provider(live: Live, toasts: Toasts) -> Acts {
    use_context_provider(|| Acts { live, toasts, scope: current_scope_id() })
}

pub fn use_acts() -> Acts {
    use_context()
}
