//! HTTP by `fetch`.

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortSignal, Headers, Request, RequestInit};

use super::{js, worker};
use crate::driver::{Fetched, Input, Post, PostId, Response};

/// An answer that takes longer will not come.
const TIMEOUT_MILLIS: u32 = 20_000;
const GET_TIMEOUT_MILLIS: u32 = 60_000;

pub fn send(id: PostId, post: Post) {
    spawn_local(async move {
        let response = exchange(&post).await;
        if let Err(error) = &response {
            web_sys::console::debug_1(&js::text_of(error).into());
        }
        worker::feed(Input::Posted(id, response.ok()));
    });
}

/// Gets a file.
pub fn get(id: PostId, url: String, bearer: String) {
    spawn_local(async move {
        let fetched = fetch(&url, &bearer).await;
        if let Err(error) = &fetched {
            web_sys::console::debug_1(&js::text_of(error).into());
        }
        worker::feed(Input::Got(id, fetched.ok()));
    });
}

async fn fetch(url: &str, bearer: &str) -> Result<Fetched, JsValue> {
    let headers = Headers::new()?;
    headers.set("authorization", &format!("Bearer {bearer}"))?;
    let options = RequestInit::new();
    options.set_headers(&headers);
    options.set_signal(Some(&AbortSignal::timeout_with_u32(GET_TIMEOUT_MILLIS)));
    let request = Request::new_with_str_and_init(url, &options)?;
    let response = JsFuture::from(js::scope().fetch_with_request(&request)).await?;
    let response: web_sys::Response = response.dyn_into()?;
    let body = js_sys::Uint8Array::new(&JsFuture::from(response.array_buffer()?).await?).to_vec();
    Ok(Fetched { status: response.status(), body })
}

async fn exchange(post: &Post) -> Result<Response, JsValue> {
    let headers = Headers::new()?;
    headers.set("content-type", "application/json")?;
    if let Some(token) = &post.bearer {
        headers.set("authorization", &format!("Bearer {token}"))?;
    }
    let options = RequestInit::new();
    options.set_method("POST");
    options.set_headers(&headers);
    options.set_body(&post.body.as_str().into());
    options.set_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT_MILLIS)));
    let request = Request::new_with_str_and_init(&post.url, &options)?;
    let response = JsFuture::from(js::scope().fetch_with_request(&request)).await?;
    let response: web_sys::Response = response.dyn_into()?;
    let body = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    Ok(Response { status: response.status(), body })
}
