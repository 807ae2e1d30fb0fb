//! Suppliers: whom materials are bought from.

use serde::{Deserialize, Serialize};

use crate::ids::SupplierId;
use crate::money::Currency;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supplier {
    pub id: SupplierId,
    /// 1–255 characters; unique in an organization without regard to case.
    pub name: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub website: String,
    /// What they invoice in.
    #[serde(default)]
    pub currency: Option<Currency>,
    pub is_active: bool,
}
