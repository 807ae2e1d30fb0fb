//! Every screen with a canned replica, in each of its faces.

use std::cell::RefCell;
use std::rc::Rc;

use dioxus::core::NoOpMutations;
use dioxus::prelude::*;
use futures_util::FutureExt;
use shared_model::host::{HostError, Query, Reply, Request, Session, SyncStatus};
use shared_model::work_order::Stage;

use crate::app::Page;
use crate::bridge::Host;

mod faces;
pub mod sample;

/// The markup of the application at an address, when all that can be answered is.
pub fn page_at(path: &str, host: Host) -> String {
    #[derive(Clone)]
    struct Stage {
        path: String,
        host: Host,
    }
    impl PartialEq for Stage {
        fn eq(&self, _: &Self) -> bool {
            true
        }
    }
    #[derive(Clone, PartialEq, Props)]
    struct StageProps {
        stage: Stage,
    }
    fn root(props: StageProps) -> Element {
        use_hook(|| {
            let history: Rc<dyn dioxus::history::History> =
                Rc::new(dioxus::history::MemoryHistory::with_initial_path(&props.stage.path));
            dioxus::history::provide_history_context(history);
        });
        rsx! { Page { host: props.stage.host.clone() } }
    }
    let stage = Stage { path: path.to_owned(), host };
    let mut dom = VirtualDom::new_with_props(root, StageProps { stage });
    dom.rebuild_in_place();
    // Work ends by itself: nothing sleeps in a test, and canned answers are there at once.
    for _ in 0..100 {
        if dom.wait_for_work().now_or_never().is_none() {
            break;
        }
        dom.render_immediate(&mut NoOpMutations);
    }
    dioxus_ssr::render(&dom)
}

/// A replica of which some questions fail, others stay open.
#[derive(Clone, Default)]
pub struct Canned {
    asked: Rc<RefCell<Vec<String>>>,
    pub failure: Option<HostError>,
    pub is_silent: bool,
    pub is_empty: bool,
}

impl Canned {
    /// Signed in as somebody.
    pub fn host(&self, role: shared_model::people::Role) -> Host {
        let (canned, session) = (self.clone(), sample::session(role));
        Host::new(move |request| {
            let (canned, session) = (canned.clone(), session.clone());
            async move { canned.answer(request, session).await }
        })
    }

    async fn answer(&self, request: Request, session: Session) -> Result<Reply, HostError> {
        let query = match request {
            Request::Session => return Ok(Reply::Session(session)),
            Request::Query(query) => query,
            other => {
                self.asked.borrow_mut().push(format!("{other:?}"));
                return Ok(Reply::Done);
            }
        };
        if self.is_silent {
            std::future::pending::<()>().await;
        }
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let view = if self.is_empty { nothing(&query) } else { something(&query) };
        Ok(Reply::View(view.expect("a view is JSON")))
    }
}

fn page<T>(items: Vec<T>) -> shared_model::host::Page<T> {
    let total = u32::try_from(items.len()).expect("a few");
    shared_model::host::Page { items, next: None, total }
}

fn board(rows: &[shared_model::host::OrderRow]) -> shared_model::host::Board {
    let column = |stage| {
        let rows: Vec<_> = rows.iter().filter(|row| row.stage == stage).cloned().collect();
        let total = u32::try_from(rows.len()).expect("a few");
        shared_model::host::BoardColumn { stage, total, rows }
    };
    shared_model::host::Board { columns: Stage::ALL.into_iter().map(column).collect() }
}

fn something(query: &Query) -> serde_json::Result<serde_json::Value> {
    use serde_json::to_value;
    match query {
        Query::Stations(_) => to_value(sample::stations()),
        Query::QueueOf(_) => to_value(sample::queue()),
        Query::Now(_) => to_value(sample::now_card()),
        Query::WorkOrders(_) => to_value(page(vec![sample::order_row()])),
        Query::OrderBoard(_) => to_value(board(&[sample::order_row()])),
        Query::OrderOf(_) => to_value(sample::order_detail()),
        Query::RequirementsOf(_) => to_value(sample::requirements()),
        Query::Stock(_) => to_value(page(vec![sample::stock_row()])),
        Query::StockOf(_) => to_value(sample::stock_detail()),
        Query::Movements(_) => to_value(page(vec![sample::movement()])),
        Query::Exceptions(_) => to_value(vec![sample::exception()]),
        Query::Outbox(_) => to_value(vec![sample::outbox_item()]),
        Query::SyncState(_) => to_value(shared_model::host::SyncReport {
            status: SyncStatus::default(),
            order_count: 12,
            fact_count: 340,
            record_count: 56,
            replica_bytes: 1_400_000,
            outbox_bytes: 4_000,
        }),
        Query::Reasons(_) => to_value(sample::reasons()),
        Query::Materials(_) | Query::People(_) | Query::Locations(_) => nothing(query),
    }
}

/// What a new plant answers.
fn nothing(query: &Query) -> serde_json::Result<serde_json::Value> {
    use serde_json::to_value;
    match query {
        Query::QueueOf(_) => to_value(shared_model::host::StationQueue { rows: Vec::new(), ..sample::queue() }),
        Query::WorkOrders(_) | Query::Stock(_) | Query::Movements(_) => to_value(page(Vec::<()>::new())),
        Query::OrderBoard(_) => to_value(board(&[])),
        Query::Now(_) | Query::OrderOf(_) | Query::StockOf(_) | Query::RequirementsOf(_) | Query::SyncState(_) => {
            something(query)
        }
        _ => Ok(serde_json::json!([])),
    }
}
