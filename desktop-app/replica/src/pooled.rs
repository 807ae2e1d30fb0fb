//! What the pool of files in a browser begins each of them with: the name that SQLite has for it, and what kind of file
//! it is. Nothing checks that: with one flipped bit a file has a name that nobody asks for, or counts as one to be
//! cleared. So it is put right, from what alone can be meant, before the pool reads it.

use crate::sealed::Database;

const NAME_BYTES: usize = 512;
pub(crate) const HEAD_BYTES: usize = NAME_BYTES + 4;

/// So many flipped bits are put right; any two names differ in more than twice as many.
const FLIPPED_MAX: u32 = 8;

/// As SQLite numbers them, `SQLITE_OPEN_…`.
const READWRITE_CREATE: u32 = 0x2 | 0x4;
const DELETEONCLOSE: u32 = 0x8;
const KINDS: [(&str, u32); 3] = [("", 0x100), ("-journal", 0x800), ("-wal", 0x8_0000)];

pub(crate) type Head = [u8; HEAD_BYTES];

/// What each of all files has to begin with; none where it does, or where nobody knows. A file that is of no use at
/// present has no name.
pub(crate) fn mended(heads: &[Head]) -> Vec<Option<Head>> {
    // Each name once, and not where it is in use.
    let mut missing: Vec<Known> =
        Known::all().filter(|one| !heads.iter().any(|head| one.is_right(head))).collect();
    heads
        .iter()
        .map(|head| {
            let meant = missing.iter().position(|one| one.flipped(head) <= FLIPPED_MAX)?;
            Some(missing.swap_remove(meant).head())
        })
        .collect()
}

/// A file that SQLite makes.
struct Known {
    name: [u8; NAME_BYTES],
    kind: u32,
}

impl Known {
    fn all() -> impl Iterator<Item = Self> {
        [Database::Outbox, Database::Replica]
            .into_iter()
            .flat_map(|database| [database.name(), database.old_name()])
            .flat_map(|name| KINDS.map(|(suffix, kind)| Self::of(&format!("{name}{suffix}"), kind)))
    }

    fn of(text: &str, kind: u32) -> Self {
        let mut name = [0; NAME_BYTES];
        name[..text.len()].copy_from_slice(text.as_bytes());
        Self { name, kind }
    }

    fn head(&self) -> Head {
        let mut head = [0; HEAD_BYTES];
        head[..NAME_BYTES].copy_from_slice(&self.name);
        head[NAME_BYTES..].copy_from_slice(&(self.kind | READWRITE_CREATE).to_be_bytes());
        head
    }

    /// How many bits of the name are others.
    fn flipped(&self, head: &Head) -> u32 {
        self.name.iter().zip(head).map(|(one, other)| (one ^ other).count_ones()).sum()
    }

    /// Whether the pool finds it under its name, and leaves it as it is.
    fn is_right(&self, head: &Head) -> bool {
        let (name, flags) = head.split_at(NAME_BYTES);
        let flags = u32::from_be_bytes(flags.try_into().unwrap_or_default());
        name == self.name && flags & self.kind != 0 && flags & DELETEONCLOSE == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heads() -> Vec<Head> {
        Known::all().map(|known| known.head()).collect()
    }

    #[test]
    fn whichever_bit_flips_a_file_keeps_its_name_and_its_kind() {
        for (n, right) in heads().into_iter().enumerate() {
            let written = right.iter().enumerate().filter(|(_, byte)| **byte != 0).map(|(at, _)| at);
            for bit in written.chain([NAME_BYTES - 1]).flat_map(|at| at * 8..at * 8 + 8) {
                let mut heads = heads();
                heads[n][bit / 8] ^= 1 << (bit % 8);
                let mended = mended(&heads);
                assert!(mended.iter().enumerate().all(|(other, it)| other == n || it.is_none()));
                let after = mended[n].unwrap_or(heads[n]);
                assert!(
                    Known::all().any(|known| known.is_right(&after) && known.name == right[..NAME_BYTES])
                );
            }
        }
    }

    #[test]
    fn of_two_files_that_may_be_meant_one_gets_the_name() {
        let mut lost = Known::of(Database::Outbox.name(), 0x100).head();
        lost[3] ^= 1;
        let mended = mended(&[lost, lost]);
        assert!(mended[0].is_some() && mended[1].is_none());
    }

    #[test]
    fn no_name_can_be_taken_for_another() {
        let known: Vec<Known> = Known::all().collect();
        for (n, one) in known.iter().enumerate() {
            for other in &known[n + 1..] {
                assert!(one.flipped(&other.head()) > 2 * FLIPPED_MAX);
            }
        }
    }

    #[test]
    fn what_sqlite_keeps_for_a_moment_is_left_to_the_pool() {
        let passing = Known::of("/etilqs_5fb3c1", DELETEONCLOSE | 0x200).head();
        assert_eq!(mended(&[passing, [0; HEAD_BYTES], [0xff; HEAD_BYTES]]), [None; 3]);
    }

    #[test]
    fn a_file_that_was_lost_and_made_anew_is_not_there_twice() {
        let right = Known::of(Database::Outbox.name(), 0x100).head();
        let mut lost = right;
        lost[3] ^= 1;
        assert_eq!(mended(&[lost, right]), [None, None]);
    }
}
