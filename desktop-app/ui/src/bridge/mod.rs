//! The way from the screens to the replica: in the browser a worker, in the desktop window the
//! shell. The screens see one [`Host`] and never learn which it is.

use std::future::Future;
use std::rc::Rc;

use futures_util::future::LocalBoxFuture;
use shared_model::command::Command;
use shared_model::host::{Event, HostError, Query, ReadModel, Reply, Request, Saved, Session};

mod listeners;
#[cfg(any(target_arch = "wasm32", test))]
mod waiting;

#[cfg(target_arch = "wasm32")]
mod page;
#[cfg(target_arch = "wasm32")]
mod tauri;
#[cfg(target_arch = "wasm32")]
mod worker;

use listeners::Listeners;
pub use listeners::Listening;

type Ask = dyn Fn(Request) -> LocalBoxFuture<'static, Result<Reply, HostError>>;

/// The replica as the screens know it. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Host {
    ask: Rc<Ask>,
    restart: Option<Rc<dyn Fn()>>,
    listeners: Rc<Listeners>,
}

impl PartialEq for Host {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.listeners, &other.listeners)
    }
}

impl Host {
    /// A host whose requests a closure answers: for tests, and for the ways below.
    pub fn new<F, A>(answer: F) -> Self
    where
        F: Fn(Request) -> A + 'static,
        A: Future<Output = Result<Reply, HostError>> + 'static,
    {
        Self {
            ask: Rc::new(move |request| Box::pin(answer(request))),
            restart: None,
            listeners: Rc::default(),
        }
    }

    /// With a way to start the replica's side again when it stopped.
    #[must_use]
    pub fn restartable(self, restart: impl Fn() + 'static) -> Self {
        Self { restart: Some(Rc::new(restart)), ..self }
    }

    /// Starts the replica's side again. What was saved is there; what was under way when it stopped
    /// was answered with an error.
    pub fn restart(&self) {
        self.listeners.forget_stop();
        if let Some(restart) = &self.restart {
            restart();
        }
    }

    /// The host of this page: the shell's when the page is in its window, else a worker.
    #[cfg(target_arch = "wasm32")]
    #[must_use]
    pub fn of_page() -> Self {
        let host = tauri::host().unwrap_or_else(|| {
            let host = worker::host();
            page::ask_to_keep_the_data(&host);
            host
        });
        page::wake_when_it_may_work_again(&host);
        host
    }

    /// Outside a browser there is none, and every request says so.
    #[cfg(not(target_arch = "wasm32"))]
    #[must_use]
    pub fn of_page() -> Self {
        Self::new(|_| async { Err(HostError::Internal { message: "there is no page here".to_owned() }) })
    }

    /// # Errors
    /// In words to show: what the replica or the server says, or that neither can be reached.
    pub async fn call(&self, request: Request) -> Result<Reply, HostError> {
        (self.ask)(request).await
    }

    /// # Errors
    /// As [`Host::call`].
    pub async fn query<Q: ReadModel>(&self, query: Q) -> Result<Q::View, HostError> {
        let query: Query = query.into();
        match self.call(Request::Query(query)).await? {
            Reply::View(view) => serde_json::from_value(view).map_err(|error| internal(&error.to_string())),
            other => Err(unexpected(&other)),
        }
    }

    /// Resolves when the command is durable on this device.
    ///
    /// # Errors
    /// As [`Host::call`]; a refusal is [`HostError::Refused`].
    pub async fn command(&self, command: Command) -> Result<Saved, HostError> {
        match self.call(Request::Command(command)).await? {
            Reply::Saved(saved) => Ok(saved),
            other => Err(unexpected(&other)),
        }
    }

    /// # Errors
    /// As [`Host::call`].
    pub async fn session(&self) -> Result<Session, HostError> {
        self.changed_session(Request::Session).await
    }

    /// For the requests after which the session is another: enroll, sign in, sign out, choose a
    /// station. Returns the session as it is then.
    ///
    /// # Errors
    /// As [`Host::call`].
    pub async fn changed_session(&self, request: Request) -> Result<Session, HostError> {
        match self.call(request).await? {
            Reply::Session(session) => Ok(session),
            other => Err(unexpected(&other)),
        }
    }

    /// Calls back at every event, until the returned value is dropped. The last status, and that the
    /// replica's side stopped, are told at once, so that it does not matter who came first.
    pub fn listen(&self, callback: impl Fn(&Event) + 'static) -> Listening {
        self.listeners.add(Rc::new(callback))
    }

    /// Tells an event to all who listen.
    pub fn tell(&self, event: &Event) {
        self.listeners.tell(event);
    }
}

fn internal(message: &str) -> HostError {
    HostError::Internal { message: message.to_owned() }
}

fn unexpected(reply: &Reply) -> HostError {
    let kind = match reply {
        Reply::Done => "done",
        Reply::Session(_) => "a session",
        Reply::Saved(_) => "a saved command",
        Reply::View(_) => "a view",
        Reply::File { .. } => "a file",
        Reply::Imported(_) => "what was taken over",
    };
    internal(&format!("the answer is {kind}, which was not asked for"))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use futures_util::FutureExt;
    use shared_model::host::{Stations, SyncStatus};

    use super::*;

    fn now<T>(future: impl Future<Output = T>) -> T {
        future.now_or_never().expect("the closure answers at once")
    }

    #[test]
    fn a_query_gets_the_view_of_its_own_type() {
        let host = Host::new(|request| async move {
            assert_eq!(request, Request::Query(Query::Stations(Stations {})));
            Ok(Reply::View(serde_json::json!([])))
        });
        assert_eq!(now(host.query(Stations {})), Ok(Vec::new()));
    }

    #[test]
    fn an_answer_to_another_question_is_an_error_and_no_panic() {
        let host = Host::new(|_| async { Ok(Reply::Done) });
        assert!(matches!(now(host.query(Stations {})), Err(HostError::Internal { .. })));
        assert!(matches!(now(host.session()), Err(HostError::Internal { .. })));
    }

    #[test]
    fn who_listens_late_hears_that_the_other_side_stopped_until_it_is_started_again() {
        let restarts = Rc::new(RefCell::new(0));
        let count = restarts.clone();
        let host = Host::new(|_| async { Ok(Reply::Done) }).restartable(move || *count.borrow_mut() += 1);
        let stopped = Event::Stopped { problem: "out of memory".to_owned() };
        host.tell(&stopped);
        let heard_late = |host: &Host| {
            let heard = Rc::new(RefCell::new(Vec::new()));
            let into = heard.clone();
            drop(host.listen(move |event| into.borrow_mut().push(event.clone())));
            heard.take()
        };
        assert_eq!(heard_late(&host), [stopped]);
        host.clone().restart();
        assert_eq!((heard_late(&host), *restarts.borrow()), (Vec::new(), 1));
    }

    #[test]
    fn who_listens_late_still_hears_the_last_status() {
        let host = Host::new(|_| async { Ok(Reply::Done) });
        let status = SyncStatus { unsent_count: 3, ..SyncStatus::default() };
        host.tell(&Event::Status(status.clone()));
        host.tell(&Event::Changed { revision: 1 });
        let heard = Rc::new(RefCell::new(Vec::new()));
        let into = heard.clone();
        let listening = host.listen(move |event| into.borrow_mut().push(event.clone()));
        host.tell(&Event::Changed { revision: 2 });
        drop(listening);
        host.tell(&Event::Changed { revision: 3 });
        assert_eq!(*heard.borrow(), [Event::Status(status), Event::Changed { revision: 2 }]);
    }
}
