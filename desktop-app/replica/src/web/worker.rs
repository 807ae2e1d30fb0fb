//! The worker: hears the page and the other tabs, feeds the driver, carries out what it asks for. Who
//! answers whom is decided in [`crate::tabs`].

use std::cell::RefCell;

use shared_model::host::{Answer, Call, Event, Message, Request, SyncStatus};
use shared_model::time::Timestamp;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::MessageEvent;

use super::channels::Channels;
use super::socket::Socket;
use super::storage::{self, Opfs};
use super::{edge, js, lock, post};
use crate::driver::{Closed, Driver, Effect, Input, Pace, Setup};
use crate::tabs::{Asker, Follower, Heard, Leader, Reign, Said, TabId, To, Word};
use crate::tabs::{Effect as TabEffect, Input as TabInput};

/// Files that could not be opened are not tried again sooner.
const REOPEN_MILLIS: i64 = 2_000;

thread_local! {
    static WORKER: RefCell<Worker> = RefCell::default();
}

#[derive(Default)]
struct Worker {
    tab: Option<TabId>,
    role: Role,
    channels: Option<Channels>,
    socket: Option<Socket>,
    timer: Option<i32>,
    on_time: Option<Closure<dyn FnMut()>>,
}

/// What this tab is to the others.
enum Role {
    Follower(Follower),
    /// It holds the lock.
    Leader(Leader, Replica),
}

impl Default for Role {
    fn default() -> Self {
        Self::Follower(Follower::default())
    }
}

enum Replica {
    /// Not known yet; these wait.
    Opening(Vec<Call>),
    /// Since a time, for a reason.
    Closed(Timestamp, Closed),
    Open(Box<Driver>),
}

/// Starts the worker. Never twice in one.
pub fn start() {
    std::panic::set_hook(Box::new(|panic| js::report(&panic.to_string())));
    let heard = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| hear(&event));
    js::scope().set_onmessage(Some(heard.as_ref().unchecked_ref()));
    // Lives as long as the worker.
    heard.forget();
    WORKER.with_borrow_mut(|worker| {
        let tab = TabId(random());
        worker.tab = Some(tab);
        worker.channels = channels(Channels::of_follower(tab, |word: Word| follow(TabInput::Word(word))));
    });
    follow(TabInput::Start);
    spawn_local(lead());
}

fn random() -> u64 {
    let mut bytes = [0; 8];
    edge::random(&mut bytes);
    u64::from_le_bytes(bytes)
}

/// Without channels there is one tab, which is not the end of it.
fn channels(opened: Result<Channels, JsValue>) -> Option<Channels> {
    opened.map_err(|error| web_sys::console::warn_1(&js::text_of(&error).into())).ok()
}

/// Follows until the lock is here, and leads from then on.
async fn lead() {
    let taken = lock::take().await;
    WORKER.with_borrow_mut(|worker| {
        worker.stop_clock();
        worker.channels = channels(Channels::of_leader(|said: Said| answer_tab(said)));
        let Role::Follower(follower) = std::mem::take(&mut worker.role) else { return };
        let (calls, messages) = follower.lead(edge::now());
        messages.iter().for_each(tell_page);
        let mut leader = Leader::new(Reign(random()));
        let calls = calls.into_iter().map(|call| leader.numbered(Asker::Page, call)).collect();
        worker.role = Role::Leader(leader, Replica::Opening(calls));
    });
    open(taken.err()).await;
}

/// Opens the files, which takes the lock: why it was not given is the reason if nothing else is.
async fn open(no_lock: Option<JsValue>) {
    // A browser without locks on this page has no private files here either, and that is the
    // sentence to show.
    let opened = Opfs::open().await;
    match (no_lock, opened) {
        (None, Ok(files)) => begin(driver(files).await),
        (_, Err(problem)) => begin(Replica::Closed(edge::now(), Closed::storage(&problem))),
        (Some(error), Ok(_)) => {
            begin(Replica::Closed(edge::now(), Closed::storage(&js::text_of(&error))));
        }
    }
}

