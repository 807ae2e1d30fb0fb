//! Quantity, due date and priority as they are typed.

use shared_model::quantity::Amount;
use shared_model::time::Date;
use shared_model::work_order::default_priority;

use crate::i18n::{self, ungroup};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanForm {
    pub title: String,
    pub quantity: String,
    /// ISO text, as the browser's date field gives it; empty for none.
    pub due: String,
    pub priority: i64,
}

impl Default for PlanForm {
    fn default() -> Self {
        Self {
            title: String::new(),
            quantity: String::new(),
            due: String::new(),
            priority: i64::from(default_priority()),
        }
    }
}

impl PlanForm {
    /// More than nothing, or none.
    pub fn quantity(&self) -> Option<Amount> {
        amount(&self.quantity).filter(|amount| amount.is_positive())
    }

    /// An empty field is no date; a half-typed one is not ready.
    pub fn due(&self) -> Result<Option<Date>, ()> {
        match self.due.trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| ()),
        }
    }

    pub fn priority(&self) -> u8 {
        u8::try_from(self.priority.clamp(1, 10)).unwrap_or_else(|_| default_priority())
    }
}

/// What a person typed, with the separators of their language.
pub fn amount(typed: &str) -> Option<Amount> {
    ungroup(typed, i18n::language().separators())?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_read_as_people_write_it() {
        let form = |quantity: &str| PlanForm { quantity: quantity.to_owned(), ..PlanForm::default() };
        assert_eq!(form("1,200").quantity(), Some("1200".parse().expect("an amount")));
        assert_eq!(form("0").quantity(), None);
        assert_eq!(form("twelve").quantity(), None);
    }

    #[test]
    fn a_due_date_may_be_left_out() {
        let form = |due: &str| PlanForm { due: due.to_owned(), ..PlanForm::default() };
        assert_eq!(form("").due(), Ok(None));
        assert_eq!(form("2026-11-24").due(), Ok(Some("2026-11-24".parse().expect("a date"))));
        assert_eq!(form("2026-11").due(), Err(()));
    }
}
