//! A database of one's own for one test.

use std::time::Duration;

use sqlx::{ConnectOptions as _, Connection as _};

use super::shared_cluster::{SharedCluster, run};
use crate::db::Pools;
use crate::edge;
use crate::postgres::{Access, in_database};

/// A fresh, migrated database. Dropping it drops the database.
#[derive(Debug)]
pub struct TestDb {
    name: String,
    access: Access,
    pools: Pools,
}

impl TestDb {
    /// # Panics
    /// When there is no PostgreSQL on this machine.
    pub async fn new() -> Self {
        let shared = SharedCluster::get().await;
        Self::of(shared, &format!("template {}", shared.template)).await
    }

    /// A database without any tables.
    ///
    /// # Panics
    /// As [`Self::new`].
    pub async fn empty() -> Self {
        Self::of(SharedCluster::get().await, "").await
    }

    async fn of(shared: &SharedCluster, source: &str) -> Self {
        let name = format!("test_{}", edge::ids().draw::<uuid::Uuid>().simple());
        let mut admin = shared.access.admin.connect().await.expect("the tests' PostgreSQL answers");
        run(&mut admin, format!("create database {name} {source} owner unison_owner")).await;
        let _ = admin.close().await;
        let access = in_database(&shared.access, &name);
        let pools = Pools::new(&access);
        Self { name, access, pools }
    }

    /// Does what no server does, past row level security: a fault of a disk, or a long time.
    ///
    /// # Panics
    /// When the statement is wrong.
    pub async fn force(&self, sql: &str) {
        let mut admin = self.access.admin.clone().database(&self.name).connect().await.expect("connects");
        run(&mut admin, sql.to_owned()).await;
        let _ = admin.close().await;
    }

    #[must_use]
    pub const fn pools(&self) -> &Pools {
        &self.pools
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Logins to this database; `admin` is to the cluster.
    #[must_use]
    pub const fn access(&self) -> &Access {
        &self.access
    }
}

/// How long a test waits for its database to be dropped.
///
/// PostgreSQL asks all of its processes before it drops one, and a connection that is only half open
/// does not answer until its client goes on, or for a minute. The client may be this very thread, which
/// waits here. What was asked for is done when the test is over, too.
const PATIENCE: Duration = Duration::from_secs(3);

impl Drop for TestDb {
    fn drop(&mut self) {
        let (name, admin) = (self.name.clone(), self.access.admin.clone());
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            let dropped = async {
                let mut admin = admin.connect().await.ok()?;
                run(&mut admin, format!("drop database if exists {name} with (force)")).await;
                admin.close().await.ok()
            };
            runtime.block_on(async { tokio::time::timeout(PATIENCE, dropped).await.ok()? })
        });
        let _ = dropping.join();
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    use super::*;

    /// A connection that has been asked for its password and does not answer, as one that a test was
    /// about to open when it ended.
    fn half_open(db: &TestDb) -> TcpStream {
        let mut stream =
            TcpStream::connect(("127.0.0.1", db.access.app.get_port())).expect("PostgreSQL listens");
        let mut hello = Vec::from(196_608_u32.to_be_bytes());
        hello.extend(format!("user\0unison_app\0database\0{}\0\0", db.name).bytes());
        let length = u32::try_from(hello.len() + 4).expect("short");
        stream.write_all(&[&length.to_be_bytes()[..], &hello].concat()).expect("sends");
        let mut asked = [0];
        stream.read_exact(&mut asked).expect("an answer");
        assert_eq!(asked, [b'R'], "it is asked who it is");
        stream
    }

    #[tokio::test]
    async fn a_test_ends_although_a_connection_of_it_is_only_half_open() {
        let db = TestDb::new().await;
        let (name, admin) = (db.name.clone(), db.access.admin.clone());
        let stream = half_open(&db);
        let begun = tokio::time::Instant::now();
        drop(db);
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        drop(stream);
        let mut admin = admin.connect().await.expect("connects");
        let gone = async {
            let sql = "select count(*) from pg_database where datname = $1";
            while sqlx::query_scalar::<_, i64>(sql).bind(&name).fetch_one(&mut admin).await.expect("a query")
                > 0
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), gone).await.expect("it is dropped all the same");
    }
}
