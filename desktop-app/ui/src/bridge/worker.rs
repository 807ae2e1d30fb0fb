//! The replica in a dedicated worker: calls and messages cross as JSON text.

use std::cell::RefCell;
use std::rc::Rc;

use shared_model::host::{Call, HostError, Message};
use wasm_bindgen::prelude::*;
use web_sys::{Event, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::waiting::Waiting;
use super::{Host, internal};

/// Starts the worker that the page names in `<meta name="unison-worker">`.
pub fn host() -> Host {
    let waiting = Rc::new(Waiting::default());
    let worker = Rc::new(RefCell::new(None::<Worker>));
    let host = Host::new({
        let (waiting, worker) = (waiting.clone(), worker.clone());
        move |request| {
            let (id, outcome) = waiting.open();
            if let Some(worker) = &*worker.borrow()
                && let Err(error) = post(worker, &Call { id, request })
            {
                waiting.fail(&error);
            }
            outcome
        }
    });
    match start(&host, &waiting) {
        Ok(started) => *worker.borrow_mut() = Some(started),
        Err(error) => waiting.fail(&did_not_start(&error)),
    }
    host
}

fn post(worker: &Worker, call: &Call) -> Result<(), HostError> {
    let call = serde_json::to_string(call).map_err(|error| internal(&error.to_string()))?;
    worker.post_message(&call.into()).map_err(|error| internal(&format!("{error:?}")))
}

fn start(host: &Host, waiting: &Rc<Waiting>) -> Result<Worker, String> {
    let script = script().ok_or("the page does not name its worker")?;
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    options.set_name("unison-replica");
    let worker = Worker::new_with_options(&script, &options).map_err(|error| format!("{error:?}"))?;

    let (to, told) = (waiting.clone(), host.clone());
    let heard = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let Some(text) = event.data().as_string() else { return };
        match serde_json::from_str(&text) {
            Ok(Message::Answer(answer)) => to.answer(answer),
            Ok(Message::Event(event)) => told.tell(&event),
            Err(error) => web_sys::console::error_1(&format!("{error} in {text}").into()),
        }
    });
    worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));
    heard.forget();

    let to = waiting.clone();
    let failed = Closure::<dyn Fn(Event)>::new(move |event: Event| {
        let message = js_sys::Reflect::get(&event, &"message".into()).ok().and_then(|it| it.as_string());
        to.fail(&did_not_start(&message.unwrap_or_else(|| "its script could not be loaded".to_owned())));
    });
    worker.set_onerror(Some(failed.as_ref().unchecked_ref()));
    // Both live as long as the page.
    failed.forget();
    Ok(worker)
}

fn script() -> Option<String> {
    let document = web_sys::window()?.document()?;
    document.query_selector("meta[name=unison-worker]").ok()??.get_attribute("content")
}

fn did_not_start(problem: &str) -> HostError {
    internal(&format!("the part of Unison that keeps your data stopped ({problem}); reload the page"))
}
