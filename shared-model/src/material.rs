//! Materials: what is bought, made, consumed and stored.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::ids::MaterialId;
use crate::number::Number;
use crate::quantity::{Amount, UnitCode};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Procurement {
    Purchase,
    Manufacture,
    Both,
    #[serde(other)]
    Unknown,
}

/// How single pieces or batches are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tracking {
    None,
    Lot,
    Serial,
    #[serde(other)]
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Material {
    pub id: MaterialId,
    pub number: Number,
    /// 1–200 characters.
    pub name: String,
    #[serde(default)]
    pub description: String,
    /// The path of its category, joined by "/"; empty for none.
    #[serde(default)]
    pub category: String,
    pub unit: UnitCode,
    pub procurement: Procurement,
    pub tracking: Tracking,
    #[serde(default)]
    pub minimum_stock: Amount,
    #[serde(default)]
    pub revision: String,
    #[serde(default)]
    pub keywords: String,
    /// Units of its own: a sheet of 50 kg, a pallet of 20 sheets.
    #[serde(default)]
    pub alternate_units: Vec<AlternateUnit>,
    pub is_active: bool,
}

/// A unit that only this material has, with how many of its base unit one is; > 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlternateUnit {
    pub unit: UnitCode,
    pub factor: Decimal,
}
