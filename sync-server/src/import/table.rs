//! CSV files as rows of named cells. Whatever is wrong with a cell is noted with its place.

use std::collections::HashMap;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use shared_model::number::Number;
use shared_model::quantity::Amount;
use shared_model::time::Date;

use super::report::{FileReport, Problem};

/// A file with the columns that it has to have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub file: &'static str,
    pub columns: &'static [&'static str],
}

/// A cell or a row is bad; it is noted already.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bad;

#[derive(Debug)]
pub(super) struct Table {
    pub shape: Shape,
    places: HashMap<&'static str, usize>,
    rows: Vec<(u64, csv::ByteRecord)>,
}

impl Table {
    /// Reads a file; nothing when there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn read(
        dir: &Path,
        shape: Shape,
        notes: &mut Notes,
    ) -> Result<Option<Self>, (PathBuf, std::io::Error)> {
        let path = dir.join(shape.file);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err((path, error)),
        };
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
        let header = match reader.byte_headers() {
            Ok(header) => header.clone(),
            Err(error) => return Err((path, error.into())),
        };
        let mut places = HashMap::new();
        for column in shape.columns {
            let found =
                header.iter().position(|name| name.trim_ascii().eq_ignore_ascii_case(column.as_bytes()));
            match found {
                Some(place) => {
                    places.insert(*column, place);
                }
                None => {
                    let has = String::from_utf8_lossy(header.as_slice()).into_owned();
                    let names: Vec<_> = header.iter().map(String::from_utf8_lossy).collect();
                    let reason = match has.is_empty() {
                        true => "the file is empty; its first line names the columns".to_owned(),
                        false => format!("the column is missing; the first line has {}", names.join(", ")),
                    };
                    notes.fail(shape.file, 1, Some(column), reason);
                }
            }
        }
        let mut rows = Vec::new();
        for row in reader.into_byte_records() {
            match row {
                Ok(row) => {
                    let line = row.position().map_or(0, csv::Position::line);
                    rows.push((line, row));
                }
                Err(error) => return Err((path, error.into())),
            }
        }
        let width = header.len();
        let mut table = Self { shape, places, rows: Vec::new() };
        for (line, row) in rows {
            if row.len() == width {
                table.rows.push((line, row));
            } else {
                let reason = format!("the row has {} cells, the first line has {width}", row.len());
                notes.fail(shape.file, line, None, reason);
                notes.file(shape.file).rows += 1;
                notes.file(shape.file).bad += 1;
            }
        }
        if table.places.len() < shape.columns.len() {
            notes.file(shape.file).bad += table.rows.len();
            notes.file(shape.file).rows += table.rows.len();
            table.rows.clear();
        }
        Ok(Some(table))
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(line, cells)| Row { table: self, line: *line, cells })
    }
}

/// What was found while the files were read.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub files: Vec<FileReport>,
    pub problems: Vec<Problem>,
    /// What a person should know about good rows.
    pub hints: Vec<Problem>,
}

impl Notes {
    pub(super) fn file(&mut self, file: &'static str) -> &mut FileReport {
        let at = self.files.iter().position(|it| it.file == file).unwrap_or_else(|| {
            self.files.push(FileReport { file, ..FileReport::default() });
            self.files.len() - 1
        });
        &mut self.files[at]
    }

    pub(super) fn fail(
        &mut self,
        file: &'static str,
        line: u64,
        column: Option<&'static str>,
        reason: impl Into<String>,
    ) {
        self.problems.push(Problem { file, line, column, reason: reason.into() });
    }
}

#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    table: &'a Table,
    pub line: u64,
    cells: &'a csv::ByteRecord,
}

