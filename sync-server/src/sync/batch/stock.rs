//! Stock on hand, as far as a batch has looked at it.

use std::collections::{BTreeMap, BTreeSet};

use shared_model::ids::PlantId;
use shared_model::quantity::Amount;
use shared_model::stock::{StockKey, StockLevels};

use crate::db::{Error, TenantTx, stock};

#[derive(Default)]
pub(super) struct Stock(BTreeMap<StockKey, Amount>);

impl Stock {
    /// Loads what is not loaded yet.
    pub(super) async fn load(
        &mut self,
        tx: &mut TenantTx,
        plant: PlantId,
        keys: BTreeSet<StockKey>,
    ) -> Result<(), Error> {
        let missing: Vec<StockKey> = keys.into_iter().filter(|key| !self.0.contains_key(key)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let found = stock::levels(tx, plant, &missing).await?;
        self.0.extend(missing.into_iter().map(|key| (key, Amount::ZERO)));
        self.0.extend(found);
        Ok(())
    }

    /// The levels at a few keys, so that a decision does not copy them all.
    pub(super) fn only(&self, keys: &[StockKey]) -> StockLevels {
        let distinct: BTreeSet<&StockKey> = keys.iter().collect();
        distinct.into_iter().filter_map(|key| Some((key.clone(), *self.0.get(key)?))).collect()
    }

    pub(super) fn put(&mut self, levels: &StockLevels) {
        self.0.extend(levels.iter().map(|(key, amount)| (key.clone(), amount)));
    }
}
