//! Whose call is whose: the driver counts calls by one number, the pages each by their own.

use std::collections::BTreeMap;

use shared_model::host::{Answer, Call, Event, Message, SyncStatus};

use super::{Reign, Said, TabId, Wish, Word};

/// Who waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// The leader's own page.
    Page,
    Tab(TabId),
}

/// Where something is to be said.
#[derive(Clone, Debug, PartialEq)]
pub enum To {
    /// The leader's own page.
    Page(Message),
    Tab(TabId, Word),
    /// All followers.
    Tabs(Word),
}

/// What a follower's word asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// A call, to be read and [`Leader::numbered`].
    Call(Asker, String),
    Reply(To),
}

#[derive(Debug)]
pub struct Leader {
    reign: Reign,
    /// Whether the files are open, or known not to open.
    is_ready: bool,
    last: u64,
    open: BTreeMap<u64, (Asker, u64)>,
    status: Option<SyncStatus>,
}

impl Leader {
    #[must_use]
    pub const fn new(reign: Reign) -> Self {
        Self { reign, is_ready: false, last: 0, open: BTreeMap::new(), status: None }
    }

    /// From now on calls are answered. To be said to all.
    pub fn ready(&mut self) -> To {
        self.is_ready = true;
        To::Tabs(self.greeting())
    }

    fn greeting(&self) -> Word {
        match self.is_ready {
            true => Word::Leads { reign: self.reign, status: self.status.clone() },
            false => Word::Opens,
        }
    }

    /// A call with a number of the leader's own.
    pub fn numbered(&mut self, asker: Asker, call: Call) -> Call {
        self.last += 1;
        self.open.insert(self.last, (asker, call.id));
        Call { id: self.last, ..call }
    }

    pub fn hear(&mut self, Said { by, what }: Said) -> Heard {
        match what {
            Wish::Greet => Heard::Reply(To::Tab(by, self.greeting())),
            Wish::Call { text, .. } if self.is_ready => Heard::Call(Asker::Tab(by), text),
            // It asks again when this one is ready.
            Wish::Call { id, .. } => Heard::Reply(To::Tab(by, Word::NotYet { call: id })),
        }
    }

    /// Who is to hear what the driver says.
    pub fn tell(&mut self, message: Message) -> Vec<To> {
        match message {
            Message::Answer(Answer { id, reply }) => match self.open.remove(&id) {
                Some((Asker::Page, id)) => vec![To::Page(Message::Answer(Answer { id, reply }))],
                Some((Asker::Tab(tab), call)) => {
                    let text = serde_json::to_string(&Message::Answer(Answer { id: call, reply }));
                    let text = text.expect("a message has no keys but texts");
                    vec![To::Tab(tab, Word::Answer { call, text })]
                }
                None => Vec::new(),
            },
            Message::Event(event) => {
                let word = match &event {
                    Event::Status(status) => {
                        self.status = Some(status.clone());
                        Some(Word::Status(status.clone()))
                    }
                    Event::Changed { .. } => Some(Word::Changed),
                    // Said by bridges only.
                    Event::Stopped { .. } => None,
                };
                let tabs = word.map(To::Tabs);
                [To::Page(Message::Event(event))].into_iter().chain(tabs).collect()
            }
        }
    }
}
