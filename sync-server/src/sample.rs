//! A small plant to look around in: Riverside Works, which welds and assembles hand trucks and
//! workbenches. Loaded into an empty database, dated relative to the day on which it is loaded.
//!
//! Its people get passwords of their own at every installation; they are kept in a file of the data
//! directory, so that a later start can print them again. Its history is made of the commands that
//! its people gave, judged like all commands.

mod calendar;
mod parts;
mod people;
mod records;
mod story;

#[cfg(test)]
mod tests;

use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use shared_model::ids::{IdSource, OrganizationId, PlantId};
use shared_model::people::Role;
use shared_model::refusal::Refusal;
use shared_model::time::Timestamp;
use uuid::Uuid;

use self::people::Installed;
use crate::auth::password::PasswordError;
use crate::db::user::UserError;
use crate::db::{self, SystemTx, TenantTx, organization};
use crate::sync::{Fault, Sync};

/// How to sign in as somebody of the sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    pub name: String,
    pub role: Role,
    pub email: String,
    pub password: String,
}

/// The sample as it was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    pub organization: OrganizationId,
    pub plant: PlantId,
    pub sign_ins: Vec<SignIn>,
}

#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    #[error("{path} cannot be written or read")]
    File { path: std::path::PathBuf, source: std::io::Error },
    #[error("{path} is damaged; remove it and the sample's organization, or restore it")]
    Damaged { path: std::path::PathBuf, source: serde_json::Error },
    #[error(transparent)]
    Db(#[from] db::Error),
    #[error("the sample's people cannot be added")]
    User(#[from] UserError),
    #[error("the sample's passwords cannot be hashed")]
    Password(#[from] PasswordError),
    #[error("the sample's history cannot be written")]
    Fault(#[from] Fault),
    #[error("the step {step} of the sample's history was refused")]
    Refused { step: String, source: Refusal },
}

/// Loads the sample into an empty database; completes it where that was interrupted; and just says
/// how to sign in where it is there. None where there is something else.
///
/// # Errors
/// When the database does not answer, or the file of the passwords cannot be kept.
pub async fn load(sync: &Sync, dir: &Path, now: Timestamp) -> Result<Option<Sample>, SampleError> {
    let mut system = SystemTx::begin(sync.pools()).await?;
    let organizations: Vec<OrganizationId> =
        organization::all(&mut system).await?.into_iter().map(|(id, ..)| id).collect();
    drop(system);
    let installed = match Installed::read(dir)? {
        Some(installed) => installed,
        None if organizations.is_empty() => Installed::create(dir)?,
        None => return Ok(None),
    };
    if !organizations.contains(&installed.organization) {
        if !organizations.is_empty() {
            return Ok(None);
        }
        // Before anything of it is there: a crash from here on leaves what can be completed.
        let mut fresh = installed.clone();
        fresh.is_complete = false;
        fresh.write(dir)?;
        let mut tx = TenantTx::begin(sync.pools(), installed.organization, None).await?;
        records::write(&mut tx, &installed).await?;
        tx.commit().await?;
        return complete(sync, dir, fresh, now).await.map(Some);
    }
    if !installed.is_complete {
        return complete(sync, dir, installed, now).await.map(Some);
    }
    Ok(Some(installed.sample()))
}

async fn complete(
    sync: &Sync,
    dir: &Path,
    mut installed: Installed,
    now: Timestamp,
) -> Result<Sample, SampleError> {
    story::tell(sync, &installed, now).await?;
    installed.is_complete = true;
    installed.write(dir)?;
    Ok(installed.sample())
}

/// The id of something in one installation's sample, the same at every try.
fn id<T: From<Uuid>>(organization: OrganizationId, name: &str) -> T {
    /// 2026-01-01
    const EPOCH: Timestamp = Timestamp::from_millis(1_767_225_600_000);
    let mut seed = [0; 16];
    seed.copy_from_slice(&Sha256::digest(format!("{organization}/{name}"))[..16]);
    IdSource::new(EPOCH, seed).draw()
}
