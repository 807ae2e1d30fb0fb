//! Requests and connections as tasks of the runtime. What comes of them goes to the thread.

use std::sync::mpsc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::socket;
use super::thread::Word;
use crate::driver::{ConnectionId, Fetched, Input, Post, PostId, Response};

/// An answer that takes longer will not come.
const POST_TIMEOUT: Duration = Duration::from_secs(20);
const GET_TIMEOUT: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

pub struct Network {
    runtime: Handle,
    client: reqwest::Client,
    words: mpsc::Sender<Word>,
    /// Dropping the sender ends the connection.
    socket: Option<(ConnectionId, UnboundedSender<Vec<u8>>)>,
}

impl Network {
    pub fn new(words: mpsc::Sender<Word>) -> Result<Self, reqwest::Error> {
        // A WebSocket begins as HTTP/1.1.
        let client = reqwest::Client::builder().http1_only().connect_timeout(CONNECT_TIMEOUT).build()?;
        Ok(Self { runtime: Handle::current(), client, words, socket: None })
    }

    pub fn open(&mut self, connection: ConnectionId, url: String) {
        let (sender, frames) = unbounded_channel();
        // One at a time: what is left of an earlier connection is of no use.
        self.socket = Some((connection, sender));
        let (client, words) = (self.client.clone(), self.words.clone());
        self.runtime.spawn(async move {
            let told = words.clone();
            let tell = move |input| told.send(Word::News(input)).is_ok();
            if let Err(error) = socket::run(&client, &url, connection, frames, &tell).await {
                tracing::debug!(%error, url, "the connection ended");
            }
            // The thread may have ended first.
            let _ = words.send(Word::News(Input::Closed(connection)));
        });
    }

    pub fn send(&self, connection: ConnectionId, frame: Vec<u8>) {
        if let Some((current, frames)) = &self.socket
            && *current == connection
        {
            // A connection that has just ended says so itself.
            let _ = frames.send(frame);
        }
    }

    pub fn close(&mut self, connection: ConnectionId) {
        self.socket.take_if(|(current, _)| *current == connection);
    }

    pub fn post(&self, id: PostId, post: Post) {
        let (client, words) = (self.client.clone(), self.words.clone());
        self.runtime.spawn(async move {
            let response = exchange(&client, post).await;
            let response = response.map_err(|error| tracing::debug!(%error, "no answer")).ok();
            let _ = words.send(Word::News(Input::Posted(id, response)));
        });
    }

    pub fn get(&self, id: PostId, url: String, bearer: String) {
        let (client, words) = (self.client.clone(), self.words.clone());
        self.runtime.spawn(async move {
            let fetched = fetch(&client, &url, &bearer).await;
            let fetched = fetched.map_err(|error| tracing::debug!(%error, "no file")).ok();
            let _ = words.send(Word::News(Input::Got(id, fetched)));
        });
    }
}

async fn fetch(client: &reqwest::Client, url: &str, bearer: &str) -> Result<Fetched, reqwest::Error> {
    let response = client.get(url).bearer_auth(bearer).timeout(GET_TIMEOUT).send().await?;
    let status = response.status().as_u16();
    Ok(Fetched { status, body: response.bytes().await?.to_vec() })
}

async fn exchange(client: &reqwest::Client, post: Post) -> Result<Response, reqwest::Error> {
    let mut request = client
        .post(&post.url)
        .header(reqwest::header::CONTENT_TYPE, "application/json")
        .timeout(POST_TIMEOUT)
        .body(post.body);
    if let Some(token) = post.bearer {
        request = request.bearer_auth(token);
    }
    let response = request.send().await?;
    let status = response.status().as_u16();
    Ok(Response { status, body: response.text().await? })
}
