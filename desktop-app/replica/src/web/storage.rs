//! The files in the origin's private file system (OPFS), behind SQLite's access handle pool.

use std::rc::Rc;

use rusqlite::{Connection, OpenFlags};
use shared_model::host::{Storage, Wiped};
use sqlite_wasm_rs::WasmOsCallback;
use sqlite_wasm_vfs::sahpool::{OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::key::Wipe;
use super::{js, key, pool, worker};
use crate::OpenError;
use crate::driver::{Files, Gone};
use crate::sealed::{self, DataKey, Database, Place};

const POOL: &str = "unison";
/// SQLite makes it from the pool's when it is first asked for: the same, encrypted.
const VFS: &str = "multipleciphers-unison";
/// Two databases, their logs, those of an older version, and room for what SQLite opens for a moment.
const CAPACITY: u32 = 10;

pub struct Opfs {
    pool: Rc<OpfsSAHPoolUtil>,
    key: Result<DataKey, String>,
    /// What the last wipe left to tell.
    wiped: Option<Wiped>,
}

impl Opfs {
    /// # Errors
    /// Why nothing can be kept here, as a part of a sentence.
    pub async fn open() -> Result<Self, String> {
        let navigator: JsValue = js::scope().navigator().into();
        let storage = js::property(&navigator, "storage")
            .ok_or("browsers keep data only for secure pages; open Unison by its https address")?;
        if js::function(&storage, "getDirectory").is_none() {
            return Err("this browser is too old to keep data safely; update it".to_owned());
        }
        pool::wait_for_release().await?;
        let settings = OpfsSAHPoolCfgBuilder::new()
            .vfs_name(POOL)
            .directory(pool::DIRECTORY)
            .initial_capacity(CAPACITY)
            .build();
        let pool = install::<WasmOsCallback>(&settings, false).await.map_err(|error| error.to_string())?;
        Self::of(Rc::new(pool)).await
    }

    /// Goes on with a wipe that did not come to its end.
    async fn of(pool: Rc<OpfsSAHPoolUtil>) -> Result<Self, String> {
        let wipe = key::wipe().await?;
        if let Some(begun) = wipe.clone().filter(|wipe| !wipe.is_done) {
            key::note_wipe(&begun).await?;
            for name in pool.list() {
                pool.delete_db(&name).map_err(|error| {
                    format!("an administrator has this device emptied, and not everything could be removed ({error})")
                })?;
            }
            key::note_wipe(&Wipe { is_done: true, ..begun }).await?;
        }
        let key = key::find_or_make(pool.has(Database::Outbox.name())).await;
        Ok(Self { pool, key, wiped: wipe.map(|wipe| wipe.wiped) })
    }
}

impl Opfs {
    fn key(&self) -> Result<&DataKey, OpenError> {
        self.key.as_ref().map_err(|problem| OpenError::Locked(problem.clone()))
    }

    fn open_database(&self, database: Database) -> rusqlite::Result<Connection> {
        let locked =
            || rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_AUTH), None);
        sealed::open(&*self.pool, database, self.key.as_ref().map_err(|_| locked())?)
    }
}

impl Files for Opfs {
    fn unlock(&mut self) -> Result<(), OpenError> {
        let key = self.key()?;
        sealed::make_ready(&*self.pool, Database::Outbox, key)?;
        sealed::make_ready(&*self.pool, Database::Replica, key)
    }

    fn open_outbox(&mut self) -> rusqlite::Result<Connection> {
        self.open_database(Database::Outbox)
    }

    fn open_replica(&mut self) -> rusqlite::Result<Connection> {
        self.open_database(Database::Replica)
    }

    /// Deletes it: a browser's files are out of reach for whoever would look at them.
    fn set_replica_aside(&mut self) -> std::io::Result<()> {
        self.pool.remove(Database::Replica.name())
    }

    /// The key is in a store that does not answer at once.
    fn wipe(&mut self, note: &Wiped) -> std::io::Result<Gone> {
        let (pool, begun) = (Rc::clone(&self.pool), Wipe { is_done: false, wiped: note.clone() });
        spawn_local(async move {
            let emptied = match key::note_wipe(&begun).await {
                Ok(()) => Self::of(pool).await,
                Err(problem) => Err(problem),
            };
            worker::emptied(emptied).await;
        });
        Ok(Gone::Later)
    }

    fn wiped(&self) -> Option<Wiped> {
        self.wiped.clone()
    }
}

impl Place for OpfsSAHPoolUtil {
    fn has(&self, name: &str) -> bool {
        self.exists(name).unwrap_or_default()
    }

    fn open(&self, name: &str) -> rusqlite::Result<Connection> {
        Connection::open_with_flags_and_vfs(name, OpenFlags::default(), VFS)
    }

    fn address(&self, name: &str) -> String {
        name.to_owned()
    }

    fn remove(&self, name: &str) -> std::io::Result<()> {
        for suffix in ["", "-wal", "-journal"] {
            self.delete_db(&format!("{name}{suffix}")).map_err(std::io::Error::other)?;
        }
        Ok(())
    }
}

/// Whether the browser promised to keep the data. The page asks for it; a worker may only look.
pub async fn durability() -> Storage {
    let navigator: JsValue = js::scope().navigator().into();
    match persisted(&navigator).await {
        Some(true) => Storage::Durable,
        Some(false) | None => Storage::Evictable,
    }
}

async fn persisted(navigator: &JsValue) -> Option<bool> {
    let storage = js::property(navigator, "storage")?;
    let asked = js::function(&storage, "persisted")?.call0(&storage).ok()?;
    JsFuture::from(asked.dyn_into::<js_sys::Promise>().ok()?).await.ok()?.as_bool()
}
