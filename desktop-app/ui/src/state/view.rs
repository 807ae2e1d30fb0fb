//! A screen's view model: asked for through the bridge, asked for again when anything changed.
//!
//! Not `use_resource`, which throws a question away that is still under way when the next change
//! arrives: during the first sync changes come faster than answers, and such a screen would stay
//! empty. Here at most one question is open, and the newest wish is asked after it.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

use dioxus::prelude::*;
use shared_model::host::{HostError, Page, ReadModel};

use super::use_live;
use crate::bridge::Host;
use crate::dom;

/// Between two answers to the same question.
const PAUSE_MS: u32 = 120;

/// What a screen has in hand. What was ready stays until the next answer is there.
#[derive(Clone, Debug, PartialEq)]
pub enum Face<T> {
    Loading,
    Ready(T),
    Failed(HostError),
}

impl<T> Face<T> {
    pub fn ready(self) -> Option<T> {
        match self {
            Face::Ready(value) => Some(value),
            Face::Loading | Face::Failed(_) => None,
        }
    }

    pub fn is_loading(&self) -> bool {
        matches!(self, Face::Loading)
    }
}

pub fn use_view<Q>(query: Q) -> Face<Q::View>
where
    Q: ReadModel + Clone + PartialEq + 'static,
    Q::View: Clone + 'static,
{
    use_answer(query, |host, query| async move { host.query(query).await })
}

/// The rows of several pages, as one.
#[derive(Clone, PartialEq)]
pub struct Pages<T: 'static> {
    pub face: Face<Page<T>>,
    count: Signal<usize>,
}

impl<T> Pages<T> {
    /// One page more.
    pub fn more(&self) {
        let mut count = self.count;
        count += 1;
    }
}

/// `query_after` makes the query of the page after a cursor; `filter` is what it depends on.
pub fn use_pages<F, Q, T>(filter: F, query_after: fn(&F, Option<String>) -> Q) -> Pages<T>
where
    F: Clone + PartialEq + 'static,
    Q: ReadModel<View = Page<T>> + 'static,
    T: Clone + 'static,
{
    let mut count = use_signal(|| 1_usize);
    let mut shown = use_hook(|| CopyValue::new(filter.clone()));
    if *shown.peek() != filter {
        shown.set(filter.clone());
        // Another list starts at its first page. Peeked first, so that this settles at once.
        if *count.peek() != 1 {
            count.set(1);
        }
    }
    let face = use_answer((filter, count()), move |host, (filter, count)| async move {
        let mut all = host.query(query_after(&filter, None)).await?;
        for _ in 1..count {
            let Some(after) = all.next.take() else { break };
            let page = host.query(query_after(&filter, Some(after))).await?;
            all.items.extend(page.items);
            all.next = page.next;
        }
        Ok(all)
    });
    Pages { face, count }
}

struct Asker<K> {
    wanted: Option<K>,
    is_asking: bool,
}

fn use_answer<K, T, A, F>(key: K, ask: A) -> Face<T>
where
    K: Clone + PartialEq + 'static,
    T: Clone + 'static,
    A: Fn(Host, K) -> F + Clone + 'static,
    F: Future<Output = Result<T, HostError>> + 'static,
{
    let live = use_live();
    let mut face = use_signal(|| Face::<T>::Loading);
    let asker = use_hook(|| Rc::new(RefCell::new(Asker { wanted: None, is_asking: false })));
    let want = use_hook(|| {
        let ask = ask.clone();
        Rc::new(move |key: K| {
            asker.borrow_mut().wanted = Some(key);
            if std::mem::replace(&mut asker.borrow_mut().is_asking, true) {
                return;
            }
            let (asker, ask) = (asker.clone(), ask.clone());
            spawn(async move {
                loop {
                    let next = asker.borrow_mut().wanted.take();
                    let Some(key) = next else { break };
                    face.set(match ask(live.host(), key.clone()).await {
                        Ok(value) => Face::Ready(value),
                        Err(error) => Face::Failed(error),
                    });
                    let is_repeated = asker.borrow().wanted.as_ref() == Some(&key);
                    if is_repeated {
                        dom::sleep(PAUSE_MS).await;
                    }
                }
                asker.borrow_mut().is_asking = false;
            });
        })
    });
    use_effect(use_reactive(&key, move |key| {
        live.revision();
        want(key);
    }));
    face()
}
