//! Who is connected. Once a minute, for all connections together: their devices' last sign of life is
//! noted, and those that were revoked meanwhile are told.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared_model::ids::{DeviceId, OrganizationId};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use super::Inner;
use super::queue::error_chain;
use crate::db::{Error, TenantTx, device};
use crate::edge;

const EVERY: Duration = Duration::from_secs(60);

type Devices = HashMap<(OrganizationId, DeviceId), Here>;

#[derive(Default)]
pub(super) struct Attendance(Arc<Mutex<Devices>>);

#[derive(Default)]
struct Here {
    connections: usize,
    is_revoked: watch::Sender<bool>,
}

/// One connection of a device, until it is dropped.
pub(super) struct Present {
    all: Arc<Mutex<Devices>>,
    who: (OrganizationId, DeviceId),
    is_revoked: watch::Receiver<bool>,
}

impl Attendance {
    pub(super) fn enter(&self, organization: OrganizationId, device: DeviceId) -> Present {
        let who = (organization, device);
        let mut all = lock(&self.0);
        let here = all.entry(who).or_default();
        here.connections += 1;
        Present { all: Arc::clone(&self.0), who, is_revoked: here.is_revoked.subscribe() }
    }

    fn present(&self) -> BTreeMap<OrganizationId, Vec<Uuid>> {
        let mut present: BTreeMap<_, Vec<Uuid>> = BTreeMap::new();
        for (organization, device) in lock(&self.0).keys() {
            present.entry(*organization).or_default().push(device.uuid());
        }
        present
    }

    fn revoked(&self, organization: OrganizationId, devices: Vec<DeviceId>) {
        let all = lock(&self.0);
        for here in devices.into_iter().filter_map(|device| all.get(&(organization, device))) {
            here.is_revoked.send_replace(true);
        }
    }
}

impl Present {
    /// Comes back when the device was revoked.
    pub(super) async fn revoked(&mut self) {
        if self.is_revoked.wait_for(|is_revoked| *is_revoked).await.is_err() {
            // The sender lives as long as this does.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut all = lock(&self.all);
        if let Some(here) = all.get_mut(&self.who) {
            here.connections -= 1;
            if here.connections == 0 {
                all.remove(&self.who);
            }
        }
    }
}

fn lock(all: &Mutex<Devices>) -> MutexGuard<'_, Devices> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks around once a minute, as long as the sync lives.
pub(super) fn watch_over(inner: &Arc<Inner>) {
    let inner = Arc::downgrade(inner);
    tokio::spawn(async move {
        let mut minute = interval(EVERY);
        minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            minute.tick().await;
            let Some(inner) = inner.upgrade() else { return };
            if let Err(error) = look_around(&inner).await {
                tracing::warn!(error = %error_chain(&error), "nobody knows who is revoked; asking again later");
            }
        }
    });
}

pub(super) async fn look_around(inner: &Inner) -> Result<(), Error> {
    for (organization, devices) in inner.attendance.present() {
        let mut tx = TenantTx::begin(&inner.pools, organization, None).await?;
        let revoked = device::attend(&mut tx, &devices, edge::now()).await?;
        tx.commit().await?;
        inner.attendance.revoked(organization, revoked);
    }
    Ok(())
}
