//! The worker: hears the page, feeds the driver, carries out what it asks for.

use std::cell::RefCell;

use futures_util::FutureExt;
use futures_util::future::{Either, select};
use shared_model::host::{Answer, Call, Event, Message, Request, SyncStatus};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::MessageEvent;

use super::socket::Socket;
use super::storage::{self, Opfs};
use super::{edge, js, lock, post};
use crate::driver::{Closed, Driver, Effect, Input, Setup};

/// A page that is loaded again meets its own last worker, which is gone in a moment. Another tab
/// stays longer.
const OTHER_TAB_MILLIS: i32 = 1_000;

thread_local! {
    static WORKER: RefCell<Worker> = RefCell::default();
}

#[derive(Default)]
struct Worker {
    replica: Replica,
    socket: Option<Socket>,
    timer: Option<i32>,
    on_time: Option<Closure<dyn FnMut()>>,
}

enum Replica {
    /// Not known yet; these wait.
    Opening(Vec<Call>),
    Closed(Closed),
    Open(Box<Driver>),
}

impl Default for Replica {
    fn default() -> Self {
        Self::Opening(Vec::new())
    }
}

/// Starts the worker. Never twice in one.
pub fn start() {
    std::panic::set_hook(Box::new(|panic| js::report(&panic.to_string())));
    let heard = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| hear(&event));
    js::scope().set_onmessage(Some(heard.as_ref().unchecked_ref()));
    // Lives as long as the worker.
    heard.forget();
    spawn_local(open());
}

async fn open() {
    let taken = Box::pin(lock::take());
    let taken = match select(taken, edge::sleep(OTHER_TAB_MILLIS).boxed_local()).await {
        Either::Left((taken, _)) => taken,
        Either::Right(((), taken)) => {
            close(&Closed::owned_by_other_tab());
            taken.await
        }
    };
    // A browser without locks on this page has no private files here either, and that is the
    // sentence to show.
    let opened = Opfs::open().await;
    match (taken, opened) {
        (Ok(()), Ok(files)) => {
            let setup = Setup {
                random: Box::new(edge::random),
                home: Some(js::scope().location().origin()),
                is_networked: true,
                storage: storage::durability().await,
            };
            begin(Driver::open(Box::new(files), setup));
        }
        (_, Err(problem)) => close(&Closed::storage(&problem)),
        (Err(error), Ok(_)) => close(&Closed::storage(&js::text_of(&error))),
    }
}

fn begin(driver: Driver) {
    let before = replace(Replica::Open(Box::new(driver)));
    feed(Input::Wake);
    if let Replica::Opening(calls) = before {
        for call in calls {
            feed(Input::Call(call));
        }
    }
}

fn close(closed: &Closed) {
    let storage = closed.storage;
    let before = replace(Replica::Closed(closed.clone()));
    tell(&Message::Event(Event::Status(SyncStatus { storage, ..SyncStatus::default() })));
    if let Replica::Opening(calls) = before {
        for call in calls {
            tell(&Message::Answer(Answer { id: call.id, reply: closed.answer(&call.request) }));
        }
    }
}

fn replace(replica: Replica) -> Replica {
    WORKER.with_borrow_mut(|worker| std::mem::replace(&mut worker.replica, replica))
}

fn hear(event: &MessageEvent) {
    let Some(text) = event.data().as_string() else { return };
    let call = match serde_json::from_str::<Call>(&text) {
        Ok(call) => call,
        // Without the text: it may hold a password.
        Err(error) => return web_sys::console::error_1(&format!("a call is not understood: {error}").into()),
    };
    // The page sends it, too, when it has asked the browser to keep the data.
    let is_look_again = call.request == Request::SyncNow;
    let reply = WORKER.with_borrow_mut(|worker| match &mut worker.replica {
        Replica::Opening(calls) => {
            calls.push(call);
            None
        }
        Replica::Closed(closed) => {
            let reply = closed.answer(&call.request);
            Some(Heard::Answer(Answer { id: call.id, reply }))
        }
        Replica::Open(_) => Some(Heard::Feed(call)),
    });
    match reply {
        None => {}
        Some(Heard::Answer(answer)) => tell(&Message::Answer(answer)),
        Some(Heard::Feed(call)) => {
            feed(Input::Call(call));
            if is_look_again {
                spawn_local(async { feed(Input::Storage(storage::durability().await)) });
            }
        }
    }
}

enum Heard {
    Answer(Answer),
    Feed(Call),
}

/// Hands something to the driver and carries out what it asks for.
pub fn feed(input: Input) {
    WORKER.with_borrow_mut(|worker| {
        let Replica::Open(driver) = &mut worker.replica else { return };
        for effect in driver.handle(edge::now(), input) {
            worker.carry_out(effect);
        }
    });
}

impl Worker {
    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Tell(message) => tell(&message),
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
            Effect::WakeAt(at) => {
                if let Some(timer) = self.timer.take() {
                    edge::cancel(timer);
                }
                let on_time = self.on_time.get_or_insert_with(|| Closure::new(|| feed(Input::Time)));
                let delay = at.millis_since(edge::now()).clamp(0, i32::MAX.into());
                let delay = i32::try_from(delay).unwrap_or(i32::MAX);
                self.timer = Some(edge::after(delay, on_time.as_ref().unchecked_ref()));
            }
        }
    }
}

fn tell(message: &Message) {
    match serde_json::to_string(message) {
        Ok(text) => {
            if let Err(error) = js::scope().post_message(&text.into()) {
                js::report(&js::text_of(&error));
            }
        }
        Err(error) => js::report(&error.to_string()),
    }
}
