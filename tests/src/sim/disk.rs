//! A disk in memory: files that SQLite writes through [`super::vfs`], and what is left of them when the
//! program is killed or the power goes.
//!
//! What was written is there for whoever reads after a kill. After a power cut only what was synced is
//! sure to be there; of the rest any part may be, each write whole, torn at a sector, or not at all.
//! That a file exists is always durable: SQLite does not lean on the order of that.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::rng::Rng;

const SECTOR: usize = 512;
/// Of SQLite's index of its log, which lives in memory that the connections share.
const REGION_BYTES: usize = 32 * 1024;

/// Why the operating system did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The program that asks is dead.
    Dead,
    Full,
    /// Another connection has the lock.
    Busy,
}

#[derive(Debug)]
enum Write {
    At(usize, Vec<u8>),
    Truncate(usize),
}

impl Write {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::At(offset, bytes) => put(to, *offset, bytes),
            Self::Truncate(len) => to.truncate(*len),
        }
    }

    /// The first part of it, as far as the disk came.
    fn torn(self, rng: &mut Rng) -> Self {
        match self {
            Self::At(offset, mut bytes) => {
                let sectors = bytes.len().div_ceil(SECTOR) as u64;
                let kept = usize::try_from(rng.below(sectors)).unwrap_or(0) * SECTOR;
                bytes.truncate(kept);
                Self::At(offset, bytes)
            }
            truncate @ Self::Truncate(_) => truncate,
        }
    }
}

fn put(to: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    if offset == to.len() {
        return to.extend_from_slice(bytes);
    }
    let end = offset + bytes.len();
    if to.len() < end {
        to.resize(end, 0);
    }
    to[offset..end].copy_from_slice(bytes);
}

/// How far a connection has locked a database file, as SQLite counts it.
pub type LockLevel = i32;
const SHARED: LockLevel = 1;
const RESERVED: LockLevel = 2;
const PENDING: LockLevel = 3;

/// An open file of one connection.
pub type HandleId = u64;

#[derive(Debug, Default)]
struct File {
    content: Vec<u8>,
    /// What is on the disk for sure.
    durable: Vec<u8>,
    unsynced: Vec<Write>,
    locks: BTreeMap<HandleId, LockLevel>,
    regions: Vec<Arc<[AtomicU64]>>,
    /// Who shares the regions, with the locks that each holds: shared and exclusive, as bits.
    sharers: BTreeMap<HandleId, (u8, u8)>,
}

#[derive(Debug, Default)]
pub struct Disk {
    names: BTreeMap<String, usize>,
    files: Vec<File>,
    /// So many more writes, and the program dies.
    fuse: Option<u64>,
    is_dead: bool,
    /// Nothing can grow.
    is_full: bool,
    handles: HandleId,
    pub lost_writes: u64,
    pub set_aside_count: u64,
}

/// The program that uses it.
impl Disk {
    /// The program dies before the write after the next `writes` ones.
    pub const fn arm(&mut self, writes: u64) {
        self.fuse = Some(writes);
    }

    pub const fn disarm(&mut self) {
        self.fuse = None;
    }

    pub const fn is_dead(&self) -> bool {
        self.is_dead
    }

    pub const fn set_full(&mut self, is_full: bool) {
        self.is_full = is_full;
    }

    pub const fn is_full(&self) -> bool {
        self.is_full
    }

    /// The program dies now.
    pub const fn kill(&mut self) {
        self.is_dead = true;
    }

    /// Another program may use it.
    pub const fn revive(&mut self) {
        self.is_dead = false;
        self.fuse = None;
    }

    /// The power is cut: of what was not synced, each write is there or not.
    pub fn cut_power(&mut self, rng: &mut Rng) {
        for file in &mut self.files {
            let unsynced = std::mem::take(&mut file.unsynced);
            let count = unsynced.len() as u64;
            // Often all of it is gone, sometimes nothing, and else some of it, in no order.
            let kept_per_mille = [0, 0, 500, 900, 1000][usize::try_from(rng.below(5)).unwrap_or(0)];
            let until = rng.below(count + 1);
            for (n, write) in (0u64..).zip(unsynced) {
                let is_kept = n < until && rng.chance(kept_per_mille);
                let write = if is_kept && rng.chance(50) { write.torn(rng) } else { write };
                if is_kept {
                    write.apply(&mut file.durable);
                } else {
                    self.lost_writes += 1;
                }
            }
            file.content.clone_from(&file.durable);
        }
    }

