//! A server on a free port, on a database of its own, with an organization in it.

use std::path::PathBuf;

use super::{TestDb, World};
use crate::app::App;
use crate::db::Pools;
use crate::serve::{Serving, listen};

#[derive(Debug)]
pub struct TestServer {
    serving: Serving,
    world: World,
    /// None where the test has a cluster of its own.
    db: Option<TestDb>,
}

impl TestServer {
    pub async fn start() -> Self {
        Self::start_with_web(None).await
    }

    /// # Panics
    /// When there is no PostgreSQL on this machine.
    pub async fn start_with_web(web: Option<PathBuf>) -> Self {
        let db = TestDb::new().await;
        let mut server = Self::on(db.pools().clone(), web).await;
        server.db = Some(db);
        server
    }

    /// A server on a migrated database of the test's own.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn on(pools: Pools, web: Option<PathBuf>) -> Self {
        let world = World::build(&pools).await;
        let app = App::start(pools).await.expect("the database answers");
        let listener = listen(([127, 0, 0, 1], 0).into()).await.expect("a free port");
        let serving = Serving::start(listener, app, web).expect("an open port");
        Self { serving, world, db: None }
    }

    #[must_use]
    pub fn app(&self) -> &App {
        self.serving.app()
    }

    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    #[must_use]
    pub fn pools(&self) -> &Pools {
        self.app().pools()
    }

    /// # Panics
    /// When the test has a cluster of its own.
    #[must_use]
    pub fn db(&self) -> &TestDb {
        self.db.as_ref().expect("a database of the shared cluster")
    }

    /// The address of a path, as `http://127.0.0.1:1234/health`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.serving.address())
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.serving.app().stop();
    }
}
