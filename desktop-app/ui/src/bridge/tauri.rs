//! The replica in the desktop shell, by Tauri's own bridge. Its JavaScript package is not needed:
//! the three functions below are what that package calls.

use std::rc::Rc;

use js_sys::{Function, Object, Promise, Reflect};
use shared_model::host::{Answer, Call, Event, HostError, Message, Reply, Request, SyncState};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::{Host, internal};

/// The host, if this page is in the shell's window.
pub fn host() -> Option<Host> {
    let shell = Rc::new(Shell::of_window()?);
    let host = Host::new({
        let shell = shell.clone();
        move |request| {
            let shell = shell.clone();
            async move { shell.ask(request).await }
        }
    });
    let (told, missed) = (host.clone(), host.clone());
    spawn_local(async move {
        let result = shell.listen("host-message", move |text| match serde_json::from_str(&text) {
            Ok(Message::Event(event)) => told.tell(&event),
            Ok(Message::Answer(_)) => {}
            Err(error) => web_sys::console::error_1(&format!("{error} in {text}").into()),
        });
        if let Err(error) = result.await {
            web_sys::console::error_2(&"the shell's events cannot be heard".into(), &error);
        }
        catch_up(&missed).await;
    });
    Some(host)
}

/// The shell was there before this page, and spoke before it listened.
async fn catch_up(host: &Host) {
    if let Ok(report) = host.query(SyncState {}).await {
        host.tell(&Event::Status(report.status));
    }
    host.tell(&Event::Changed { revision: 0 });
}

struct Shell {
    internals: JsValue,
}

impl Shell {
    fn of_window() -> Option<Self> {
        let window = web_sys::window()?;
        let internals = Reflect::get(&window, &"__TAURI_INTERNALS__".into()).ok()?;
        internals.is_object().then_some(Self { internals })
    }

    async fn ask(&self, request: Request) -> Result<Reply, HostError> {
        // The shell answers each call by itself; the number says nothing here.
        let call =
            serde_json::to_string(&Call { id: 0, request }).map_err(|error| internal(&error.to_string()))?;
        let answer = self.invoke("host_call", &[("call", call.into())]).await;
        let answer = answer.map_err(|error| internal(&text_of(&error)))?;
        let answer: Answer = answer
            .as_string()
            .and_then(|text| serde_json::from_str(&text).ok())
            .ok_or_else(|| internal("the answer is not understood"))?;
        answer.reply
    }

    async fn listen(&self, event: &str, told: impl Fn(String) + 'static) -> Result<(), JsValue> {
        let callback = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
            if let Some(text) = Reflect::get(&event, &"payload".into()).ok().and_then(|it| it.as_string()) {
                told(text);
            }
        });
        let handler = self.function("transformCallback")?.call1(&self.internals, callback.as_ref())?;
        // Lives as long as the page.
        callback.forget();
        let target = Object::new();
        Reflect::set(&target, &"kind".into(), &"Any".into())?;
        let arguments = [("event", event.into()), ("target", target.into()), ("handler", handler)];
        self.invoke("plugin:event|listen", &arguments).await?;
        Ok(())
    }

    async fn invoke(&self, command: &str, arguments: &[(&str, JsValue)]) -> Result<JsValue, JsValue> {
        let all = Object::new();
        for (name, value) in arguments {
            Reflect::set(&all, &(*name).into(), value)?;
        }
        let promise = self.function("invoke")?.call2(&self.internals, &command.into(), &all)?;
        JsFuture::from(promise.unchecked_into::<Promise>()).await
    }

    fn function(&self, name: &str) -> Result<Function, JsValue> {
        Reflect::get(&self.internals, &name.into())?.dyn_into()
    }
}

fn text_of(error: &JsValue) -> String {
    error.as_string().unwrap_or_else(|| format!("{error:?}"))
}
