//! A replica that answers with the sample plant: for tests of the screens, and for looking at them
//! without a server (in a build for development, `localStorage["unison.canned"] = "operator"`).

use shared_model::host::{
    Board, BoardColumn, HostError, Imported, OrderRow, Page, Query, Reply, Request, Saved, Session,
    StationQueue, SyncReport, SyncStatus,
};
use shared_model::people::Role;
use shared_model::work_order::Stage;

use super::sample;
use crate::bridge::Host;

/// A replica of which some questions fail, others stay open.
#[derive(Clone, Default)]
pub struct Canned {
    pub failure: Option<HostError>,
    pub is_silent: bool,
    pub is_empty: bool,
}

impl Canned {
    /// Signed in as somebody.
    pub fn host(&self, role: Role) -> Host {
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
            Request::Command(command) => {
                let order = command.order();
                return Ok(Reply::Saved(Saved {
                    command: sample::id(90),
                    order,
                    report: Some(sample::id(20)),
                    exceptions: Vec::new(),
                }));
            }
            Request::ExportUnsent => {
                return Ok(Reply::File { name: "unsent.json".to_owned(), content: "[]".to_owned() });
            }
            Request::ImportUnsent { .. } => {
                return Ok(Reply::Imported(Imported { taken: 3, known: 1 }));
            }
            Request::ChooseStation { work_center } => {
                return Ok(Reply::Session(Session { station: work_center, ..session }));
            }
            Request::SignOut => return Ok(Reply::Session(Session { user: None, ..session })),
            Request::Enroll { .. } | Request::SignIn { .. } => return Ok(Reply::Session(session)),
            Request::OpenOrder { .. }
            | Request::SyncNow
            | Request::Compare
            | Request::DiscardRefused { .. }
            | Request::Resend { .. }
            | Request::HandOver { .. }
            | Request::Release { .. }
            | Request::Once { .. } => return Ok(Reply::Done),
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

fn page<T>(items: Vec<T>) -> Page<T> {
    let total = u32::try_from(items.len()).expect("a few");
    Page { items, next: None, total }
}

fn board(rows: &[OrderRow]) -> Board {
    let column = |stage| {
        let rows: Vec<_> = rows.iter().filter(|row| row.stage == stage).cloned().collect();
        let total = u32::try_from(rows.len()).expect("a few");
        BoardColumn { stage, total, rows }
    };
    Board { columns: Stage::ALL.into_iter().map(column).collect() }
}

fn something(query: &Query) -> serde_json::Result<serde_json::Value> {
    use serde_json::to_value;
    match query {
        Query::Stations(_) => to_value(sample::stations()),
        Query::QueueOf(_) => to_value(sample::queue()),
        Query::Now(_) => to_value(sample::now_card()),
        Query::WorkOrders(_) => to_value(page(sample::order_rows())),
        Query::OrderBoard(_) => to_value(board(&sample::order_rows())),
        Query::OrderOf(_) => to_value(sample::order_detail()),
        Query::RequirementsOf(_) => to_value(sample::requirements()),
        Query::Stock(_) => to_value(page(sample::stock_rows())),
        Query::StockOf(_) => to_value(sample::stock_detail()),
        Query::Movements(_) => to_value(page(vec![sample::movement()])),
        Query::Exceptions(_) => to_value(vec![sample::exception()]),
        Query::Outbox(_) => to_value(vec![sample::outbox_item()]),
        Query::Attention(_) => to_value(vec![sample::attention_row()]),
        Query::SyncState(_) => to_value(SyncReport {
            status: SyncStatus::default(),
            order_count: 12,
            fact_count: 340,
            record_count: 56,
            replica_bytes: 1_400_000,
            outbox_bytes: 4_000,
        }),
        Query::Reasons(_) => to_value(sample::reasons()),
        Query::Materials(_) => to_value(sample::materials()),
        Query::People(_) => to_value(sample::people()),
        Query::Locations(_) => to_value(sample::locations()),
    }
}

/// What a new plant answers.
fn nothing(query: &Query) -> serde_json::Result<serde_json::Value> {
    use serde_json::to_value;
    match query {
        Query::QueueOf(_) => {
            to_value(StationQueue { rows: Vec::new(), total: 0, ready_count: 0, ..sample::queue() })
        }
        Query::WorkOrders(_) | Query::Stock(_) | Query::Movements(_) => to_value(page(Vec::<()>::new())),
        Query::OrderBoard(_) => to_value(board(&[])),
        Query::Now(_)
        | Query::OrderOf(_)
        | Query::StockOf(_)
        | Query::RequirementsOf(_)
        | Query::SyncState(_) => something(query),
        _ => Ok(serde_json::json!([])),
    }
}
