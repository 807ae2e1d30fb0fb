//! The embedded cluster: made at first use, started and stopped with the server, recovered after
//! a crash of either.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use sqlx::postgres::PgConnectOptions;

use super::account::Account;
use super::binaries::Binaries;
use super::place::Place;
use super::postmaster::{self, PATIENCE, Postmaster, run};
use super::secrets::{Secrets, write_private};
use super::{Access, Error, roles};

const ADMIN: &str = "postgres";

/// Whether a commit survives a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    Durable,
    /// For tests: faster, and worthless after a crash of the machine.
    Volatile,
}

/// A running cluster. Dropping it stops it.
#[derive(Debug)]
pub struct Cluster {
    postmaster: Option<Arc<Postmaster>>,
    access: Access,
    /// Held as long as the cluster is ours.
    _lock: File,
}

impl Cluster {
    /// Starts the cluster of a data directory; makes it first when there is none.
    ///
    /// # Errors
    /// In words for the person who started the server.
    pub async fn start(dir: &Path) -> Result<Self, Error> {
        Self::start_with(dir, Durability::Durable).await
    }

    /// # Errors
    /// As [`Cluster::start`].
    pub async fn start_with(dir: &Path, durability: Durability) -> Result<Self, Error> {
        let dir = dir.to_owned();
        let (postmaster, admin, secrets, lock) =
            tokio::task::spawn_blocking(move || start_blocking(&dir, durability))
                .await
                .map_err(|panic| Error::Failed { program: "PostgreSQL", output: panic.to_string() })??;
        let access = match roles::prepare(&admin, &secrets).await {
            Ok(access) => access,
            Err(error) => {
                let _ = postmaster.stop();
                return Err(error);
            }
        };
        Ok(Self { postmaster: Some(Arc::new(postmaster)), access, _lock: lock })
    }

    #[must_use]
    pub const fn access(&self) -> &Access {
        &self.access
    }

    /// Stops the cluster: connections are cut, nothing that was committed is lost. Blocks.
    ///
    /// # Errors
    /// When it does not stop.
    pub fn stop(mut self) -> Result<(), Error> {
        self.postmaster.take().map_or(Ok(()), |postmaster| postmaster.stop())
    }

    /// Leaves the cluster running when this value is dropped: for tests, which share one.
    pub(crate) fn leave_running(mut self) {
        self.postmaster = None;
    }

    /// Starts PostgreSQL again whenever it has ended, on the same port and data. Comes back, with
    /// the last reason, when that has failed for two minutes.
    pub async fn keep(&self) -> Error {
        let Some(postmaster) = &self.postmaster else { return std::future::pending().await };
        postmaster::keep(postmaster, PATIENCE).await
    }

    /// The cluster of a directory, if another process runs it: for commands beside the server.
    pub async fn running(dir: &Path) -> Option<Access> {
        let account = Account::find().ok()?;
        let place = Place::find(dir, account).ok()?;
        let secrets = Secrets::load(&place.dir)?;
        let port = fs::read_to_string(place.cluster.join("port")).ok()?.trim().parse().ok()?;
        let access = roles::logins(&admin(&place, account, port, &secrets).ok()?, &secrets);
        roles::work(&access).await.then_some(access)
    }

    /// A shell command that stops the cluster of a directory, for whoever outlives us.
    pub(crate) fn shell_to_stop(&self, script: &str) -> Option<Command> {
        let postmaster = self.postmaster.as_ref()?;
        let mut shell = postmaster.account.command(Path::new("setsid"));
        shell.args(["sh", "-c", script, "reaper"]);
        shell.arg(postmaster.binaries.program("pg_ctl")).arg(postmaster.place.data());
        Some(shell)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(postmaster) = self.postmaster.take()
            && let Err(error) = postmaster.stop()
        {
            tracing::error!("PostgreSQL did not stop: {error}");
        }
    }
}

type Started = (Postmaster, PgConnectOptions, Secrets, File);

