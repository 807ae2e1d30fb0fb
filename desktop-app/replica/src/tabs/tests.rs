//! Tabs that come, end and wait, with messages that arrive late or never.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;
use shared_model::host::{
    Answer, Call, Event, HostError, Message, Reply, Request, Stations, Storage, SyncStatus,
};
use shared_model::ids::PressId;
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::*;

const START: Timestamp = Timestamp::from_millis(1_790_000_000_000);
const NONE: [u64; 0] = [];

fn act(press: u64) -> Request {
    let press = PressId::from(Uuid::from_u128(press.into()));
    // What it does is the outbox's part; here it counts how often it is done.
    Request::Once { press, act: Box::new(Request::SyncNow) }
}

fn call(id: u64, request: Request) -> Call {
    Call { id, request }
}

fn question(id: u64) -> Call {
    call(id, Request::Query(Stations {}.into()))
}

fn text(call: &Call) -> String {
    serde_json::to_string(call).expect("JSON")
}

/// As the page says it.
fn asks(call: Call) -> Input {
    let text = text(&call);
    Input::Call(call, text)
}

fn said(by: u64, call: &Call) -> Said {
    Said { by: TabId(by), what: Wish::Call { id: call.id, text: text(call) } }
}

fn answered(id: u64) -> String {
    serde_json::to_string(&Message::Answer(done(id))).expect("JSON")
}

fn word(id: u64) -> Word {
    Word::Answer { call: id, text: answered(id) }
}

fn leads(reign: u64) -> Input {
    Input::Word(Word::Leads { reign: Reign(reign), status: None })
}

fn done(id: u64) -> Answer {
    Answer { id, reply: Ok(Reply::Done) }
}

fn asked(effects: &[Effect]) -> Vec<u64> {
    let id = |effect: &Effect| match effect {
        Effect::ToLeader(Wish::Call { id, .. }) => Some(*id),
        _ => None,
    };
    effects.iter().filter_map(id).collect()
}

fn answers(effects: &[Effect]) -> Vec<&Answer> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::ToPage(message) => match &**message {
                Message::Answer(answer) => Some(answer),
                Message::Event(_) => None,
            },
            _ => None,
        })
        .collect()
}

fn storage_told(effects: &[Effect]) -> Vec<Storage> {
    let storage = |effect: &Effect| match effect {
        Effect::ToPage(message) => match &**message {
            Message::Event(Event::Status(status)) => Some(status.storage),
            _ => None,
        },
        _ => None,
    };
    effects.iter().filter_map(storage).collect()
}

#[test]
fn what_a_page_asks_before_there_is_a_leader_is_asked_when_there_is_one() {
    let mut tab = Follower::default();
    assert_eq!(tab.handle(START, Input::Start), [Effect::ToLeader(Wish::Greet)]);
    assert_eq!(asked(&tab.handle(START, asks(question(1)))), NONE);
    assert_eq!(asked(&tab.handle(START, leads(1))), [1]);
    assert_eq!(asked(&tab.handle(START, leads(1))), NONE, "the same leader is not asked twice");
    let effects = tab.handle(START, Input::Word(word(1)));
    assert!(effects.contains(&Effect::TextToPage(answered(1))));
    let late = tab.handle(START, Input::Word(word(1)));
    assert_eq!(late, [], "nor is the page answered twice");
}

#[test]
fn the_next_leader_is_asked_what_the_last_one_left_open_and_the_screens_ask_again() {
    let mut tab = Follower::default();
    tab.handle(START, leads(1));
    tab.handle(START, asks(question(1)));
    tab.handle(START, asks(call(2, act(2))));
    let effects = tab.handle(START, leads(2));
    assert_eq!(asked(&effects), [1, 2]);
    assert!(effects.contains(&Effect::ToPage(Box::new(Message::Event(Event::Changed { revision: 0 })))));
}

#[test]
fn what_must_not_be_asked_twice_is_answered_with_a_sentence() {
    let mut tab = Follower::default();
    tab.handle(START, leads(1));
    let sign_in = Request::SignIn { email: "ann".to_owned(), password: "secret".to_owned() };
    tab.handle(START, asks(call(1, sign_in.clone())));
    let effects = tab.handle(START, leads(2));
    assert_eq!(asked(&effects), NONE);
    assert!(matches!(
        answers(&effects)[..],
        [Answer { id: 1, reply: Err(HostError::Internal { message }) }]
            if message.starts_with("the tab that keeps your data ended")
    ));
    // One that no leader has looked at is another matter.
    tab.handle(START, asks(call(2, sign_in)));
    tab.handle(START, Input::Word(Word::NotYet { call: 2 }));
    assert_eq!(asked(&tab.handle(START, leads(3))), [2]);
}

