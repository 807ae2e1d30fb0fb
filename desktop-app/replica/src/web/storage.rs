//! The files in the origin's private file system (OPFS), behind SQLite's access handle pool.

use rusqlite::{Connection, OpenFlags};
use shared_model::host::Storage;
use sqlite_wasm_rs::WasmOsCallback;
use sqlite_wasm_vfs::sahpool::{OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemSyncAccessHandle};

use super::{edge, js};
use crate::driver::Files;

const VFS: &str = "unison";
const DIRECTORY: &str = "unison-replica";
const OUTBOX: &str = "outbox.db";
const REPLICA: &str = "replica.db";
/// Two databases, their logs, and room for what SQLite opens for a moment.
const CAPACITY: u32 = 10;
/// A worker that ended lets go of its files a moment after its lock.
const RELEASE_ATTEMPTS: u32 = 100;
const RELEASE_PAUSE_MILLIS: i32 = 50;

pub struct Opfs {
    pool: OpfsSAHPoolUtil,
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
        wait_for_release().await.map_err(|error| {
            format!("this browser keeps nothing here, as in a private window ({})", js::text_of(&error))
        })?;
        let settings = OpfsSAHPoolCfgBuilder::new()
            .vfs_name(VFS)
            .directory(DIRECTORY)
            .initial_capacity(CAPACITY)
            .build();
        let pool = install::<WasmOsCallback>(&settings, false).await.map_err(|error| error.to_string())?;
        Ok(Self { pool })
    }
}

impl Files for Opfs {
    fn open_outbox(&mut self) -> rusqlite::Result<Connection> {
        Connection::open_with_flags_and_vfs(OUTBOX, OpenFlags::default(), VFS)
    }

    fn open_replica(&mut self) -> rusqlite::Result<Connection> {
        Connection::open_with_flags_and_vfs(REPLICA, OpenFlags::default(), VFS)
    }

    /// Deletes it: a browser's files are out of reach for whoever would look at them.
    fn set_replica_aside(&mut self) -> std::io::Result<()> {
        for suffix in ["", "-wal", "-journal"] {
            self.pool.delete_db(&format!("{REPLICA}{suffix}")).map_err(std::io::Error::other)?;
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

/// Waits until every file of the pool can be opened. The pool itself tries once, and leaves what it
/// could open in the hands of the garbage collector.
async fn wait_for_release() -> Result<(), JsValue> {
    let storage = js::scope().navigator().storage();
    let root: FileSystemDirectoryHandle = JsFuture::from(storage.get_directory()).await?.unchecked_into();
    for _ in 0..RELEASE_ATTEMPTS {
        if are_free(&root).await? {
            return Ok(());
        }
        edge::sleep(RELEASE_PAUSE_MILLIS).await;
    }
    Err(JsValue::from_str("its files are held by a tab that does not end; restart the browser"))
}

async fn are_free(root: &FileSystemDirectoryHandle) -> Result<bool, JsValue> {
    let Ok(directory) = JsFuture::from(root.get_directory_handle(DIRECTORY)).await else { return Ok(true) };
    let directory: FileSystemDirectoryHandle = directory.unchecked_into();
    let Ok(files) = JsFuture::from(directory.get_directory_handle(".opaque")).await else { return Ok(true) };
    let files: FileSystemDirectoryHandle = files.unchecked_into();
    let entries = files.values();
    loop {
        let next: js_sys::IteratorNext = JsFuture::from(entries.next()?).await?.unchecked_into();
        if next.done() {
            return Ok(true);
        }
        let file: FileSystemFileHandle = next.value().unchecked_into();
        match JsFuture::from(file.create_sync_access_handle()).await {
            Ok(handle) => handle.unchecked_into::<FileSystemSyncAccessHandle>().close(),
            Err(_) => return Ok(false),
        }
    }
}
