//! Pages by key: the next page starts after the last row's sort key, not after a count of rows, so
//! that what changes meanwhile neither repeats a row nor skips one.

use rusqlite::Row;
use rusqlite::types::{Value, ValueRef};
use uuid::Uuid;

use super::NoAnswer;

/// The most rows of a page.
const MOST: u32 = 500;

pub(super) fn limit(asked: u32) -> usize {
    usize::try_from(asked.clamp(1, MOST)).unwrap_or(1)
}

/// What rows are sorted by; the id comes last and makes it unique.
pub(super) struct Sort {
    pub columns: &'static [&'static str],
    pub is_descending: bool,
}

impl Sort {
    pub(super) fn order_by(&self) -> String {
        let direction = if self.is_descending { " desc" } else { "" };
        let columns: Vec<_> = self.columns.iter().map(|column| format!("{column}{direction}")).collect();
        columns.join(", ")
    }

    pub(super) fn keys(&self) -> String {
        self.columns.join(", ")
    }

    /// The condition for rows after a key, whose values are bound from parameter `first` on.
    pub(super) fn after(&self, first: usize) -> String {
        let (keys, sign) = (self.keys(), if self.is_descending { '<' } else { '>' });
        let values: Vec<_> =
            (first..first + self.columns.len()).map(|parameter| format!("?{parameter}")).collect();
        format!("({keys}) {sign} ({})", values.join(", "))
    }

    /// A row's key as text, from the columns that begin at `first`.
    pub(super) fn token(&self, row: &Row<'_>, first: usize) -> rusqlite::Result<String> {
        let mut key = Vec::with_capacity(self.columns.len());
        for column in first..first + self.columns.len() {
            key.push(match row.get_ref(column)? {
                ValueRef::Integer(integer) => serde_json::Value::from(integer),
                ValueRef::Blob(id) => Uuid::from_slice(id).unwrap_or_default().to_string().into(),
                other => other.as_str()?.to_owned().into(),
            });
        }
        Ok(serde_json::Value::Array(key).to_string())
    }

    /// The values of a token.
    pub(super) fn values(&self, token: &str) -> Result<Vec<Value>, NoAnswer> {
        let unknown = || NoAnswer::NotHere("this page is not known; start from the first one");
        let mut key: Vec<serde_json::Value> = serde_json::from_str(token).map_err(|_| unknown())?;
        let id = key.pop().and_then(|id| Uuid::parse_str(id.as_str()?).ok()).ok_or_else(unknown)?;
        let mut values = Vec::with_capacity(self.columns.len());
        for value in key {
            values.push(match value {
                serde_json::Value::Number(number) => Value::Integer(number.as_i64().ok_or_else(unknown)?),
                serde_json::Value::String(text) => Value::Text(text),
                _ => return Err(unknown()),
            });
        }
        values.push(Value::Blob(id.as_bytes().to_vec()));
        if values.len() == self.columns.len() { Ok(values) } else { Err(unknown()) }
    }
}

/// What a search box holds, as it is compared: lower case, without space around it.
pub(super) fn needle(search: &str) -> Option<String> {
    let search = search.trim().to_lowercase();
    (!search.is_empty()).then_some(search)
}
