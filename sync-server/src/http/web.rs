//! The web bundle: the shop-floor app and the console, as static files.
//!
//! A file whose name carries the hash of its content is kept for ever; the page and the service
//! worker are asked for each time. An address that is no file and not of the API is a screen of the
//! app: it gets the page.

use std::path::{Path, PathBuf};

use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{MethodRouter, any};
use tower_http::services::ServeDir;

use super::error::no_such_address;
use crate::app::App;

/// Scripts and styles from here only; WebAssembly may be compiled; nothing may frame the app.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; \
    connect-src 'self' ws: wss:; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
    font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const PERMISSIONS: &str = "camera=(self), geolocation=(), microphone=(), payment=()";
const FOREVER: &str = "public, max-age=31536000, immutable";

const NO_BUNDLE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Unison</title>\
    <body><h1>The server is running</h1><p>There is no web application beside it. Build it with \
    <code>./dev web</code>, which prints where it is, and start the server with \
    <code>--web</code> and that directory; <code>./dev up</code> does both.</p></body></html>";

pub(super) fn fallback(bundle: Option<PathBuf>) -> MethodRouter<App> {
    any(move |request: Request| {
        let bundle = bundle.clone();
        async move { secured(answer(bundle.as_deref(), request).await) }
    })
}

async fn answer(bundle: Option<&Path>, request: Request) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return no_such_address().into_response();
    }
    let Some(bundle) = bundle else { return Html(NO_BUNDLE).into_response() };
    let caching = caching(path);
    let is_file = is_file(path);
    let (mut parts, _) = request.into_parts();
    if !is_file {
        parts.uri = Uri::from_static("/index.html");
    }
    let mut files =
        ServeDir::new(bundle).precompressed_br().precompressed_gzip().append_index_html_on_directories(false);
    let missing =
        || if is_file { no_such_address().into_response() } else { Html(NO_BUNDLE).into_response() };
    let served = match files.try_call(Request::from_parts(parts, axum::body::Body::empty())).await {
        Ok(served) if served.status() == StatusCode::NOT_FOUND => return missing(),
        Ok(served) => served,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return missing(),
        Err(error) => return super::ApiError::fault(error).into_response(),
    };
    let mut response = served.map(axum::body::Body::new);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}

/// Whether an address names a file rather than a screen: its last part has a dot.
fn is_file(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.contains('.'))
}

fn caching(path: &str) -> &'static str {
    if is_hashed(path) { FOREVER } else { "no-cache" }
}

/// "app-0f3a9c2e41b7.wasm": the build ends the name of every file but the entry points so.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    let hash = stem.rsplit_once('-').map_or("", |(_, hash)| hash);
    hash.len() == 12 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn secured(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests;
