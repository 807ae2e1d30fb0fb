//! Why: the plant's own reason codes.

use serde::{Deserialize, Serialize};

use crate::ids::ReasonId;
use crate::number::Number;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonKind {
    Scrap,
    Pause,
    Downtime,
    #[serde(other)]
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub id: ReasonId,
    pub kind: ReasonKind,
    pub code: Number,
    pub name: String,
    /// The name of a picture of the icon set, for the tile.
    #[serde(default)]
    pub icon: Option<String>,
    /// Tiles are shown in this order.
    #[serde(default)]
    pub position: u32,
    pub is_active: bool,
}
