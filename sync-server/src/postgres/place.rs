//! Where the cluster lies: in the server's data directory, or, where root's PostgreSQL may not
//! enter that, in /var/lib/unison with a note in the data directory that says so.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::Error;
use super::account::Account;
use crate::edge;

const ELSEWHERE: &str = "/var/lib/unison/clusters";
const NOTE: &str = "postgres.location";
/// The longest socket path that every system takes, less its file name `/.s.PGSQL.65535`.
const SOCKET_DIR_BYTES_MAX: usize = 100 - 16;

#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The server's data directory.
    pub(super) dir: PathBuf,
    /// The cluster's own directory: `data`, `log`, the socket.
    pub(super) cluster: PathBuf,
}

impl Place {
    pub(super) fn find(dir: &Path, account: Account) -> Result<Self, Error> {
        if !dir.exists() {
            // Passable for the other user; what is in it is not readable.
            let mode = if account.is_other() { 0o711 } else { 0o700 };
            fs::DirBuilder::new().recursive(true).mode(0o755).create(dir).map_err(Error::file(dir))?;
            fs::set_permissions(dir, fs::Permissions::from_mode(mode)).map_err(Error::file(dir))?;
        }
        let dir = dir.canonicalize().map_err(Error::file(dir))?;
        let cluster = match fs::read_to_string(dir.join(NOTE)) {
            Ok(elsewhere) => PathBuf::from(elsewhere.trim()),
            Err(_) if account.may_enter(&dir) => dir.join("postgres"),
            Err(_) => elsewhere(&dir)?,
        };
        private_dir(&cluster, account)?;
        Ok(Self { dir, cluster })
    }

    pub(super) fn data(&self) -> PathBuf {
        self.cluster.join("data")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.cluster.join("log")
    }

    /// A directory for the socket, whose path must be short.
    pub(super) fn socket_dir(&self, account: Account) -> Result<PathBuf, Error> {
        let inside = self.cluster.join("run");
        let dir = if inside.as_os_str().len() <= SOCKET_DIR_BYTES_MAX {
            inside
        } else {
            std::env::temp_dir().join(format!("unison-{}", short_name(&self.cluster)))
        };
        private_dir(&dir, account)?;
        Ok(dir)
    }
}

fn elsewhere(dir: &Path) -> Result<PathBuf, Error> {
    let base = Path::new(ELSEWHERE);
    fs::DirBuilder::new().recursive(true).mode(0o755).create(base).map_err(Error::file(base))?;
    let name: String = edge::random::<6>().iter().map(|byte| format!("{byte:02x}")).collect();
    let cluster = base.join(name);
    let note = dir.join(NOTE);
    fs::write(&note, format!("{}\n", cluster.display())).map_err(Error::file(&note))?;
    tracing::info!(
        "the user \"postgres\" may not enter {}; the database lies in {}",
        dir.display(),
        cluster.display()
    );
    Ok(cluster)
}

/// A directory that only the account may use. One that is there must be its own already: in a
/// shared temporary directory it could be somebody else's trap.
fn private_dir(dir: &Path, account: Account) -> Result<(), Error> {
    match fs::DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => account.own(dir),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let about = fs::symlink_metadata(dir).map_err(Error::file(dir))?;
            if about.is_dir() && account.owns(&about) {
                return Ok(());
            }
            let stranger = std::io::Error::other("it is there already and belongs to somebody else");
            Err(Error::File { path: dir.to_owned(), source: stranger })
        }
        Err(error) => Err(Error::File { path: dir.to_owned(), source: error }),
    }
}

fn short_name(path: &Path) -> String {
    use sha2::{Digest as _, Sha256};
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}
