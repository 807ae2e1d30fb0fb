//! SQLite's way to a [`Disk`]: its interface to the operating system, which is one of C.
#![expect(unsafe_code, reason = "SQLite calls C functions with C pointers")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use rusqlite::{Connection, OpenFlags, ffi};

use super::disk::{self, Disk, Failure, HandleId};

const NAME: &CStr = c"simulated";
const PATH_BYTES_MAX: c_int = 512;

/// Opens a database on a simulated disk.
///
/// # Errors
/// When the disk does not do it.
pub fn connect(path: &str) -> rusqlite::Result<Connection> {
    static REGISTERED: OnceLock<c_int> = OnceLock::new();
    let code = *REGISTERED.get_or_init(register);
    if code != ffi::SQLITE_OK {
        return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    Connection::open_with_flags_and_vfs(path, flags, NAME)
}

fn register() -> c_int {
    let vfs = ffi::sqlite3_vfs {
        iVersion: 2,
        szOsFile: c_int::try_from(size_of::<Handle>()).unwrap_or(c_int::MAX),
        mxPathname: PATH_BYTES_MAX,
        pNext: std::ptr::null_mut(),
        zName: NAME.as_ptr(),
        pAppData: std::ptr::null_mut(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_pathname),
        xDlOpen: None,
        xDlError: None,
        xDlSym: None,
        xDlClose: None,
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: None,
        xGetLastError: Some(last_error),
        xCurrentTimeInt64: Some(current_time),
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    };
    // SAFETY: SQLite keeps the pointer for ever, and what is leaked stays.
    unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 0) }
}

/// What SQLite holds of an open file. It allocates this, and calls `close` once for each `open`.
#[repr(C)]
struct Handle {
    base: ffi::sqlite3_file,
    open: *mut Open,
}

struct Open {
    disk: Arc<Mutex<Disk>>,
    file: usize,
    id: HandleId,
    /// Regions whose addresses SQLite has.
    regions: Vec<Arc<[AtomicU64]>>,
}

impl Open {
    fn disk(&self) -> MutexGuard<'_, Disk> {
        disk::lock(&self.disk)
    }
}