fn start_blocking(dir: &Path, durability: Durability) -> Result<Started, Error> {
    let account = Account::find()?;
    let place = Place::find(dir, account)?;
    let lock = lock(&place.dir)?;
    let made_by = made_by(&place.data());
    let data = place.data();
    let binaries = Binaries::find(made_by.map(|version| (version, data.as_path())))?;
    let secrets = match (made_by, Secrets::load(&place.dir)) {
        (Some(_), Some(secrets)) => secrets,
        (Some(_), None) => {
            return Err(Error::NoSecrets { dir: data, secrets: Secrets::path(&place.dir) });
        }
        (None, _) => {
            let secrets = Secrets::create(&place.dir)?;
            make(&place, account, &binaries, &secrets)?;
            secrets
        }
    };
    let postmaster = Postmaster::new(account, binaries, place);
    postmaster.end_orphan()?;
    let port = launch(&postmaster, durability)?;
    let admin = admin(&postmaster.place, account, port, &secrets)?;
    Ok((postmaster, admin, secrets, lock))
}

fn admin(place: &Place, account: Account, port: u16, secrets: &Secrets) -> Result<PgConnectOptions, Error> {
    Ok(PgConnectOptions::new_without_pgpass()
        .host(&place.socket_dir(account)?.to_string_lossy())
        .port(port)
        .username(ADMIN)
        .password(&secrets.admin)
        .database("postgres"))
}

