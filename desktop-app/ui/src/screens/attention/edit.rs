//! A refused report, open for changing before it is sent again.

use dioxus::prelude::*;
use shared_model::command::Command;
use shared_model::host::{AttentionRow, Now, Reasons};
use shared_model::ids::WorkOrderId;
use shared_model::production::ProductionReport;
use shared_model::reason::ReasonKind;

use crate::components::{Banner, BannerKind};
use crate::screens::operator::ReportSheet;
use crate::state::{Face, use_view};
use crate::t;

#[component]
pub fn EditReport(row: AttentionRow, on_save: EventHandler<Command>, on_close: EventHandler<()>) -> Element {
    match row.entered {
        Command::ReportProduction { order, report } => rsx! {
            Sheet { order, report, on_save, on_close }
        },
        _ => rsx! {},
    }
}

#[component]
fn Sheet(
    order: WorkOrderId,
    report: ProductionReport,
    on_save: EventHandler<Command>,
    on_close: EventHandler<()>,
) -> Element {
    let card = use_view(Now { order, operation: report.operation });
    let reasons = use_view(Reasons { kind: ReasonKind::Scrap }).ready().unwrap_or_default();
    match card {
        Face::Loading => rsx! {},
        Face::Failed(_) => rsx! {
            Banner { kind: BannerKind::Refused, title: t!("attention-no-order") }
        },
        Face::Ready(card) => rsx! {
            ReportSheet {
                open: true,
                row: card.row,
                reasons,
                entered: report,
                busy: false,
                on_save: move |report| on_save.call(Command::ReportProduction { order, report }),
                on_close,
            }
        },
    }
}