/// # Safety
/// Only with what `open` wrote.
unsafe fn opened<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Open {
    // SAFETY: SQLite gives back the handle that `open` filled, and one thread at a time uses it.
    unsafe { &mut *(*file.cast::<Handle>()).open }
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// A result as SQLite knows it; `io` says what the disk was asked for.
fn code(outcome: Result<(), Failure>, io: c_int) -> c_int {
    match outcome {
        Ok(()) => ffi::SQLITE_OK,
        Err(Failure::Dead) => io,
        Err(Failure::Full) => ffi::SQLITE_FULL,
        Err(Failure::Busy) => ffi::SQLITE_BUSY,
    }
}

fn position(n: i64) -> usize {
    usize::try_from(n).unwrap_or(0)
}

/// The text at a pointer; none for none.
///
/// # Safety
/// The pointer is null or one to a C string that outlives the use.
unsafe fn text<'a>(pointer: *const c_char) -> Option<&'a str> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: as the caller promises.
    unsafe { CStr::from_ptr(pointer) }.to_str().ok()
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let handle = file.cast::<Handle>();
    // SAFETY: SQLite allocated `szOsFile` bytes for the handle.
    unsafe { (*handle).base.pMethods = std::ptr::null() };
    // SAFETY: a name of SQLite's is a C string.
    let found = match unsafe { text(name) } {
        Some(name) => disk::find(name),
        // Temporary files have no name: nobody else sees them.
        None => Some((Arc::default(), "temporary")),
    };
    let Some((disk, name)) = found else { return ffi::SQLITE_CANTOPEN };
    let opened = disk::lock(&disk).open(name);
    let Ok((file, id)) = opened else { return ffi::SQLITE_CANTOPEN };
    let open = Box::into_raw(Box::new(Open { disk, file, id, regions: Vec::new() }));
    // SAFETY: as above; `out_flags` is null or a place for an integer.
    unsafe {
        (*handle).open = open;
        (*handle).base.pMethods = &raw const METHODS;
        if !out_flags.is_null() {
            *out_flags = flags;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: `open` made the box, and SQLite closes once.
    let open = unsafe { Box::from_raw((*file.cast::<Handle>()).open) };
    open.disk().close(open.file, open.id);
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, to: *mut c_void, count: c_int, at: i64) -> c_int {
    // SAFETY: SQLite gives a buffer of so many bytes, which it has initialised or does not look at.
    let (open, buffer) = unsafe {
        std::ptr::write_bytes(to.cast::<u8>(), 0, position(count.into()));
        (opened(file), std::slice::from_raw_parts_mut(to.cast::<u8>(), position(count.into())))
    };
    match open.disk().read(open.file, position(at), buffer) {
        Ok(there) if there == buffer.len() => ffi::SQLITE_OK,
        Ok(_) => ffi::SQLITE_IOERR_SHORT_READ,
        Err(_) => ffi::SQLITE_IOERR_READ,
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    count: c_int,
    at: i64,
) -> c_int {
    // SAFETY: SQLite gives so many bytes.
    let (open, bytes) =
        unsafe { (opened(file), std::slice::from_raw_parts(from.cast::<u8>(), position(count.into()))) };
    code(open.disk().write(open.file, position(at), bytes), ffi::SQLITE_IOERR_WRITE)
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, len: i64) -> c_int {
    // SAFETY: an open handle.
    let open = unsafe { opened(file) };
    code(open.disk().truncate(open.file, position(len)), ffi::SQLITE_IOERR_TRUNCATE)
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: an open handle.
    let open = unsafe { opened(file) };
    code(open.disk().sync(open.file), ffi::SQLITE_IOERR_FSYNC)
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: an open handle, and a place for an integer.
    unsafe {
        let open = opened(file);
        *size = i64::try_from(open.disk().len(open.file)).unwrap_or(i64::MAX);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: an open handle.
    let open = unsafe { opened(file) };
    code(open.disk().lock(open.file, open.id, level), ffi::SQLITE_IOERR_LOCK)
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: an open handle.
    let open = unsafe { opened(file) };
    open.disk().unlock(open.file, open.id, level);
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, is_reserved: *mut c_int) -> c_int {
    // SAFETY: an open handle, and a place for an integer.
    unsafe {
        let open = opened(file);
        *is_reserved = c_int::from(open.disk().is_reserved(open.file));
    }
    ffi::SQLITE_OK
}

const unsafe extern "C" fn file_control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

const unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    4096
}

/// What SQLite takes for granted of every disk by default: a write spoils nothing beside it.
const unsafe extern "C" fn device_characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    region: c_int,
    _: c_int,
    extends: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: an open handle.
    let open = unsafe { opened(file) };
    let found = open.disk().region(open.file, open.id, position(region.into()), extends != 0);
    let address = match &found {
        // Words that many may write: SQLite's threads do, so do its connections.
        Ok(Some(region)) => region.as_ptr().cast_mut().cast::<c_void>(),
        Ok(None) | Err(_) => std::ptr::null_mut(),
    };
    // SAFETY: a place for a pointer.
    unsafe { *out = address };
    if let Ok(Some(region)) = &found {
        open.regions.push(Arc::clone(region));
    }
    code(found.map(drop), ffi::SQLITE_IOERR_SHMMAP)
}

unsafe extern "C" fn shm_lock(
    file: *mut ffi::sqlite3_file,
    first: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    // SAFETY: an open handle.
    let open = unsafe { opened(file) };
    let mask = u8::try_from(((1u32 << count) - 1) << first).unwrap_or(u8::MAX);
    let (is_locked, is_exclusive) =
        (flags & ffi::SQLITE_SHM_LOCK != 0, flags & ffi::SQLITE_SHM_EXCLUSIVE != 0);
    let outcome = open.disk().share(open.file, open.id, mask, is_locked, is_exclusive);
    code(outcome, ffi::SQLITE_IOERR_SHMLOCK)
}

unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: an open handle.
    let open = unsafe { opened(file) };
    open.disk().unshare(open.file, open.id);
    open.regions.clear();
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, _: c_int) -> c_int {
    // SAFETY: a C string.
    let Some((disk, name)) = (unsafe { text(name) }).and_then(disk::find) else {
        return ffi::SQLITE_IOERR_DELETE_NOENT;
    };
    let outcome = disk::lock(&disk).delete(name);
    code(outcome, ffi::SQLITE_IOERR_DELETE)
}

unsafe extern "C" fn access(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    _: c_int,
    exists: *mut c_int,
) -> c_int {
    // SAFETY: a C string, and a place for an integer.
    unsafe {
        let found = text(name).and_then(disk::find);
        *exists = c_int::from(found.is_some_and(|(disk, name)| disk::lock(&disk).exists(name)));
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_pathname(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    size: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: a C string.
    let name = unsafe { text(name) }.and_then(|name| CString::new(name).ok()).unwrap_or_default();
    let bytes = name.as_bytes_with_nul();
    if bytes.len() > position(size.into()) {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: there is room for so many.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), out.cast::<u8>(), bytes.len()) };
    ffi::SQLITE_OK
}

/// The same for everybody: nothing that is observed depends on it.
unsafe extern "C" fn randomness(_: *mut ffi::sqlite3_vfs, count: c_int, out: *mut c_char) -> c_int {
    // SAFETY: there is room for so many.
    unsafe { std::ptr::write_bytes(out.cast::<u8>(), 0x5a, position(count.into())) };
    count
}

const unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, micros: c_int) -> c_int {
    micros
}

const unsafe extern "C" fn last_error(_: *mut ffi::sqlite3_vfs, _: c_int, _: *mut c_char) -> c_int {
    0
}

/// Nobody asks SQLite for the time.
unsafe extern "C" fn current_time(_: *mut ffi::sqlite3_vfs, out: *mut i64) -> c_int {
    // SAFETY: a place for an integer.
    unsafe { *out = 0 };
    ffi::SQLITE_OK
}
