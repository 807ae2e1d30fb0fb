//! A server on a free port, on a database of its own, with an organization in it.

use std::path::PathBuf;

use super::{TestDb, World};
use crate::app::App;
use crate::serve::{Serving, listen};

#[derive(Debug)]
pub struct TestServer {
    serving: Serving,
    world: World,
    db: TestDb,
}

impl TestServer {
    pub async fn start() -> Self {
        Self::start_with_web(None).await
    }

    /// # Panics
    /// When there is no PostgreSQL on this machine.
    pub async fn start_with_web(web: Option<PathBuf>) -> Self {
        let db = TestDb::new().await;
        let world = db.world().await;
        let app = App::start(db.pools().clone()).await.expect("the database answers");
        let listener = listen(([127, 0, 0, 1], 0).into()).await.expect("a free port");
        let serving = Serving::start(listener, app, web).expect("an open port");
        Self { serving, world, db }
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
    pub const fn db(&self) -> &TestDb {
        &self.db
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
