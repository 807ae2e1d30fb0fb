//! The reference data of each plant, kept in memory and brought up to date with what was written
//! since.
//!
//! **Invariant:** nobody asks in a transaction that wrote records itself: it may be rolled back, and
//! the memory is not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use shared_model::catalog::Records;
use shared_model::ids::PlantId;

use crate::db::{Error, TenantTx, record};

#[derive(Default)]
pub(crate) struct Catalogs(Mutex<HashMap<PlantId, Cached>>);

#[derive(Clone)]
struct Cached {
    records: Arc<Records>,
    /// The last entries of the organization's and the plant's feed that wrote a record of it.
    seen: (u64, u64),
}

impl Catalogs {
    /// The reference data that the transaction sees.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn current(&self, tx: &mut TenantTx, plant: PlantId) -> Result<Arc<Records>, Error> {
        let known = self.lock().get(&plant).cloned();
        let mut cached =
            known.unwrap_or_else(|| Cached { records: Arc::new(Records::new(plant, [])), seen: (0, 0) });
        let (news, seen) = record::since(tx, plant, cached.seen).await?;
        if news.is_empty() {
            return Ok(cached.records);
        }
        let records = Arc::make_mut(&mut cached.records);
        for record in news {
            records.put(record);
        }
        cached.seen = seen;
        let mut all = self.lock();
        // Of two transactions, the one that saw more is right.
        if all.get(&plant).is_none_or(|other| other.seen.0 <= seen.0 && other.seen.1 <= seen.1) {
            all.insert(plant, cached.clone());
        }
        Ok(cached.records)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<PlantId, Cached>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
