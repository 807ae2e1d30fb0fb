//! One WebSocket.

use wasm_bindgen::prelude::*;
use web_sys::{BinaryType, MessageEvent, WebSocket};

use super::{js, worker};
use crate::driver::{ConnectionId, Input};

pub struct Socket {
    pub id: ConnectionId,
    socket: WebSocket,
    _opened: Closure<dyn FnMut()>,
    _received: Closure<dyn FnMut(MessageEvent)>,
    _closed: Closure<dyn FnMut()>,
}

impl Socket {
    pub fn open(id: ConnectionId, url: &str) -> Result<Self, JsValue> {
        let socket = WebSocket::new(url)?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let opened = Closure::new(move || worker::feed(Input::Opened(id)));
        let received = Closure::new(move |event: MessageEvent| {
            // The server sends nothing but binary frames; whatever else comes is no frame either.
            let frame = js_sys::Uint8Array::new(&event.data()).to_vec();
            worker::feed(Input::Received(id, frame));
        });
        let closed = Closure::new(move || worker::feed(Input::Closed(id)));
        socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(received.as_ref().unchecked_ref()));
        // An error is always followed by the end.
        socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
        Ok(Self { id, socket, _opened: opened, _received: received, _closed: closed })
    }

    pub fn send(&self, frame: &[u8]) {
        if let Err(error) = self.socket.send_with_u8_array(frame) {
            web_sys::console::warn_1(&js::text_of(&error).into());
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // Closing what is closed is no error that matters.
        let _ = self.socket.close();
    }
}
