//! Speaking to a test server.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use shared_model::people::Role;

use super::{PASSWORD, TestServer};

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Reply {
    /// Status and code of a problem.
    pub(crate) fn problem(&self) -> (u16, &str) {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{self:?}");
        assert_eq!(self.body["status"], self.status.as_u16(), "{self:?}");
        let code = self.body["code"].as_str().expect("a code");
        assert_eq!(self.body["type"], format!("urn:unison:problem:{code}"));
        assert!(!self.body["detail"].as_str().expect("a sentence").is_empty());
        (self.status.as_u16(), code)
    }

    /// The body of an answer that is no problem.
    pub(crate) fn ok(self) -> Value {
        assert!(self.status.is_success(), "{self:?}");
        self.body
    }

    pub(crate) fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_else(|| panic!("{field} in {self:?}")).to_owned()
    }
}

impl TestServer {
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Reply {
        let mut request = reqwest::Client::new().request(method, self.url(path));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        read(request).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Reply {
        self.call(Method::GET, path, Some(token), None).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: Value) -> Reply {
        self.call(Method::POST, path, Some(token), Some(&body)).await
    }

    /// A request of somebody who has not signed in.
    pub(crate) async fn post_open(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, None, Some(&body)).await
    }

    /// An access token of the person of a role.
    pub(crate) async fn token(&self, role: Role) -> String {
        self.token_of(&self.world().email(role)).await
    }

    pub(crate) async fn token_of(&self, email: &str) -> String {
        let body = json!({ "email": email, "password": PASSWORD });
        self.post_open("/api/v1/auth/sign-in", body).await.text("access_token")
    }
}

pub(crate) async fn read(request: reqwest::RequestBuilder) -> Reply {
    let response = request.send().await.expect("the server answers");
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.bytes().await.expect("a body");
    let body = serde_json::from_slice(&bytes)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
    Reply { status, headers, body }
}
