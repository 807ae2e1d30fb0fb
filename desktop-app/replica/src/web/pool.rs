//! The files of the pool before the pool has them.

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemReadWriteOptions, FileSystemSyncAccessHandle,
};

use super::{edge, js};
use crate::pooled::{self, HEAD_BYTES, Head};

pub const DIRECTORY: &str = "unison-replica";
/// Where begins what SQLite writes, in bytes. A file that is of no use at present ends here.
const BODY_FROM: u32 = 4096;
/// A worker that ended lets go of its files a moment after its lock.
const RELEASE_ATTEMPTS: u32 = 100;
const RELEASE_PAUSE_MILLIS: i32 = 50;

/// Waits until every file can be opened, and puts right what they begin with. The pool itself tries once, and
/// leaves what it could open in the hands of the garbage collector.
///
/// # Errors
/// Why nothing can be kept here, as a part of a sentence.
pub async fn wait_for_release() -> Result<(), String> {
    let keeps_nothing = |error: JsValue| {
        format!("this browser keeps nothing here, as in a private window ({})", js::text_of(&error))
    };
    let storage = js::scope().navigator().storage();
    let root = JsFuture::from(storage.get_directory()).await.map_err(keeps_nothing)?.unchecked_into();
    for _ in 0..RELEASE_ATTEMPTS {
        let mut open = Open(Vec::new());
        if open.all(&root).await.map_err(keeps_nothing)? {
            return mend(&open.0)
                .map_err(|error| format!("its files cannot be read here ({})", js::text_of(&error)));
        }
        drop(open);
        edge::sleep(RELEASE_PAUSE_MILLIS).await;
    }
    Err("its files are held by a tab that does not end; restart the browser".to_owned())
}

/// Files that are closed in the end.
struct Open(Vec<FileSystemSyncAccessHandle>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.iter().for_each(FileSystemSyncAccessHandle::close);
    }
}

impl Open {
    /// Opens every file there is; false where somebody holds one.
    async fn all(&mut self, root: &FileSystemDirectoryHandle) -> Result<bool, JsValue> {
        let Ok(directory) = JsFuture::from(root.get_directory_handle(DIRECTORY)).await else {
            return Ok(true);
        };
        let directory: FileSystemDirectoryHandle = directory.unchecked_into();
        let Ok(files) = JsFuture::from(directory.get_directory_handle(".opaque")).await else {
            return Ok(true);
        };
        let files: FileSystemDirectoryHandle = files.unchecked_into();
        let entries = files.values();
        loop {
            let next: js_sys::IteratorNext = JsFuture::from(entries.next()?).await?.unchecked_into();
            if next.done() {
                return Ok(true);
            }
            let file: FileSystemFileHandle = next.value().unchecked_into();
            match JsFuture::from(file.create_sync_access_handle()).await {
                Ok(handle) => self.0.push(handle.unchecked_into()),
                Err(_) => return Ok(false),
            }
        }
    }
}

fn mend(files: &[FileSystemSyncAccessHandle]) -> Result<(), JsValue> {
    let begin = FileSystemReadWriteOptions::new();
    begin.set_at(0.0);
    let mut heads = Vec::<Head>::new();
    for file in files {
        if file.get_size()? < BODY_FROM.into() {
            // Somebody ended while it was made. What the pool reads of it would be the name of another.
            file.truncate_with_u32(BODY_FROM)?;
        }
        let mut head = [0; HEAD_BYTES];
        file.read_with_u8_array_and_options(&mut head, &begin)?;
        heads.push(head);
    }
    for (file, head) in files.iter().zip(pooled::mended(&heads)) {
        if let Some(head) = head {
            tracing::warn!("the name of a file was damaged, and is put right");
            file.write_with_u8_array_and_options(&head, &begin)?;
            file.flush()?;
        }
    }
    Ok(())
}