#[test]
fn an_entry_that_ends_every_leader_does_not_end_them_all() {
    let mut tab = Follower::default();
    tab.handle(START, leads(1));
    tab.handle(START, asks(call(1, act(1))));
    assert_eq!(asked(&tab.handle(START, leads(2))), [1]);
    let effects = tab.handle(START, leads(3));
    assert_eq!((asked(&effects), answers(&effects).len()), (vec![], 1));
}

#[test]
fn a_tab_that_slept_for_an_hour_does_not_enter_what_nobody_remembers() {
    let mut tab = Follower::default();
    tab.handle(START, leads(1));
    tab.handle(START, asks(call(1, act(1))));
    let effects = tab.handle(START.plus_millis(3_600_000), leads(2));
    assert_eq!((asked(&effects), answers(&effects).len()), (vec![], 1));
}

#[test]
fn a_leader_that_does_not_answer_is_told_of_until_it_does() {
    let mut tab = Follower::default();
    tab.handle(START, leads(1));
    let effects = tab.handle(START, asks(question(1)));
    let mut now = START;
    assert!(effects.contains(&Effect::WakeAt(now.plus_millis(2_000))));
    let mut told = Vec::new();
    for _ in 0..4 {
        now = now.plus_millis(2_000);
        let effects = tab.handle(now, Input::Time);
        assert!(effects.contains(&Effect::ToLeader(Wish::Greet)), "it is asked whether it is there");
        told.extend(storage_told(&effects));
    }
    assert_eq!(told, [Storage::OtherTabSilent], "said once");
    let status = SyncStatus { storage: Storage::Evictable, ..SyncStatus::default() };
    let effects = tab.handle(now, Input::Word(Word::Status(status)));
    assert_eq!(storage_told(&effects).last(), Some(&Storage::Evictable));
}

#[test]
fn a_leader_that_only_takes_its_time_is_not_called_silent() {
    let mut tab = Follower::default();
    tab.handle(START, leads(1));
    tab.handle(START, asks(question(1)));
    let mut now = START;
    for _ in 0..20 {
        now = now.plus_millis(2_000);
        assert_eq!(storage_told(&tab.handle(now, Input::Time)), []);
        tab.handle(now, leads(1));
    }
}

#[test]
fn the_clock_of_a_tab_without_questions_is_left_alone() {
    let mut tab = Follower::default();
    tab.handle(START, leads(1));
    tab.handle(START, asks(question(1)));
    tab.handle(START, Input::Word(word(1)));
    assert_eq!(tab.handle(START.plus_millis(2_000), Input::Time), []);
}

#[test]
fn two_tabs_that_count_alike_get_their_own_answers() {
    let mut leader = Leader::new(Reign(1));
    leader.ready();
    let own = leader.numbered(Asker::Page, question(1));
    let [one, two] = [1, 2].map(|tab| {
        let Heard::Call(asker, text) = leader.hear(said(tab, &question(1))) else { panic!("a call") };
        leader.numbered(asker, serde_json::from_str(&text).expect("a call"))
    });
    assert_eq!(one.request, question(1).request);
    assert_eq!(leader.tell(Message::Answer(done(two.id))), [To::Tab(TabId(2), word(1))]);
    assert_eq!(leader.tell(Message::Answer(done(own.id))), [To::Page(Message::Answer(done(1)))]);
    assert_eq!(leader.tell(Message::Answer(done(one.id))), [To::Tab(TabId(1), word(1))]);
    assert_eq!(leader.tell(Message::Answer(done(one.id))), []);
}

