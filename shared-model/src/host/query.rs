//! The queries, one struct each, and the type that answers it.

use serde::{Deserialize, Serialize};

use super::ReadModel;
use super::view::{
    AttentionRow, Board, ExceptionRow, LocationChoice, MovementRow, NowCard, OrderDetail, OrderRow,
    OutboxItem, Page, PersonChoice, ReasonChoice, Requirements, StationQueue, StationRow, StockDetail,
    StockRow, SyncReport,
};
use crate::host::MaterialChoice;
use crate::ids::{LocationId, MaterialId, WorkCenterId, WorkOrderId};
use crate::reason::ReasonKind;
use crate::work_order::Stage;

/// Declares a query struct, its arm in [`Query`] and its answer.
macro_rules! queries {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident : $type:ty),* $(,)? } -> $view:ty;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
            pub struct $name { $($(#[$field_doc])* pub $field: $type),* }

            impl From<$name> for Query {
                fn from(query: $name) -> Self {
                    Self::$name(query)
                }
            }

            impl ReadModel for $name {
                type View = $view;
            }
        )*

        /// Any query.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "query", rename_all = "snake_case")]
        pub enum Query { $($name($name)),* }
    };
}

queries! {
    /// The work centers, for choosing a station.
    Stations {} -> Vec<StationRow>;
    /// The operations that wait or run at a station, in the order in which they should be done: the
    /// first `limit` of them.
    QueueOf { work_center: WorkCenterId, limit: u32 } -> StationQueue;
    /// Everything about the operation in hand.
    Now { order: WorkOrderId, operation: Option<u32> } -> NowCard;
    /// Work orders as a table. `after` is the `next` of the page before.
    WorkOrders {
        /// In number, title, material number and material name; empty for all.
        search: String,
        /// Empty for all.
        stages: Vec<Stage>,
        sort: OrderSort,
        after: Option<String>,
        limit: u32,
    } -> Page<OrderRow>;
    /// Work orders by state, the first `limit` of each.
    OrderBoard { search: String, limit: u32 } -> Board;
    OrderOf { order: WorkOrderId } -> OrderDetail;
    /// What an order's material takes over all levels of its BOM.
    RequirementsOf { material: MaterialId, quantity: crate::quantity::Amount } -> Requirements;
    /// Stock per material.
    Stock { search: String, location: Option<LocationId>, after: Option<String>, limit: u32 } -> Page<StockRow>;
    /// One material's stock by location and lot.
    StockOf { material: MaterialId } -> StockDetail;
    Movements { material: Option<MaterialId>, location: Option<LocationId>, after: Option<String>, limit: u32 } -> Page<MovementRow>;
    Exceptions { include_closed: bool } -> Vec<ExceptionRow>;
    /// The commands that the server has not accepted yet, oldest first.
    Outbox {} -> Vec<OutboxItem>;
    /// What was refused and waits for a person, oldest first.
    Attention {} -> Vec<AttentionRow>;
    /// The status, and how much is here.
    SyncState {} -> SyncReport;
    Materials { search: String, limit: u32 } -> Vec<MaterialChoice>;
    People {} -> Vec<PersonChoice>;
    Locations {} -> Vec<LocationChoice>;
    Reasons { kind: ReasonKind } -> Vec<ReasonChoice>;
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderSort {
    /// By due date, those without one last, then by priority and number.
    #[default]
    Due,
    Number,
    Priority,
    /// The newest first.
    Newest,
}
