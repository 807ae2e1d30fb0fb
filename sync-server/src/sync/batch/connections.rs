//! Whose turn it is on each connection of a batch. It changes with the transaction, or not at all.

use std::sync::{Arc, Mutex, PoisonError};

use shared_model::sync::turns::Turns;

/// The turns of one connection, which its pushes share.
pub(in crate::sync) type Connection = Arc<Mutex<Turns>>;

/// The connections of a batch, each once.
pub(super) struct Connections<'a>(Vec<&'a Connection>);

impl<'a> Connections<'a> {
    /// Of pushes, several of which may come from one connection.
    pub(super) fn of(pushes: impl IntoIterator<Item = &'a Connection>) -> Self {
        let mut distinct: Vec<&Connection> = Vec::new();
        for connection in pushes {
            if !distinct.iter().any(|known| Arc::ptr_eq(known, connection)) {
                distinct.push(connection);
            }
        }
        Self(distinct)
    }

    /// Its place among the connections of the batch.
    pub(super) fn place(&self, connection: &Connection) -> usize {
        self.0.iter().position(|known| Arc::ptr_eq(known, connection)).unwrap_or_default()
    }

    /// The turns as they were before the batch.
    pub(super) fn turns(&self) -> Vec<Turns> {
        self.0.iter().map(|connection| lock(connection).clone()).collect()
    }

    /// Keeps the turns after the batch was committed.
    pub(super) fn keep(&self, turns: Vec<Turns>) {
        for (connection, after) in self.0.iter().zip(turns) {
            *lock(connection) = after;
        }
    }
}

fn lock(connection: &Connection) -> std::sync::MutexGuard<'_, Turns> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}