fn lock(dir: &Path) -> Result<File, Error> {
    let path = dir.join("server.lock");
    let file =
        File::options().create(true).truncate(false).write(true).open(&path).map_err(Error::file(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(Error::InUse(dir.to_owned())),
        Err(fs::TryLockError::Error(source)) => Err(Error::File { path, source }),
    }
}

/// The major version of the database that is there.
fn made_by(data: &Path) -> Option<u32> {
    fs::read_to_string(data.join("PG_VERSION")).ok()?.trim().parse().ok()
}

/// Makes the cluster beside its place and moves it there when it is whole, so that a crash in
/// between leaves nothing that looks like a database.
fn make(place: &Place, account: Account, binaries: &Binaries, secrets: &Secrets) -> Result<(), Error> {
    let fresh = place.cluster.join("data.new");
    if fresh.exists() {
        fs::remove_dir_all(&fresh).map_err(Error::file(&fresh))?;
    }
    let password = place.cluster.join("password");
    write_private(&password, secrets.admin.as_bytes()).map_err(Error::file(&password))?;
    account.own(&password)?;
    let made = ["C.UTF-8", "C"].into_iter().fold(None, |made: Option<Result<(), Error>>, locale| {
        if matches!(made, Some(Ok(()))) {
            return made;
        }
        let mut command = account.command(&binaries.program("initdb"));
        command.arg("-D").arg(&fresh).arg("--pwfile").arg(&password).args([
            "--username",
            ADMIN,
            "--auth",
            "scram-sha-256",
            "--encoding",
            "UTF8",
            "--locale",
            locale,
            "--data-checksums",
        ]);
        Some(run("initdb", command))
    });
    let _ = fs::remove_file(&password);
    made.unwrap_or(Err(Error::NoBinaries))?;
    fs::rename(&fresh, place.data()).map_err(Error::file(&fresh))
}

/// Starts it on a free port of the loopback interface and says which.
fn launch(postmaster: &Postmaster, durability: Durability) -> Result<u16, Error> {
    let place = &postmaster.place;
    let port_file = place.cluster.join("port");
    let earlier = fs::read_to_string(&port_file).ok().and_then(|port| port.trim().parse().ok());
    let mut failure = None;
    // A port that was free a moment ago may be taken now.
    for candidate in [earlier, None, None, None] {
        let port = free_port(candidate)?;
        configure(place, postmaster.account, port, durability)?;
        match postmaster.start() {
            Ok(()) => {
                fs::write(&port_file, format!("{port}\n")).map_err(Error::file(&port_file))?;
                return Ok(port);
            }
            Err(error) => failure = Some(error),
        }
    }
    Err(failure.unwrap_or(Error::NoBinaries))
}

fn free_port(wanted: Option<u16>) -> Result<u16, Error> {
    let bind = |port| TcpListener::bind(("127.0.0.1", port)).and_then(|listener| listener.local_addr());
    wanted
        .and_then(|port| bind(port).ok())
        .map_or_else(|| bind(0), Ok)
        .map(|address| address.port())
        .map_err(Error::file("127.0.0.1"))
}

fn configure(place: &Place, account: Account, port: u16, durability: Durability) -> Result<(), Error> {
    let switch = if durability == Durability::Durable { "on" } else { "off" };
    // Tests come and go with their connections: a half-open one must not hold the others up for long.
    let authentication_secs = if durability == Durability::Durable { 60 } else { 20 };
    let socket_dir = place.socket_dir(account)?;
    let socket_dir = socket_dir.to_string_lossy().replace('\'', "''");
    let settings = format!(
        "# Written by unison-server at every start.\n\
         listen_addresses = '127.0.0.1'\n\
         port = {port}\n\
         unix_socket_directories = '{socket_dir}'\n\
         unix_socket_permissions = 0700\n\
         password_encryption = 'scram-sha-256'\n\
         max_connections = 100\n\
         fsync = {switch}\n\
         synchronous_commit = {switch}\n\
         full_page_writes = {switch}\n\
         autovacuum = {switch}\n\
         authentication_timeout = {authentication_secs}\n\
         jit = off\n\
         timezone = 'UTC'\n\
         log_timezone = 'UTC'\n\
         log_min_messages = 'warning'\n\
         # Without the rows that were refused: they hold personal data.\n\
         log_error_verbosity = 'terse'\n"
    );
    let path = place.data().join("postgresql.auto.conf");
    write_private(&path, settings.as_bytes()).map_err(Error::file(&path))?;
    account.own(&path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::eventually;

    /// A directory that the user "postgres" may enter.
    fn directory() -> tempfile::TempDir {
        directory_of_mode(0o711)
    }

    fn directory_of_mode(mode: u32) -> tempfile::TempDir {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().expect("a directory");
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).expect("our own directory");
        dir
    }

    async fn answers(access: &Access) -> bool {
        use sqlx::ConnectOptions as _;
        let Ok(mut connection) = access.owner.connect().await else { return false };
        sqlx::query("create table if not exists witness (n integer)").execute(&mut connection).await.is_ok()
    }

    fn postmaster(cluster: &Cluster) -> &Arc<Postmaster> {
        cluster.postmaster.as_ref().expect("it is ours")
    }

    fn process(cluster: &Cluster) -> u32 {
        postmaster(cluster).process().expect("it runs")
    }

    #[tokio::test]
    async fn a_cluster_is_made_once_and_started_again_on_the_same_data() {
        let dir = directory();
        let data = dir.path().join("not there yet");
        let first = Cluster::start_with(&data, Durability::Volatile).await.expect("starts");
        assert!(answers(first.access()).await);
        let port = first.access().app.get_port();
        first.stop().expect("stops");
        let again = Cluster::start_with(&data, Durability::Volatile).await.expect("starts");
        let owner = again.access().owner.clone();
        let mut connection = sqlx::ConnectOptions::connect(&owner).await.expect("connects");
        sqlx::query("select n from witness").fetch_all(&mut connection).await.expect("the table is there");
        assert_eq!(again.access().app.get_port(), port, "pools find it where it was");
    }

    #[tokio::test]
    async fn a_second_server_on_the_same_directory_is_turned_away() {
        let dir = directory();
        let _first = Cluster::start_with(dir.path(), Durability::Volatile).await.expect("starts");
        let second = Cluster::start_with(dir.path(), Durability::Volatile).await.expect_err("in use");
        assert!(second.to_string().contains("another server is working on"), "{second}");
        assert!(Cluster::running(dir.path()).await.is_some(), "a command beside the server may connect");
    }

    #[tokio::test]
    async fn a_server_that_was_killed_leaves_a_postgresql_that_the_next_one_replaces() {
        let dir = directory();
        let first = Cluster::start_with(dir.path(), Durability::Volatile).await.expect("starts");
        let orphan = process(&first);
        // As when the server is killed: it stops nothing.
        first.leave_running();
        let second = Cluster::start_with(dir.path(), Durability::Volatile).await.expect("starts");
        assert_ne!(process(&second), orphan);
        assert!(answers(second.access()).await);
    }

    #[tokio::test]
    async fn a_killed_postgresql_starts_again_even_if_its_process_number_is_somebody_elses_now() {
        let dir = directory();
        let first = Cluster::start_with(dir.path(), Durability::Volatile).await.expect("starts");
        let note = postmaster(&first).place.data().join("postmaster.pid");
        let content = fs::read_to_string(&note).expect("a note");
        first.stop().expect("stops");
        let ours =
            content.replacen(content.lines().next().expect("a line"), &std::process::id().to_string(), 1);
        fs::write(&note, ours).expect("writes");
        let second = Cluster::start_with(dir.path(), Durability::Volatile).await.expect("starts");
        assert!(answers(second.access()).await);
    }

    /// As when the operating system is short of memory.
    fn kill(pid: u32) {
        let status = Command::new("kill").args(["-KILL", &pid.to_string()]).status().expect("a kill");
        assert!(status.success());
    }

    #[tokio::test]
    async fn a_postgresql_that_is_killed_or_stopped_by_hand_is_started_again_where_it_was() {
        let dir = directory();
        let cluster = Arc::new(Cluster::start_with(dir.path(), Durability::Volatile).await.expect("starts"));
        assert!(answers(cluster.access()).await);
        let keeper = Arc::clone(&cluster);
        let keeping = tokio::spawn(async move { keeper.keep().await });

        let killed = process(&cluster);
        kill(killed);
        eventually("another one", async || {
            postmaster(&cluster).process() != Some(killed) && answers(cluster.access()).await
        })
        .await;

        let stopped = process(&cluster);
        let mut stop = postmaster(&cluster).account.command(&postmaster(&cluster).binaries.program("pg_ctl"));
        stop.arg("stop").arg("-D").arg(postmaster(&cluster).place.data()).args(["-m", "immediate", "-w"]);
        run("pg_ctl stop", stop).expect("stops");
        eventually("a third one", async || {
            postmaster(&cluster).process().is_some_and(|it| it != stopped) && answers(cluster.access()).await
        })
        .await;
        keeping.abort();
    }

    #[tokio::test]
    async fn a_postgresql_that_cannot_start_is_tried_until_it_can_and_one_that_was_stopped_stays_so() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = directory();
        let cluster = Arc::new(Cluster::start_with(dir.path(), Durability::Volatile).await.expect("starts"));
        let keeper = Arc::clone(&cluster);
        let keeping = tokio::spawn(async move { keeper.keep().await });
        // PostgreSQL refuses data that others may read.
        let data = postmaster(&cluster).place.data();
        fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).expect("ours");
        let log = postmaster(&cluster).place.log();
        kill(process(&cluster));
        eventually("an attempt", async || {
            fs::read_to_string(&log).is_ok_and(|log| log.contains("invalid permissions"))
        })
        .await;
        assert!(!answers(cluster.access()).await);
        fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).expect("ours");
        eventually("a start", async || answers(cluster.access()).await).await;

        let stopping = Arc::clone(postmaster(&cluster));
        tokio::task::spawn_blocking(move || stopping.stop()).await.expect("no panic").expect("stops");
        let again = Arc::clone(postmaster(&cluster));
        let is_revived = tokio::task::spawn_blocking(move || again.revive()).await.expect("no panic");
        assert!(!is_revived.expect("nothing to do"), "the server stopped it");
        assert!(!answers(cluster.access()).await);
        keeping.abort();
    }

    #[tokio::test]
    async fn a_postgresql_that_does_not_start_again_gives_its_reason_in_the_end() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = directory();
        let cluster = Cluster::start_with(dir.path(), Durability::Volatile).await.expect("starts");
        let data = postmaster(&cluster).place.data();
        fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).expect("ours");
        kill(process(&cluster));
        let reason = postmaster::keep(postmaster(&cluster), std::time::Duration::from_secs(1)).await;
        assert!(reason.to_string().contains("invalid permissions"), "{reason}");
    }

    #[tokio::test]
    async fn passwords_are_asked_for_and_readable_by_nobody_else() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = directory();
        let cluster = Cluster::start_with(dir.path(), Durability::Volatile).await.expect("starts");
        let mode = Secrets::path(dir.path()).metadata().expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        for host in ["127.0.0.1".to_owned(), cluster.access().app.get_host().to_owned()] {
            let guess = cluster.access().app.clone().host(&host).password("guess");
            assert!(sqlx::ConnectOptions::connect(&guess).await.is_err(), "{host}");
        }
    }

    /// As under /root. Only root's PostgreSQL is somebody else; for everybody else nothing is shown.
    #[tokio::test]
    async fn a_directory_that_postgresql_may_not_enter_gets_its_database_elsewhere() {
        let dir = directory_of_mode(0o700);
        let cluster = Cluster::start_with(dir.path(), Durability::Volatile).await.expect("starts");
        assert!(answers(cluster.access()).await);
        let place = Place::find(dir.path(), Account::find().expect("an account")).expect("a place");
        drop(cluster);
        if !place.cluster.starts_with(dir.path()) {
            fs::remove_dir_all(&place.cluster).expect("it is ours");
        }
    }
}
