//! Work orders by state.

use shared_model::host::{Board, BoardColumn, OrderBoard};
use shared_model::work_order::Stage;

use super::{NoAnswer, View, orders};

pub(super) fn board(view: &View<'_>, asked: &OrderBoard) -> Result<Board, NoAnswer> {
    let column = |stage| {
        let page = orders::first_of_stage(view, &asked.search, stage, asked.limit)?;
        Ok(BoardColumn { stage, total: page.total, rows: page.items })
    };
    Ok(Board { columns: Stage::ALL.into_iter().map(column).collect::<Result<_, NoAnswer>>()? })
}
