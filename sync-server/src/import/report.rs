//! What an import did, for people and for programs.

use std::fmt;

use serde::Serialize;

/// Where a row is wrong, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    pub file: &'static str,
    /// The header is line 1.
    pub line: u64,
    /// None where the row as a whole is wrong.
    pub column: Option<&'static str>,
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if let Some(column) = self.column {
            write!(f, "{column}: ")?;
        }
        f.write_str(&self.reason)
    }
}

/// The rows of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FileReport {
    pub file: &'static str,
    pub rows: usize,
    pub created: usize,
    pub updated: usize,
    pub unchanged: usize,
    pub bad: usize,
    /// Good themselves, but of a BOM or routing with a bad row; and changed stock, where the file
    /// has bad rows.
    pub left_out: usize,
    /// Stock that was moved here meanwhile and stays as it is: the hints say which.
    pub kept: usize,
    /// What the file says and the system has no place for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub files: Vec<FileReport>,
    pub problems: Vec<Problem>,
    /// What was not done for a good row, and why.
    pub hints: Vec<Problem>,
    /// Whether anything was written; with bad rows only where they were to be skipped.
    pub imported: bool,
    pub dry_run: bool,
}

impl Report {
    /// Whether the files were good, or their bad rows were skipped as wished.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.imported || (self.dry_run && self.problems.is_empty())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for file in &self.files {
            write!(
                f,
                "{:<16} {:>6} rows: {} created, {} updated, {} unchanged",
                file.file, file.rows, file.created, file.updated, file.unchanged
            )?;
            if file.bad > 0 {
                write!(f, ", {} bad", file.bad)?;
            }
            if file.left_out > 0 {
                write!(f, ", {} left out with them", file.left_out)?;
            }
            if file.kept > 0 {
                write!(f, ", {} kept as they are here", file.kept)?;
            }
            if let Some(note) = file.note {
                write!(f, " ({note})")?;
            }
            writeln!(f)?;
        }
        for line in self.problems.iter().chain(&self.hints) {
            writeln!(f, "{line}")?;
        }
        match (self.dry_run, self.imported, self.problems.is_empty()) {
            (true, ..) => writeln!(f, "dry run: nothing was written"),
            (false, true, true) => writeln!(f, "imported"),
            (false, true, false) => writeln!(f, "imported, without the bad rows"),
            (false, false, _) => {
                writeln!(f, "nothing was imported; correct the rows, or leave them out with --skip-bad-rows")
            }
        }
    }
}
