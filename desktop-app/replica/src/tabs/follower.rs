//! A tab that passes on. It keeps what is not answered, and becomes the leader when the lock is its.

use std::collections::BTreeMap;

use shared_model::host::{Answer, Call, Event, HostError, Message, Storage, SyncStatus};
use shared_model::time::Timestamp;

use super::{Reign, Wish, Word};

/// A leader that has not said anything for so long is asked whether it is there.
const PATIENCE_MILLIS: i64 = 2_000;
/// After so long without a word the person is told.
const SILENCE_MILLIS: i64 = 6_000;
/// What has waited longer is not asked again: nobody remembers what it was about.
const OLD_MILLIS: i64 = 600_000;
/// A call under which one leader after the other ended is not put to the next.
const MOST_LEADERS: u8 = 2;

#[derive(Debug)]
pub enum Input {
    Start,
    /// Of the page, with its text.
    Call(Call, String),
    /// Of the leader.
    Word(Word),
    Time,
}

#[derive(Debug, PartialEq)]
pub enum Effect {
    ToLeader(Wish),
    ToPage(Box<Message>),
    /// The same, as the leader wrote it.
    TextToPage(String),
    /// Feed [`Input::Time`] at this time; replaces the time asked for before.
    WakeAt(Timestamp),
}

#[derive(Debug, Default)]
pub struct Follower {
    leader: Option<Reign>,
    calls: BTreeMap<u64, Open>,
    status: SyncStatus,
    /// When the leader was last heard of; at first, when it was first asked.
    heard_at: Option<Timestamp>,
    is_silent: bool,
    /// Whether a time was asked for that has not come.
    is_timed: bool,
}

#[derive(Debug)]
struct Open {
    call: Call,
    text: String,
    since: Timestamp,
    /// How many leaders were asked.
    asked: u8,
}

impl Follower {
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        match input {
            Input::Start => {
                self.heard_at = Some(now);
                effects.push(Effect::ToLeader(Wish::Greet));
            }
            Input::Call(call, text) => self.call(now, call, text, &mut effects),
            Input::Word(word) => self.hear(now, word, &mut effects),
            Input::Time => {
                self.is_timed = false;
                self.look(now, &mut effects);
            }
        }
        if !self.is_timed && (self.is_silent || !self.calls.is_empty()) {
            self.is_timed = true;
            effects.push(Effect::WakeAt(now.plus_millis(PATIENCE_MILLIS)));
        }
        effects
    }

    fn call(&mut self, now: Timestamp, call: Call, text: String, effects: &mut Vec<Effect>) {
        if self.calls.is_empty() && !self.is_silent {
            // Nothing was expected of it before.
            self.heard_at = Some(now);
        }
        let asked = u8::from(self.leader.is_some());
        if asked > 0 {
            effects.push(Effect::ToLeader(Wish::Call { id: call.id, text: text.clone() }));
        }
        self.calls.insert(call.id, Open { call, text, since: now, asked });
    }

    fn hear(&mut self, now: Timestamp, word: Word, effects: &mut Vec<Effect>) {
        self.heard_at = Some(now);
        if std::mem::take(&mut self.is_silent) {
            effects.push(told(Event::Status(self.status.clone())));
        }
        match word {
            Word::Opens => {}
            Word::NotYet { call } => {
                if let Some(open) = self.calls.get_mut(&call) {
                    open.asked = open.asked.saturating_sub(1);
                }
            }
            Word::Leads { reign, status } => {
                if let Some(status) = status {
                    self.status = status.clone();
                    effects.push(told(Event::Status(status)));
                }
                if self.leader != Some(reign) {
                    self.follow(now, reign, effects);
                }
            }
            Word::Answer { call, text } => {
                // One that is not open was answered by an earlier leader.
                if self.calls.remove(&call).is_some() {
                    effects.push(Effect::TextToPage(text));
                }
            }
            Word::Changed => effects.push(told(Event::Changed { revision: 0 })),
            Word::Status(status) => {
                self.status = status.clone();
                effects.push(told(Event::Status(status)));
            }
        }
    }

    fn follow(&mut self, now: Timestamp, reign: Reign, effects: &mut Vec<Effect>) {
        let had_one = self.leader.replace(reign).is_some();
        for open in std::mem::take(&mut self.calls).into_values() {
            match again(now, open) {
                Ok(open) => {
                    effects.push(Effect::ToLeader(Wish::Call { id: open.call.id, text: open.text.clone() }));
                    self.calls.insert(open.call.id, Open { asked: open.asked + 1, ..open });
                }
                Err(answer) => effects.push(Effect::ToPage(Box::new(Message::Answer(answer)))),
            }
        }
        if had_one {
            // What happened between the two was told to nobody.
            effects.push(told(Event::Changed { revision: 0 }));
        }
    }

    /// Whether the leader is still there, as far as somebody waits for it.
    fn look(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(oldest) = self.calls.values().map(|open| open.since).min() else { return };
        let quiet_since = self.heard_at.map_or(oldest, |heard| heard.max(oldest));
        let quiet = now.millis_since(quiet_since);
        if quiet >= PATIENCE_MILLIS {
            effects.push(Effect::ToLeader(Wish::Greet));
        }
        if quiet >= SILENCE_MILLIS && !self.is_silent {
            self.is_silent = true;
            let status = SyncStatus { storage: Storage::OtherTabSilent, ..self.status.clone() };
            effects.push(told(Event::Status(status)));
        }
    }

    /// The lock came to this tab: gives the calls that its own driver is to answer, and the answers to
    /// those that must not be asked again.
    #[must_use]
    pub fn lead(self, now: Timestamp) -> (Vec<Call>, Vec<Message>) {
        let mut calls = Vec::new();
        let mut messages = Vec::new();
        for open in self.calls.into_values() {
            match again(now, open) {
                Ok(open) => calls.push(open.call),
                Err(answer) => messages.push(Message::Answer(answer)),
            }
        }
        // What happened between the two leaders was told to nobody.
        messages.push(Message::Event(Event::Changed { revision: 0 }));
        (calls, messages)
    }
}

/// What the next leader is to be asked; the answer where that must not be.
fn again(now: Timestamp, open: Open) -> Result<Open, Answer> {
    let is_first = open.asked == 0;
    let may = open.call.request.is_repeatable()
        && open.asked < MOST_LEADERS
        && now.millis_since(open.since) < OLD_MILLIS;
    if is_first || may {
        return Ok(open);
    }
    let message = "the tab that keeps your data ended before it answered; look whether your last entry is \
                   there before you enter it again"
        .to_owned();
    Err(Answer { id: open.call.id, reply: Err(HostError::Internal { message }) })
}

fn told(event: Event) -> Effect {
    Effect::ToPage(Box::new(Message::Event(event)))
}