#[test]
fn a_tab_that_comes_late_hears_at_once_how_things_stand() {
    let mut leader = Leader::new(Reign(1));
    let greet = Said { by: TabId(1), what: Wish::Greet };
    assert_eq!(leader.hear(greet.clone()), Heard::Reply(To::Tab(TabId(1), Word::Opens)));
    leader.ready();
    let status = SyncStatus { unsent_count: 3, ..SyncStatus::default() };
    leader.tell(Message::Event(Event::Status(status.clone())));
    let word = Word::Leads { reign: Reign(1), status: Some(status) };
    assert_eq!(leader.hear(greet), Heard::Reply(To::Tab(TabId(1), word)));
}

/// A browser: its tabs, who has the lock, and what is on its way between them.
struct Browser {
    now: Timestamp,
    tabs: BTreeMap<u64, Tab>,
    drawn: u64,
    /// Words to a tab, and to whoever leads.
    on_their_way: VecDeque<(Option<TabId>, Post)>,
    /// The presses that were done. That none is done twice is the outbox's part.
    done: BTreeSet<PressId>,
}

enum Post {
    Word(Word),
    Said(Said),
}

struct Tab {
    role: Role,
    /// What its page waits for, by number.
    waits: BTreeMap<u64, PressId>,
    /// What its page was told is done.
    saved: Vec<PressId>,
}

enum Role {
    Follower(Follower),
    Opening(Leader, Vec<Call>),
    Leader(Leader),
}

impl Browser {
    fn with_tabs(count: u64) -> Self {
        let mut browser = Self {
            now: START,
            tabs: BTreeMap::new(),
            drawn: 0,
            on_their_way: VecDeque::new(),
            done: BTreeSet::new(),
        };
        (0..count).for_each(|_| browser.open_tab());
        browser
    }

    fn draw(&mut self) -> u64 {
        self.drawn += 1;
        self.drawn
    }

    fn open_tab(&mut self) {
        let id = self.draw();
        let tab =
            Tab { role: Role::Follower(Follower::default()), waits: BTreeMap::new(), saved: Vec::new() };
        self.tabs.insert(id, tab);
        self.feed(id, Input::Start);
        self.grant();
    }

    fn leader(&self) -> Option<u64> {
        self.tabs.iter().find(|(_, tab)| !matches!(tab.role, Role::Follower(_))).map(|(id, _)| *id)
    }

    /// The browser gives the lock to the tab that has waited longest.
    fn grant(&mut self) {
        if self.leader().is_some() {
            return;
        }
        let reign = Reign(self.draw());
        let now = self.now;
        let Some((_, tab)) = self.tabs.iter_mut().next() else { return };
        let role = std::mem::replace(&mut tab.role, Role::Opening(Leader::new(reign), Vec::new()));
        if let (Role::Follower(follower), Role::Opening(_, calls)) = (role, &mut tab.role) {
            let (open, messages) = follower.lead(now);
            *calls = open;
            messages.into_iter().for_each(|message| tab.hear(message));
        }
    }

    /// The leader's files are open.
    fn opened(&mut self) {
        let Some(id) = self.leader() else { return };
        let Some(tab) = self.tabs.get_mut(&id) else { return };
        let Role::Opening(leader, calls) = &mut tab.role else { return };
        let (mut leader, calls) = (std::mem::replace(leader, Leader::new(Reign(0))), std::mem::take(calls));
        let greeting = leader.ready();
        tab.role = Role::Leader(leader);
        self.carry(id, greeting);
        for call in calls {
            self.page_asks(id, call);
        }
    }

    fn press(&mut self, tab: u64) {
        let id = self.draw();
        let Some(found) = self.tabs.get_mut(&tab) else { return };
        found.waits.insert(id, PressId::from(Uuid::from_u128(id.into())));
        self.page_asks(tab, call(id, act(id)));
    }

    fn page_asks(&mut self, id: u64, call: Call) {
        let Some(tab) = self.tabs.get_mut(&id) else { return };
        match &mut tab.role {
            Role::Follower(_) => self.feed(id, asks(call)),
            Role::Opening(_, calls) => calls.push(call),
            Role::Leader(leader) => {
                let call = leader.numbered(Asker::Page, call);
                self.drive(id, &call);
            }
        }
    }

    /// The leader's driver does what it is asked, and answers.
    fn drive(&mut self, id: u64, call: &Call) {
        let Request::Once { press, .. } = &call.request else { panic!("an act") };
        self.done.insert(*press);
        let Some(Tab { role: Role::Leader(leader), .. }) = self.tabs.get_mut(&id) else { return };
        for to in leader.tell(Message::Answer(done(call.id))) {
            self.carry(id, to);
        }
    }

