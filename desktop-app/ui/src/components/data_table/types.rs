//! What a table is given.

use dioxus::prelude::*;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    #[default]
    Start,
    /// Numbers, so that their digits stand under each other.
    End,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Names the column in [`Sort`].
    pub id: String,
    pub label: String,
    pub align: Align,
    pub is_sortable: bool,
    /// A CSS width such as "8em".
    pub width: Option<String>,
    /// The label is only read: the cells say what they are.
    pub is_label_hidden: bool,
}

impl Column {
    pub fn new(id: impl Into<String>, label: impl Into<String>) -> Self {
        Column {
            id: id.into(),
            label: label.into(),
            align: Align::Start,
            is_sortable: false,
            width: None,
            is_label_hidden: false,
        }
    }

    #[must_use]
    pub fn sortable(mut self) -> Self {
        self.is_sortable = true;
        self
    }

    #[must_use]
    pub fn hidden_label(mut self) -> Self {
        self.is_label_hidden = true;
        self
    }

    #[must_use]
    pub fn number(mut self) -> Self {
        self.align = Align::End;
        self
    }

    #[must_use]
    pub fn width(mut self, width: impl Into<String>) -> Self {
        self.width = Some(width.into());
        self
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    pub column: String,
    pub descending: bool,
}

impl Sort {
    /// What a press on a head asks for: up first, then down.
    pub(super) fn toggled(current: Option<&Sort>, column: &str) -> Sort {
        let descending = current.is_some_and(|sort| sort.column == column && !sort.descending);
        Sort { column: column.to_owned(), descending }
    }
}

#[derive(Clone, PartialEq)]
pub struct Row {
    /// Unique in the table; what `on_open` emits.
    pub id: String,
    /// The address of what the row opens.
    pub href: Option<String>,
    /// One per column; the first one names the row.
    pub cells: Vec<Element>,
    /// Needs someone: marked at its edge.
    pub is_alarming: bool,
    /// Not accepted by the server yet: hatched at its edge.
    pub is_pending: bool,
    /// Its `data-testid`.
    pub name: Option<String>,
}

impl Row {
    pub fn new(id: impl Into<String>, cells: Vec<Element>) -> Self {
        Row { id: id.into(), href: None, cells, is_alarming: false, is_pending: false, name: None }
    }

    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    #[must_use]
    pub fn href(mut self, href: impl Into<String>) -> Self {
        self.href = Some(href.into());
        self
    }
}

pub fn cell_text(text: impl Into<String>) -> Element {
    let text = text.into();
    rsx! { {text} }
}

/// A plain decimal, written as the reader's language does.
pub fn cell_number(plain: &str) -> Element {
    let text = crate::i18n::number(plain);
    rsx! { {text} }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_sorts_up_and_then_down() {
        let up = Sort::toggled(None, "due");
        assert_eq!(up, Sort { column: "due".into(), descending: false });
        let down = Sort::toggled(Some(&up), "due");
        assert!(down.descending);
        assert_eq!(Sort::toggled(Some(&down), "number"), Sort { column: "number".into(), descending: false });
    }
}
