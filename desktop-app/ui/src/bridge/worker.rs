//! The replica in a dedicated worker: calls and messages cross as JSON text.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use shared_model::host::{Answer, Call, Event, HostError, Message};
use shared_model::ids::IdSource;
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};

use super::waiting::Waiting;
use super::{Host, internal, page};
use crate::dom;

/// The worker of the page, and the calls that wait for it.
#[derive(Default)]
struct Line {
    worker: RefCell<Option<Worker>>,
    waiting: Waiting,
    is_frozen: Cell<bool>,
}

impl Line {
    fn send(&self, call: &Call) {
        if let Some(worker) = &*self.worker.borrow()
            && let Err(error) = post(worker, call)
        {
            self.waiting.answer(Answer { id: call.id, reply: Err(error) });
        }
    }

    /// Ends the worker, which gives back the lock and the files, if it had them, to another tab.
    fn end(&self) {
        if let Some(old) = self.worker.take() {
            old.set_onmessage(None);
            old.set_onerror(None);
            old.terminate();
        }
    }
}

/// Starts the worker that the page names in `<meta name="unison-worker">`.
pub fn host() -> Host {
    let line = Rc::new(Line::default());
    let host = Host::new({
        let line = line.clone();
        move |request| {
            let press = IdSource::new(dom::now(), dom::seed()).draw();
            let (call, outcome) = line.waiting.open(request, press);
            line.send(&call);
            outcome
        }
    });
    begin(&host, &line);
    rest_while_frozen(&host, &line);
    let told = host.clone();
    host.restartable(move || begin_again(&told, &line))
}

fn begin_again(host: &Host, line: &Rc<Line>) {
    line.end();
    let calls = line.waiting.revive(&unknown("it was started anew"));
    begin(host, line);
    calls.iter().for_each(|call| line.send(call));
}

/// A page that the browser freezes would keep the files from all other tabs and answer none of them.
fn rest_while_frozen(host: &Host, line: &Rc<Line>) {
    let frozen = line.clone();
    let (host, line) = (host.clone(), line.clone());
    page::on_freeze(
        move || {
            // One that stopped waits for the person instead.
            frozen.is_frozen.set(frozen.worker.borrow().is_some());
            frozen.end();
        },
        move || {
            if line.is_frozen.take() {
                begin_again(&host, &line);
                // What happened meanwhile was told to nobody here.
                host.tell(&Event::Changed { revision: 0 });
            }
        },
    );
}

fn begin(host: &Host, line: &Rc<Line>) {
    match start(host, line) {
        Ok(started) => *line.worker.borrow_mut() = Some(started),
        Err(problem) => stopped(host, line, problem),
    }
}

/// Nothing is answered any more, and the page says so. Another tab may take over.
fn stopped(host: &Host, line: &Line, problem: String) {
    line.end();
    line.waiting.fail(&unknown(&problem));
    host.tell(&Event::Stopped { problem });
}

fn unknown(problem: &str) -> HostError {
    internal(&format!(
        "the part of Unison that keeps your data stopped ({problem}); look whether your last entry is there \
         before you enter it again"
    ))
}

fn post(worker: &Worker, call: &Call) -> Result<(), HostError> {
    let call = serde_json::to_string(call).map_err(|error| internal(&error.to_string()))?;
    worker.post_message(&call.into()).map_err(|error| internal(&format!("{error:?}")))
}

fn start(host: &Host, line: &Rc<Line>) -> Result<Worker, String> {
    let script = script().ok_or("the page does not name its worker")?;
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    options.set_name("unison-replica");
    let worker = Worker::new_with_options(&script, &options).map_err(|error| format!("{error:?}"))?;

    let (to, told) = (line.clone(), host.clone());
    let heard = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let Some(text) = event.data().as_string() else { return };
        match serde_json::from_str(&text) {
            Ok(Message::Answer(answer)) => to.waiting.answer(answer),
            Ok(Message::Event(event)) => told.tell(&event),
            Err(error) => web_sys::console::error_1(&format!("{error} in {text}").into()),
        }
    });
    worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));
    heard.forget();

    let (to, told) = (line.clone(), host.clone());
    let failed = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
        let message = js_sys::Reflect::get(&event, &"message".into()).ok().and_then(|it| it.as_string());
        stopped(&told, &to, message.unwrap_or_else(|| "its script could not be loaded".to_owned()));
    });
    worker.set_onerror(Some(failed.as_ref().unchecked_ref()));
    // Both live as long as the page: a worker seldom stops.
    failed.forget();
    Ok(worker)
}

fn script() -> Option<String> {
    let document = web_sys::window()?.document()?;
    document.query_selector("meta[name=unison-worker]").ok()??.get_attribute("content")
}
