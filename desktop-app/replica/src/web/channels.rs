//! How the workers of one browser's tabs speak to each other: JSON text on broadcast channels, one on
//! which the leader hears, one on which all followers do, and one for each tab.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

use super::js;
use crate::tabs::{Said, TabId, Word};

const LEADER: &str = "unison-leader";
const FOLLOWERS: &str = "unison-followers";
/// Channels to tabs that ended are not told apart from others; now and then all are opened anew.
const MOST_TABS: usize = 32;

fn of_tab(tab: TabId) -> String {
    format!("unison-tab-{:016x}", tab.0)
}

/// What is heard, and what is said, in one role. Dropping it ends the hearing.
pub struct Channels {
    /// To the leader where this is a follower, to all followers where it leads.
    out: BroadcastChannel,
    tabs: BTreeMap<TabId, BroadcastChannel>,
    heard: Vec<BroadcastChannel>,
    _hear: Closure<dyn FnMut(MessageEvent)>,
}

impl Channels {
    /// # Errors
    /// When the browser has none.
    pub fn of_follower(tab: TabId, hear: impl FnMut(Word) + 'static) -> Result<Self, JsValue> {
        Self::open(LEADER, &[FOLLOWERS.to_owned(), of_tab(tab)], hear)
    }

    /// # Errors
    /// When the browser has none.
    pub fn of_leader(hear: impl FnMut(Said) + 'static) -> Result<Self, JsValue> {
        Self::open(FOLLOWERS, &[LEADER.to_owned()], hear)
    }

    fn open<T: DeserializeOwned>(
        out: &str,
        heard: &[String],
        mut hear: impl FnMut(T) + 'static,
    ) -> Result<Self, JsValue> {
        let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            // What is not understood is of a tab with another version, which is about to end.
            if let Some(said) = event.data().as_string().and_then(|text| serde_json::from_str(&text).ok()) {
                hear(said);
            }
        });
        let open = |name: &String| {
            let channel = BroadcastChannel::new(name)?;
            channel.set_onmessage(Some(hear.as_ref().unchecked_ref()));
            Ok(channel)
        };
        let heard = heard.iter().map(open).collect::<Result<_, JsValue>>()?;
        Ok(Self { out: BroadcastChannel::new(out)?, tabs: BTreeMap::new(), heard, _hear: hear })
    }

    /// To the leader, or to all followers.
    pub fn say(&self, what: &impl Serialize) {
        post(&self.out, what);
    }

    pub fn say_to(&mut self, tab: TabId, word: &Word) {
        if self.tabs.len() > MOST_TABS {
            self.tabs.values().for_each(BroadcastChannel::close);
            self.tabs.clear();
        }
        if let Some(channel) = self.tabs.get(&tab) {
            post(channel, word);
        } else if let Ok(channel) = BroadcastChannel::new(&of_tab(tab)) {
            post(&channel, word);
            self.tabs.insert(tab, channel);
        }
    }
}

impl Drop for Channels {
    fn drop(&mut self) {
        for channel in self.heard.iter().chain(self.tabs.values()).chain([&self.out]) {
            channel.set_onmessage(None);
            channel.close();
        }
    }
}

fn post(channel: &BroadcastChannel, what: &impl Serialize) {
    match serde_json::to_string(what) {
        Ok(text) => {
            if let Err(error) = channel.post_message(&text.into()) {
                js::report(&js::text_of(&error));
            }
        }
        Err(error) => js::report(&error.to_string()),
    }
}