impl Row<'_> {
    /// Notes that a cell is wrong.
    pub(super) fn fail(&self, notes: &mut Notes, column: &'static str, reason: impl Into<String>) -> Bad {
        notes.fail(self.table.shape.file, self.line, Some(column), reason);
        Bad
    }

    /// The trimmed text of a cell; may be empty.
    pub(super) fn text(&self, notes: &mut Notes, column: &'static str) -> Result<String, Bad> {
        let place = self.table.places.get(column).copied().unwrap_or(usize::MAX);
        let text = match std::str::from_utf8(self.cells.get(place).unwrap_or_default()) {
            Ok(text) => text.trim(),
            Err(_) => return Err(self.fail(notes, column, "it is not UTF-8 text; save the file as UTF-8")),
        };
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\r' && c != '\t') {
            return Err(self.fail(notes, column, "it holds characters that cannot be printed"));
        }
        Ok(text.to_owned())
    }

    pub(super) fn text_up_to(
        &self,
        notes: &mut Notes,
        column: &'static str,
        max_chars: usize,
    ) -> Result<String, Bad> {
        let text = self.text(notes, column)?;
        match text.chars().count() {
            length if length > max_chars => {
                let reason = format!("it has {length} characters; at most {max_chars} are possible");
                Err(self.fail(notes, column, reason))
            }
            _ => Ok(text),
        }
    }

    /// The text of a cell that has to say something.
    pub(super) fn required(
        &self,
        notes: &mut Notes,
        column: &'static str,
        max_chars: usize,
    ) -> Result<String, Bad> {
        let text = self.text_up_to(notes, column, max_chars)?;
        if text.is_empty() { Err(self.fail(notes, column, "it is empty")) } else { Ok(text) }
    }

    pub(super) fn number(&self, notes: &mut Notes, column: &'static str) -> Result<Number, Bad> {
        let text = self.text(notes, column)?;
        Number::parse(&text).map_err(|error| self.fail(notes, column, error.to_string()))
    }

    pub(super) fn optional_number(
        &self,
        notes: &mut Notes,
        column: &'static str,
    ) -> Result<Option<Number>, Bad> {
        if self.text(notes, column)?.is_empty() { Ok(None) } else { self.number(notes, column).map(Some) }
    }

    /// A quantity, not negative; zero for an empty cell.
    pub(super) fn amount(&self, notes: &mut Notes, column: &'static str) -> Result<Amount, Bad> {
        let text = self.text(notes, column)?;
        if text.is_empty() {
            return Ok(Amount::ZERO);
        }
        match text.parse::<Amount>() {
            Ok(amount) if amount.is_negative() => {
                Err(self.fail(notes, column, format!("{text} is negative")))
            }
            Ok(amount) => Ok(amount),
            Err(error) => Err(self.fail(notes, column, error.to_string())),
        }
    }

    /// A quantity greater than zero.
    pub(super) fn positive(&self, notes: &mut Notes, column: &'static str) -> Result<Amount, Bad> {
        let amount = self.amount(notes, column)?;
        if amount.is_zero() {
            return Err(self.fail(notes, column, "it has to be greater than zero"));
        }
        Ok(amount)
    }

    pub(super) fn whole(&self, notes: &mut Notes, column: &'static str) -> Result<u32, Bad> {
        let text = self.text(notes, column)?;
        match text.parse::<u32>() {
            Ok(number) if (1..=99_999).contains(&number) => Ok(number),
            _ => Err(self.fail(notes, column, format!("{text:?} is not a whole number from 1 to 99999"))),
        }
    }

    /// `true` or `false`; `otherwise` for an empty cell.
    pub(super) fn flag(&self, notes: &mut Notes, column: &'static str, otherwise: bool) -> Result<bool, Bad> {
        let text = self.text(notes, column)?;
        match text.to_ascii_lowercase().as_str() {
            "" => Ok(otherwise),
            "true" | "yes" | "1" => Ok(true),
            "false" | "no" | "0" => Ok(false),
            _ => Err(self.fail(notes, column, format!("{text:?} is neither true nor false"))),
        }
    }

    pub(super) fn date(&self, notes: &mut Notes, column: &'static str) -> Result<Option<Date>, Bad> {
        self.optional(notes, column, "a date; write one as 2026-11-24", |date: &Date| {
            (1900..=9999).contains(&date.year())
        })
    }

    pub(super) fn instant(
        &self,
        notes: &mut Notes,
        column: &'static str,
    ) -> Result<Option<jiff::Timestamp>, Bad> {
        let what = "a time; write one as 2026-11-24T08:00:00Z";
        self.optional(notes, column, what, |at: &jiff::Timestamp| at.as_second() >= 0)
    }

    /// One of a few words.
    pub(super) fn word<T>(
        &self,
        notes: &mut Notes,
        column: &'static str,
        words: &[(&str, T)],
    ) -> Result<T, Bad>
    where
        T: Copy,
    {
        let text = self.text(notes, column)?;
        let found = words.iter().find(|(word, _)| text.eq_ignore_ascii_case(word));
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            self.fail(notes, column, format!("{text:?} is none of {}", known.join(", ")))
        })
    }

    fn optional<T: FromStr>(
        &self,
        notes: &mut Notes,
        column: &'static str,
        what: &str,
        is_possible: impl Fn(&T) -> bool,
    ) -> Result<Option<T>, Bad> {
        let text = self.text(notes, column)?;
        if text.is_empty() {
            return Ok(None);
        }
        match text.parse::<T>() {
            Ok(value) if is_possible(&value) => Ok(Some(value)),
            _ => Err(self.fail(notes, column, format!("{text:?} is not {what}"))),
        }
    }
}
