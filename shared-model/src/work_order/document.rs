//! A work order as an Automerge document.
//!
//! **Invariant:** writing is deterministic. The same order before and after, by the same actor, on
//! the same heads, at the same time and with the same note gives the same change with the same hash, natively and in the
//! browser. The server uses this to verify a pushed change: it makes the change itself from the
//! command and compares hashes, so that a change can never say anything that its command does not.

use automerge::{ActorId, AutoCommit, Change, ChangeHash, transaction::CommitOptions};

use super::difference::Difference;
use super::note::Note;
use super::outline::{self, Outline};
use super::{SCHEMA, WorkOrder};
use crate::time::Timestamp;

/// Documents above this are refused (DESIGN.md 3).
pub const MAX_BYTES: usize = 1024 * 1024;

/// Automerge's chunk header: 4 bytes that name the format, 4 of checksum, then the type.
const CHUNK_TYPE_AT: usize = 8;
const COMPRESSED_CHANGE: u8 = 2;

#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    #[error("the document is damaged")]
    Damaged(#[from] automerge::AutomergeError),
    #[error("the document does not hold a work order")]
    NotAnOrder(#[from] autosurgeon::HydrateError),
    #[error("the work order is of version {0}; this code knows {SCHEMA}")]
    Newer(u32),
    #[error("the work order does not fit into a document")]
    Unwritable(#[from] autosurgeon::ReconcileError),
    #[error("a change is damaged")]
    DamagedChange(#[from] automerge::LoadChangeError),
    #[error("a change is compressed")]
    Compressed,
    #[error("the document stands on changes that are not here")]
    MissingChanges,
    #[error("the document has more than {MAX_BYTES} bytes")]
    TooLarge,
}

impl DocumentError {
    /// The version that a document is of which only a newer version of the app can read; none for other
    /// errors. What does not hold an order as far as this code knows is taken for one of the next version.
    #[must_use]
    pub const fn newer(&self) -> Option<u32> {
        match self {
            Self::Newer(schema) => Some(*schema),
            Self::NotAnOrder(_) => Some(SCHEMA + 1),
            _ => None,
        }
    }
}

/// A document in memory. Load it, use it, drop it: an open document costs 22 KB.
#[derive(Clone)]
pub struct Document {
    automerge: AutoCommit,
    /// What it says, since somebody asked: reading it costs more than most decisions.
    read: Option<WorkOrder>,
}

impl Default for Document {
    fn default() -> Self {
        Self::empty()
    }
}

impl Document {
    /// A document that no change was made to.
    #[must_use]
    pub fn empty() -> Self {
        Self::of(AutoCommit::new())
    }

    const fn of(automerge: AutoCommit) -> Self {
        Self { automerge, read: None }
    }

    /// # Errors
    /// [`DocumentError::Damaged`].
    pub fn load(bytes: &[u8]) -> Result<Self, DocumentError> {
        Ok(Self::of(AutoCommit::load(bytes)?))
    }

    /// # Errors
    /// [`DocumentError::TooLarge`].
    pub fn save(&mut self) -> Result<Vec<u8>, DocumentError> {
        // Not compressed: documents travel many at a time, and what they have in common compresses better.
        let bytes = self.automerge.save_nocompress();
        if bytes.len() > MAX_BYTES { Err(DocumentError::TooLarge) } else { Ok(bytes) }
    }

    #[must_use]
    pub fn heads(&mut self) -> Vec<ChangeHash> {
        let mut heads = self.automerge.get_heads();
        heads.sort_unstable();
        heads
    }

    #[must_use]
    pub fn is_empty(&mut self) -> bool {
        self.automerge.get_heads().is_empty()
    }

    /// The order that the document holds; nothing for an empty document.
    ///
    /// # Errors
    /// When it holds something else, or an order of a newer version: what looks known there may mean
    /// something else, and is not to be worked on.
    pub fn order(&mut self) -> Result<Option<WorkOrder>, DocumentError> {
        if self.is_empty() {
            return Ok(None);
        }
        if self.read.is_none() {
            let schema = outline::schema(&self.automerge);
            if let Some(schema) = schema.filter(|schema| *schema > SCHEMA) {
                return Err(DocumentError::Newer(schema));
            }
            self.read = Some(autosurgeon::hydrate(&self.automerge)?);
        }
        Ok(self.read.clone())
    }

    /// What can be read of the order one by one, whatever its version.
    #[must_use]
    pub fn outline(&self) -> Outline {
        Outline::of(&self.automerge)
    }

    /// Writes what changed as one Automerge change; nothing when nothing did.
    ///
    /// # Errors
    /// When the order cannot be written.
    pub fn write(
        &mut self,
        after: &WorkOrder,
        actor: &ActorId,
        at: Timestamp,
    ) -> Result<Option<Change>, DocumentError> {
        self.write_noted(after, actor, at, None)
    }

    /// [`Self::write`], with who did what in the change's message.
    ///
    /// # Errors
    /// When the order cannot be written.
    pub fn write_noted(
        &mut self,
        after: &WorkOrder,
        actor: &ActorId,
        at: Timestamp,
        note: Option<&Note>,
    ) -> Result<Option<Change>, DocumentError> {
        self.automerge.set_actor(actor.clone());
        match self.read.take() {
            Some(before) => {
                autosurgeon::reconcile(&mut self.automerge, Difference { before: &before, after })?;
            }
            None => autosurgeon::reconcile(&mut self.automerge, after)?,
        }
        self.read = Some(after.clone());
        let options = CommitOptions::default().with_time(at.as_secs());
        let options = match note {
            Some(note) => options.with_message(note.text()),
            None => options,
        };
        let made = self.automerge.commit_with(options).is_some();
        if !made {
            return Ok(None);
        }
        Ok(self.automerge.get_last_local_change())
    }

    /// What the changes say of who did what, each after those that it stands on.
    pub fn notes(&mut self) -> Vec<(ChangeHash, Note)> {
        let mut changes = self.automerge.get_changes(&[]);
        // They lie in the order in which they came. What a change stands on has smaller numbers.
        changes.sort_by_key(|change| (change.start_op(), change.hash()));
        changes.iter().filter_map(|it| Some((it.hash(), Note::read(it.message()?)?))).collect()
    }

    /// Takes in a change that somebody else made. Applying a change twice changes nothing.
    ///
    /// # Errors
    /// When a change that it stands on is missing.
    pub fn merge(&mut self, change: Change) -> Result<(), DocumentError> {
        let hash = change.hash();
        self.read = None;
        self.automerge.apply_changes([change])?;
        if self.has(&hash) { Ok(()) } else { Err(DocumentError::MissingChanges) }
    }

    #[must_use]
    pub fn has(&mut self, hash: &ChangeHash) -> bool {
        // Asking for the change itself would put it together first.
        self.automerge.get_missing_deps(&[*hash]).is_empty()
    }

    /// How many changes made it what it is.
    #[must_use]
    pub fn change_count(&mut self) -> usize {
        self.automerge.get_changes(&[]).len()
    }

    /// The document as it was when a change was made on `heads`.
    ///
    /// # Errors
    /// [`DocumentError::MissingChanges`] when it never had those heads.
    pub fn at(&mut self, heads: &[ChangeHash]) -> Result<Self, DocumentError> {
        if heads.is_empty() {
            return Ok(Self::empty());
        }
        if !self.automerge.get_missing_deps(heads).is_empty() {
            return Err(DocumentError::MissingChanges);
        }
        if is_same(heads, &self.heads()) {
            return Ok(self.clone());
        }
        Ok(Self::of(self.automerge.fork_at(heads)?))
    }
}

/// Whether heads are the same, in whatever order. `sorted` are in theirs.
fn is_same(heads: &[ChangeHash], sorted: &[ChangeHash]) -> bool {
    let mut heads = heads.to_vec();
    heads.sort_unstable();
    heads == sorted
}

/// Reads a change that anybody may have sent. Only plain ones: a compressed change of a few bytes can
/// unpack to gigabytes, and nobody of us makes compressed ones.
///
/// # Errors
/// When the bytes are not one plain Automerge change of at most [`MAX_BYTES`].
pub fn decode_change(bytes: &[u8]) -> Result<Change, DocumentError> {
    if bytes.len() > MAX_BYTES {
        return Err(DocumentError::TooLarge);
    }
    match bytes.get(CHUNK_TYPE_AT) {
        Some(&COMPRESSED_CHANGE) => Err(DocumentError::Compressed),
        _ => Ok(Change::from_bytes(bytes.to_vec())?),
    }
}