    fn carry(&mut self, leader: u64, to: To) {
        match to {
            To::Page(message) => {
                if let Some(tab) = self.tabs.get_mut(&leader) {
                    tab.hear(message);
                }
            }
            To::Tab(tab, word) => self.on_their_way.push_back((Some(tab), Post::Word(word))),
            To::Tabs(word) => {
                let others: Vec<u64> = self.tabs.keys().copied().filter(|id| *id != leader).collect();
                for id in others {
                    self.on_their_way.push_back((Some(TabId(id)), Post::Word(word.clone())));
                }
            }
        }
    }

    fn feed(&mut self, id: u64, input: Input) {
        let now = self.now;
        let Some(tab) = self.tabs.get_mut(&id) else { return };
        let Role::Follower(follower) = &mut tab.role else { return };
        for effect in follower.handle(now, input) {
            match effect {
                Effect::ToLeader(what) => {
                    self.on_their_way.push_back((None, Post::Said(Said { by: TabId(id), what })));
                }
                Effect::ToPage(message) => tab.hear(*message),
                Effect::TextToPage(text) => tab.hear(serde_json::from_str(&text).expect("a message")),
                Effect::WakeAt(_) => {}
            }
        }
    }

    fn deliver(&mut self) {
        match self.on_their_way.pop_front() {
            Some((Some(tab), Post::Word(word))) => self.feed(tab.0, Input::Word(word)),
            Some((_, Post::Said(said))) => {
                let Some(id) = self.leader() else { return };
                let Some(tab) = self.tabs.get_mut(&id) else { return };
                let (Role::Leader(leader) | Role::Opening(leader, _)) = &mut tab.role else { return };
                match leader.hear(said) {
                    Heard::Call(asker, text) => {
                        let call = leader.numbered(asker, serde_json::from_str(&text).expect("a call"));
                        self.drive(id, &call);
                    }
                    Heard::Reply(to) => self.carry(id, to),
                }
            }
            Some((None, Post::Word(_))) | None => {}
        }
    }

    /// A tab ends without a word. Of what a leader was told and said, only the first arrives.
    fn end(&mut self, tab: u64, arriving: usize) {
        if self.leader() == Some(tab) {
            self.on_their_way.truncate(arriving);
        }
        self.tabs.remove(&tab);
        self.grant();
    }

    fn pass_time(&mut self) {
        self.now = self.now.plus_millis(2_000);
        let all: Vec<u64> = self.tabs.keys().copied().collect();
        all.into_iter().for_each(|id| self.feed(id, Input::Time));
    }

    fn settle(&mut self) {
        self.opened();
        for _ in 0..5 {
            while !self.on_their_way.is_empty() {
                self.deliver();
            }
            self.pass_time();
        }
    }
}

impl Tab {
    fn hear(&mut self, message: Message) {
        if let Message::Answer(Answer { id, reply }) = message {
            let press = self.waits.remove(&id).expect("somebody asked, and was not answered yet");
            if reply.is_ok() {
                self.saved.push(press);
            }
        }
    }
}

proptest! {
    #[test]
    fn whichever_tabs_end_and_whenever_every_press_is_answered_and_done_if_it_is_said_so(
        steps in prop::collection::vec((0_u8..12, 0_u64..4, 0_usize..6), 1..200)
    ) {
        let mut browser = Browser::with_tabs(3);
        for (what, whom, arriving) in steps {
            let ids: Vec<u64> = browser.tabs.keys().copied().collect();
            let of = |n: u64| ids.get(usize::try_from(n).unwrap_or_default() % ids.len().max(1)).copied();
            match (what, of(whom)) {
                (0..=2, Some(tab)) => browser.press(tab),
                (3, Some(tab)) => browser.end(tab, arriving),
                (4, _) if ids.len() < 4 => browser.open_tab(),
                (5, _) => browser.opened(),
                (6, _) => browser.pass_time(),
                _ => browser.deliver(),
            }
        }
        browser.settle();
        for (id, tab) in &browser.tabs {
            prop_assert!(tab.waits.is_empty(), "tab {} waits for {:?}", id, tab.waits);
            prop_assert!(tab.saved.iter().all(|press| browser.done.contains(press)));
        }
    }
}
