//! How much happens at once when a thousand devices come back together: the rest waits its turn, in
//! memory that does not grow with them.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Hellos that are answered at once: few enough that they never wait for each other's connections to
/// the database.
const HELLOS: usize = 8;
/// Batches that are read and packed at once for devices that are far behind.
const READS: usize = 4;
/// What such batches may take in memory until they are written to their sockets, in KiB.
const PACKED_KIB: u32 = 64 * 1024;

/// Comparisons that are answered at once: nobody waits for one.
const COMPARISONS: usize = 2;

#[derive(Debug)]
pub(super) struct Admission {
    hellos: Arc<Semaphore>,
    comparisons: Arc<Semaphore>,
    reads: Arc<Semaphore>,
    packed: Arc<Semaphore>,
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn(#[expect(dead_code, reason = "held, not read")] Option<OwnedSemaphorePermit>);

impl Default for Admission {
    fn default() -> Self {
        let packed = usize::try_from(PACKED_KIB).unwrap_or(usize::MAX);
        Self {
            hellos: Arc::new(Semaphore::new(HELLOS)),
            comparisons: Arc::new(Semaphore::new(COMPARISONS)),
            reads: Arc::new(Semaphore::new(READS)),
            packed: Arc::new(Semaphore::new(packed)),
        }
    }
}

impl Admission {
    pub(super) async fn hello(&self) -> Turn {
        turn(&self.hellos, 1).await
    }

    pub(super) async fn comparison(&self) -> Turn {
        turn(&self.comparisons, 1).await
    }

    pub(super) async fn read(&self) -> Turn {
        turn(&self.reads, 1).await
    }

    /// Room for a packed batch. One that is larger than all room there is gets all of it.
    pub(super) async fn packed(&self, bytes: usize) -> Turn {
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        turn(&self.packed, kib.min(PACKED_KIB)).await
    }
}

async fn turn(of: &Arc<Semaphore>, permits: u32) -> Turn {
    // It is never closed.
    Turn(Arc::clone(of).acquire_many_owned(permits).await.ok())
}
