//! The people of the sample, and the file that keeps how they sign in.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use shared_model::ids::{OrganizationId, PlantId, UserId};
use shared_model::people::Role;

use super::{Sample, SampleError, SignIn, id};
use crate::auth::password;
use crate::edge;

/// First name, family name, what they are.
pub(super) const PEOPLE: [(&str, &str, Role); 7] = [
    ("Anna", "Keller", Role::OrganizationAdmin),
    ("Martin", "Weber", Role::PlantManager),
    ("Petra", "Lang", Role::Planner),
    ("Samir", "Haddad", Role::Supervisor),
    ("Olga", "Novak", Role::Operator),
    ("Tom", "Becker", Role::Operator),
    ("Wanda", "Fischer", Role::Warehouse),
];

/// What one installation's sample is known by.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Installed {
    pub organization: OrganizationId,
    pub is_complete: bool,
    pub sign_ins: Vec<SignIn>,
}

impl Installed {
    fn path(dir: &Path) -> PathBuf {
        dir.join("sample-sign-ins.json")
    }

    pub(super) fn read(dir: &Path) -> Result<Option<Self>, SampleError> {
        let path = Self::path(dir);
        match fs::read(&path) {
            Ok(json) => serde_json::from_slice(&json)
                .map(Some)
                .map_err(|source| SampleError::Damaged { path, source }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(SampleError::File { path, source }),
        }
    }

    /// Draws everybody's password.
    pub(super) fn create(dir: &Path) -> Result<Self, SampleError> {
        let sign_in = |(first, family, role): &(&str, &str, Role)| SignIn {
            name: format!("{first} {family}"),
            role: *role,
            email: format!("{}@riverside.example", first.to_lowercase()),
            password: password::draw(),
        };
        let installed = Self {
            organization: edge::ids().draw(),
            is_complete: false,
            sign_ins: PEOPLE.iter().map(sign_in).collect(),
        };
        installed.write(dir)?;
        Ok(installed)
    }

    /// Replaces the file as a whole. Only its owner may read it.
    pub(super) fn write(&self, dir: &Path) -> Result<(), SampleError> {
        let path = Self::path(dir);
        let fresh = path.with_extension("new");
        let write = || -> std::io::Result<()> {
            fs::create_dir_all(dir)?;
            let mut file =
                File::options().create(true).truncate(true).write(true).mode(0o600).open(&fresh)?;
            serde_json::to_writer_pretty(&mut file, self)?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            fs::rename(&fresh, &path)
        };
        write().map_err(|source| SampleError::File { path: path.clone(), source })
    }

    pub(super) fn plant(&self) -> PlantId {
        id(self.organization, "plant")
    }

    /// The person of a first name.
    pub(super) fn user(&self, first_name: &str) -> UserId {
        id(self.organization, &format!("user {}", first_name.to_lowercase()))
    }

    pub(super) fn sample(&self) -> Sample {
        Sample { organization: self.organization, plant: self.plant(), sign_ins: self.sign_ins.clone() }
    }
}
