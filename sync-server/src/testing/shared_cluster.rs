//! One PostgreSQL for all tests of a machine.
//!
//! The first test process starts it, every other one finds it running. A process that uses it
//! holds a shared lock on `users.lock`; a small shell in the background stops the cluster and
//! removes it when nobody has held that lock for some minutes.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tokio::sync::OnceCell;

use crate::db::migrate;
use crate::postgres::{Access, Cluster, Durability, in_database};

/// $1 is pg_ctl, $2 the cluster's data, $3 the directory of it all.
const REAPER: &str = r#"
idle=0
while sleep 5; do
    [ -f "$3/users.lock" ] || exit
    if flock --nonblock --exclusive "$3/users.lock" true; then idle=$((idle + 1)); else idle=0; fi
    [ "$idle" -lt 120 ] && continue
    flock --nonblock --exclusive "$3/users.lock" "$1" stop -D "$2" -m immediate && exit
done
"#;

#[derive(Debug)]
pub(super) struct SharedCluster {
    pub(super) access: Access,
    pub(super) template: String,
    /// Held as long as this process may use the cluster.
    _user: File,
}

impl SharedCluster {
    pub(super) async fn get() -> &'static Self {
        static SHARED: OnceCell<SharedCluster> = OnceCell::const_new();
        SHARED.get_or_init(Self::open).await
    }

    async fn open() -> Self {
        let dir = directory();
        fs::create_dir_all(&dir).expect("a directory for the tests' PostgreSQL");
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o711)).expect("our own directory");
        let gate = lock_file(&dir.join("gate.lock"));
        let user = lock_file(&dir.join("users.lock"));
        // Blocking is fine: whoever holds the gate is starting the cluster that we wait for.
        gate.lock().expect("a lock");
        user.lock_shared().expect("a lock");
        let access = match Cluster::running(&dir.join("cluster")).await {
            Some(access) => access,
            None => start(&dir).await,
        };
        let template = template(&access).await;
        drop(gate);
        Self { access, template, _user: user }
    }
}

fn directory() -> PathBuf {
    std::env::var_os("UNISON_TEST_PG_DIR").map_or_else(
        || {
            let user = std::env::var("USER").unwrap_or_else(|_| "nobody".to_owned());
            std::env::temp_dir().join(format!("unison-tests-{user}"))
        },
        PathBuf::from,
    )
}

fn lock_file(path: &Path) -> File {
    File::options().create(true).truncate(false).read(true).write(true).open(path).expect("a lock file")
}

async fn start(dir: &Path) -> Access {
    let cluster = Cluster::start_with(&dir.join("cluster"), Durability::Volatile)
        .await
        .unwrap_or_else(|error| panic!("PostgreSQL for the tests: {error}"));
    let access = cluster.access().clone();
    if let Some(mut reaper) = cluster.shell_to_stop(REAPER) {
        reaper.arg(dir).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Without it the cluster runs on until somebody stops it: no reason to fail a test.
        let _ = reaper.spawn();
    }
    cluster.leave_running();
    access
}

/// A database with today's migrations, for others to be copied from.
async fn template(access: &Access) -> String {
    let name = format!("template_{}", migrate::fingerprint());
    let mut admin = access.admin.connect().await.expect("the tests' PostgreSQL answers");
    let is_ready: Option<bool> =
        sqlx::query_scalar("select datistemplate from pg_database where datname = $1")
            .bind(&name)
            .fetch_optional(&mut admin)
            .await
            .expect("a catalog query");
    if is_ready != Some(true) {
        run(&mut admin, format!("drop database if exists {name} with (force)")).await;
        run(&mut admin, format!("create database {name} owner unison_owner")).await;
        migrate::run(&in_database(access, &name).owner)
            .await
            .unwrap_or_else(|error| panic!("migrations: {error:?}"));
        // Nobody can be connected to it when it is copied.
        run(&mut admin, format!("alter database {name} is_template true allow_connections false")).await;
    }
    let _ = admin.close().await;
    name
}

pub(super) async fn run(admin: &mut PgConnection, statement: String) {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(admin).await.expect("a statement of the harness");
}