    /// Before anything that changes the disk.
    const fn spend(&mut self) -> Result<(), Failure> {
        if self.is_dead {
            return Err(Failure::Dead);
        }
        match &mut self.fuse {
            None => Ok(()),
            Some(0) => {
                self.is_dead = true;
                Err(Failure::Dead)
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }

    const fn alive(&self) -> Result<(), Failure> {
        if self.is_dead { Err(Failure::Dead) } else { Ok(()) }
    }
}

/// Files.
impl Disk {
    /// Opens a file, which is made where it is not there.
    pub fn open(&mut self, name: &str) -> Result<(usize, HandleId), Failure> {
        self.alive()?;
        let next = self.files.len();
        let file = *self.names.entry(name.to_owned()).or_insert(next);
        if file == next {
            self.files.push(File::default());
        }
        self.handles += 1;
        Ok((file, self.handles))
    }

    pub fn exists(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    pub fn delete(&mut self, name: &str) -> Result<(), Failure> {
        self.spend()?;
        self.names.remove(name);
        Ok(())
    }

    /// Takes a database away, with its log.
    pub fn remove(&mut self, database: &str) {
        self.names.remove(database);
        self.names.remove(&format!("{database}-wal"));
        self.names.remove(&format!("{database}-journal"));
    }

    /// The same, by the program itself, if it lives.
    pub fn set_aside(&mut self, database: &str) -> Result<(), Failure> {
        self.spend()?;
        self.set_aside_count += 1;
        self.remove(database);
        Ok(())
    }

    pub fn len(&self, file: usize) -> usize {
        self.files[file].content.len()
    }

    /// Fills the buffer, and says how much of it was there; the rest is zero.
    pub fn read(&self, file: usize, offset: usize, buffer: &mut [u8]) -> Result<usize, Failure> {
        self.alive()?;
        let content = &self.files[file].content;
        let there = content.get(offset..).unwrap_or_default();
        let count = there.len().min(buffer.len());
        buffer[..count].copy_from_slice(&there[..count]);
        buffer[count..].fill(0);
        Ok(count)
    }

    pub fn write(&mut self, file: usize, offset: usize, bytes: &[u8]) -> Result<(), Failure> {
        self.spend()?;
        let grows = offset + bytes.len() > self.len(file);
        if self.is_full && grows {
            return Err(Failure::Full);
        }
        let file = &mut self.files[file];
        put(&mut file.content, offset, bytes);
        file.unsynced.push(Write::At(offset, bytes.to_vec()));
        Ok(())
    }

    pub fn truncate(&mut self, file: usize, len: usize) -> Result<(), Failure> {
        self.spend()?;
        let file = &mut self.files[file];
        file.content.truncate(len);
        file.unsynced.push(Write::Truncate(len));
        Ok(())
    }

    pub fn sync(&mut self, file: usize) -> Result<(), Failure> {
        self.spend()?;
        let File { durable, unsynced, .. } = &mut self.files[file];
        for write in unsynced.drain(..) {
            write.apply(durable);
        }
        Ok(())
    }

    /// What a closed handle held, it holds no more.
    pub fn close(&mut self, file: usize, handle: HandleId) {
        self.unlock(file, handle, 0);
        self.unshare(file, handle);
    }
}

/// Locks: several connections may have one file.
impl Disk {
    pub fn lock(&mut self, file: usize, handle: HandleId, level: LockLevel) -> Result<(), Failure> {
        let locks = &mut self.files[file].locks;
        let highest = locks.iter().filter(|(id, _)| **id != handle).map(|(_, level)| *level).max();
        let is_free = match level {
            SHARED => highest.is_none_or(|other| other < PENDING),
            RESERVED => highest.is_none_or(|other| other < RESERVED),
            _ => highest.is_none_or(|other| other < SHARED),
        };
        if !is_free {
            return Err(Failure::Busy);
        }
        let held = locks.entry(handle).or_default();
        *held = level.max(*held);
        Ok(())
    }

    pub fn unlock(&mut self, file: usize, handle: HandleId, level: LockLevel) {
        if level == 0 {
            self.files[file].locks.remove(&handle);
        } else {
            self.files[file].locks.insert(handle, level);
        }
    }

    pub fn is_reserved(&self, file: usize) -> bool {
        self.files[file].locks.values().any(|level| *level >= RESERVED)
    }

    /// A piece of the memory that the connections of a file share.
    pub fn region(
        &mut self,
        file: usize,
        handle: HandleId,
        region: usize,
        extends: bool,
    ) -> Result<Option<Arc<[AtomicU64]>>, Failure> {
        self.alive()?;
        let file = &mut self.files[file];
        file.sharers.entry(handle).or_default();
        while extends && file.regions.len() <= region {
            let words = std::iter::repeat_with(AtomicU64::default).take(REGION_BYTES / 8);
            file.regions.push(words.collect());
        }
        Ok(file.regions.get(region).cloned())
    }

    /// Takes or gives up locks on the shared memory, as bits of `mask`.
    pub fn share(
        &mut self,
        file: usize,
        handle: HandleId,
        mask: u8,
        is_locked: bool,
        is_exclusive: bool,
    ) -> Result<(), Failure> {
        let sharers = &mut self.files[file].sharers;
        if is_locked {
            let others = sharers.iter().filter(|(id, _)| **id != handle);
            let taken = others.fold(0, |taken, (_, (shared, exclusive))| {
                taken | exclusive | if is_exclusive { *shared } else { 0 }
            });
            if taken & mask != 0 {
                return Err(Failure::Busy);
            }
        }
        let (shared, exclusive) = sharers.entry(handle).or_default();
        match (is_locked, is_exclusive) {
            (true, true) => *exclusive |= mask,
            (true, false) => *shared |= mask,
            (false, true) => *exclusive &= !mask,
            (false, false) => *shared &= !mask,
        }
        Ok(())
    }

    pub fn unshare(&mut self, file: usize, handle: HandleId) {
        let file = &mut self.files[file];
        file.sharers.remove(&handle);
        if file.sharers.is_empty() {
            file.regions.clear();
        }
    }
}

/// A disk that SQLite finds by the names of its files.
#[derive(Clone, Debug)]
pub struct Mounted {
    pub name: String,
    disk: Arc<Mutex<Disk>>,
}

impl Mounted {
    /// Where a file of this disk is, for [`super::vfs::connect`].
    #[must_use]
    pub fn path(&self, file: &str) -> String {
        format!("/{}/{file}", self.name)
    }

    pub fn lock(&self) -> MutexGuard<'_, Disk> {
        lock(&self.disk)
    }
}

pub fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

static DISKS: Mutex<BTreeMap<String, Arc<Mutex<Disk>>>> = Mutex::new(BTreeMap::new());
static MOUNTED: AtomicU64 = AtomicU64::new(0);

/// An empty disk.
#[must_use]
pub fn mount() -> Mounted {
    let name = format!("disk{}", MOUNTED.fetch_add(1, Ordering::Relaxed));
    let disk = Arc::new(Mutex::new(Disk::default()));
    lock(&DISKS).insert(name.clone(), Arc::clone(&disk));
    Mounted { name, disk }
}

pub fn unmount(name: &str) {
    lock(&DISKS).remove(name);
}

/// The disk of a path, and the name of the file on it.
#[must_use]
pub fn find(path: &str) -> Option<(Arc<Mutex<Disk>>, &str)> {
    let (disk, file) = path.strip_prefix('/')?.split_once('/')?;
    Some((Arc::clone(lock(&DISKS).get(disk)?), file))
}