async fn driver(files: Opfs) -> Replica {
    let setup = Setup {
        random: Box::new(edge::random),
        home: Some(js::scope().location().origin()),
        is_networked: true,
        storage: storage::durability().await,
        pace: Pace::default(),
    };
    Replica::Open(Box::new(Driver::open(Box::new(files), setup)))
}

/// An administrator had this device emptied: it begins as a new one. All tabs hear of it.
pub async fn emptied(files: Result<Opfs, String>) {
    match files {
        Ok(files) => begin(driver(files).await),
        Err(problem) => begin(Replica::Closed(edge::now(), Closed::storage(&problem))),
    }
    WORKER.with_borrow_mut(|worker| worker.tell(Message::Event(Event::Changed { revision: 0 })));
}

/// The files are open, or it is known why not.
fn begin(found: Replica) {
    let waiting = WORKER.with_borrow_mut(|worker| {
        let Role::Leader(leader, replica) = &mut worker.role else { return Vec::new() };
        let status = match &found {
            Replica::Closed(_, closed) => {
                Some(SyncStatus { storage: closed.storage, ..SyncStatus::default() })
            }
            Replica::Opening(_) | Replica::Open(_) => None,
        };
        let before = std::mem::replace(replica, found);
        let greeting = leader.ready();
        worker.say(greeting);
        if let Some(status) = status {
            worker.tell(Message::Event(Event::Status(status)));
        }
        match before {
            Replica::Opening(calls) => calls,
            Replica::Closed(..) | Replica::Open(_) => Vec::new(),
        }
    });
    feed(Input::Wake);
    waiting.into_iter().for_each(ask);
}

/// The page says something.
fn hear(event: &MessageEvent) {
    let Some(text) = event.data().as_string() else { return };
    let call = match serde_json::from_str::<Call>(&text) {
        Ok(call) => call,
        // Without the text: it may hold a password.
        Err(error) => return web_sys::console::error_1(&format!("a call is not understood: {error}").into()),
    };
    match is_leader() {
        true => ask_for(Asker::Page, call),
        false => follow(TabInput::Call(call, text)),
    }
}

fn is_leader() -> bool {
    WORKER.with_borrow(|worker| matches!(worker.role, Role::Leader(..)))
}

/// Answers somebody's call.
fn ask_for(asker: Asker, call: Call) {
    let numbered = WORKER.with_borrow_mut(|worker| match &mut worker.role {
        Role::Leader(leader, _) => Some(leader.numbered(asker, call)),
        Role::Follower(_) => None,
    });
    numbered.into_iter().for_each(ask);
}

/// Another tab says something to this one, which leads.
fn answer_tab(said: Said) {
    let call = WORKER.with_borrow_mut(|worker| {
        let Role::Leader(leader, _) = &mut worker.role else { return None };
        match leader.hear(said) {
            Heard::Call(asker, text) => Some((asker, text)),
            Heard::Reply(to) => {
                worker.say(to);
                None
            }
        }
    });
    // What is not understood is of a tab with another version, which is about to end.
    if let Some((asker, text)) = call
        && let Ok(call) = serde_json::from_str(&text)
    {
        ask_for(asker, call);
    }
}

/// This tab follows, and something happened.
fn follow(input: TabInput) {
    WORKER.with_borrow_mut(|worker| {
        let Role::Follower(follower) = &mut worker.role else { return };
        for effect in follower.handle(edge::now(), input) {
            match effect {
                TabEffect::ToLeader(what) => {
                    if let (Some(channels), Some(by)) = (&worker.channels, worker.tab) {
                        channels.say(&Said { by, what });
                    }
                }
                TabEffect::ToPage(message) => tell_page(&message),
                TabEffect::TextToPage(text) => post_to_page(&text),
                TabEffect::WakeAt(at) => worker.wake_at(at),
            }
        }
    });
}

/// Answers a call by the leader's own number.
fn ask(call: Call) {
    // The page sends it, too, when it has asked the browser to keep the data.
    let is_look_again = call.request == Request::SyncNow;
    let next = WORKER.with_borrow_mut(|worker| {
        let Role::Leader(_, replica) = &mut worker.role else { return Next::Nothing };
        match replica {
            Replica::Opening(calls) => {
                calls.push(call);
                Next::Nothing
            }
            Replica::Closed(since, _)
                if call.request == Request::Session && edge::now().millis_since(*since) >= REOPEN_MILLIS =>
            {
                *replica = Replica::Opening(vec![call]);
                Next::Open
            }
            Replica::Closed(_, closed) => {
                let reply = closed.answer(&call.request);
                worker.tell(Message::Answer(Answer { id: call.id, reply }));
                Next::Nothing
            }
            Replica::Open(_) => Next::Feed(call),
        }
    });
    match next {
        Next::Nothing => {}
        Next::Open => spawn_local(open(None)),
        Next::Feed(call) => {
            feed(Input::Call(call));
            if is_look_again {
                spawn_local(async { feed(Input::Storage(storage::durability().await)) });
            }
        }
    }
}

enum Next {
    Nothing,
    /// Somebody asks again how it stands: the files are tried again.
    Open,
    Feed(Call),
}

/// Hands something to the driver and carries out what it asks for.
pub fn feed(input: Input) {
    WORKER.with_borrow_mut(|worker| {
        let Role::Leader(_, Replica::Open(driver)) = &mut worker.role else { return };
        for effect in driver.handle(edge::now(), input) {
            worker.carry_out(effect);
        }
    });
}

/// The time has come that was asked for.
fn time() {
    if is_leader() { feed(Input::Time) } else { follow(TabInput::Time) }
}

impl Worker {
    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Tell(message) => self.tell(message),
            Effect::Open { connection, url } => match Socket::open(connection, &url) {
                Ok(socket) => self.socket = Some(socket),
                Err(error) => {
                    web_sys::console::warn_1(&js::text_of(&error).into());
                    self.socket = None;
                    spawn_local(async move { feed(Input::Closed(connection)) });
                }
            },
            Effect::Send { connection, frame } => {
                if let Some(socket) = self.socket.as_ref().filter(|it| it.id == connection) {
                    socket.send(&frame);
                }
            }
            Effect::Close(connection) => {
                self.socket.take_if(|socket| socket.id == connection);
            }
            Effect::Post { id, post } => post::send(id, post),
            Effect::Get { id, url, bearer } => post::get(id, url, bearer),
            Effect::WakeAt(at) => self.wake_at(at),
        }
    }

    fn wake_at(&mut self, at: Timestamp) {
        self.stop_clock();
        let on_time = self.on_time.get_or_insert_with(|| Closure::new(time));
        let delay = at.millis_since(edge::now()).clamp(0, i32::MAX.into());
        let delay = i32::try_from(delay).unwrap_or(i32::MAX);
        self.timer = Some(edge::after(delay, on_time.as_ref().unchecked_ref()));
    }

    fn stop_clock(&mut self) {
        if let Some(timer) = self.timer.take() {
            edge::cancel(timer);
        }
    }

    /// What the driver says goes to whom it concerns.
    fn tell(&mut self, message: Message) {
        let Role::Leader(leader, _) = &mut self.role else { return };
        for to in leader.tell(message) {
            self.say(to);
        }
    }

    fn say(&mut self, to: To) {
        match (to, &mut self.channels) {
            (To::Page(message), _) => tell_page(&message),
            (To::Tab(tab, word), Some(channels)) => channels.say_to(tab, &word),
            (To::Tabs(word), Some(channels)) => channels.say(&word),
            (To::Tab(..) | To::Tabs(_), None) => {}
        }
    }
}

fn tell_page(message: &Message) {
    match serde_json::to_string(message) {
        Ok(text) => post_to_page(&text),
        Err(error) => js::report(&error.to_string()),
    }
}

fn post_to_page(text: &str) {
    if let Err(error) = js::scope().post_message(&text.into()) {
        js::report(&js::text_of(&error));
    }
}
