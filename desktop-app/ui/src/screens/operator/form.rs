//! A report as it is being typed: text in, a [`ProductionReport`] or a reason why not out.

use shared_model::ids::ReasonId;
use shared_model::number::Number;
use shared_model::production::{ProductionReport, Scrap};
use shared_model::quantity::Amount;

/// The field that the number pad fills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Slot {
    #[default]
    Good,
    Scrap,
    Rework,
}

impl Slot {
    pub fn name(self) -> &'static str {
        match self {
            Slot::Good => "good",
            Slot::Scrap => "scrap",
            Slot::Rework => "rework",
        }
    }
}

/// Why pieces are scrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// "Don't know yet": a supervisor follows up.
    Unknown,
    Known(ReasonId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    Nothing,
    ScrapWithoutCause,
    NotANumber,
    Lot,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportForm {
    pub good: String,
    pub scrap: String,
    pub rework: String,
    pub slot: Slot,
    pub cause: Option<Cause>,
    pub lot: String,
}

impl ReportForm {
    /// A report that was entered before. Of several kinds of scrap it keeps the sum, and a reason
    /// where they share one.
    pub fn of(report: &ProductionReport) -> Self {
        let text = |amount: Amount| if amount.is_zero() { String::new() } else { amount.to_string() };
        let mut reasons = report.scrap.iter().map(|scrap| scrap.reason);
        let cause = reasons.next().and_then(|first| {
            let is_shared = reasons.all(|reason| reason == first);
            is_shared.then(|| first.map_or(Cause::Unknown, Cause::Known))
        });
        Self {
            good: text(report.good),
            scrap: text(report.scrapped()),
            rework: text(report.rework),
            slot: Slot::Good,
            cause,
            lot: report.lot.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    }

    /// Whether there is something in the fields that are seldom needed.
    pub fn has_more(&self) -> bool {
        !self.rework.is_empty() || !self.lot.is_empty()
    }

    pub fn value(&self, slot: Slot) -> &str {
        match slot {
            Slot::Good => &self.good,
            Slot::Scrap => &self.scrap,
            Slot::Rework => &self.rework,
        }
    }

    /// Fills the selected field.
    pub fn type_in(&mut self, text: String) {
        match self.slot {
            Slot::Good => self.good = text,
            Slot::Scrap => self.scrap = text,
            Slot::Rework => self.rework = text,
        }
    }

    /// An empty or half-typed field ("", "12.") counts as what stands there so far.
    pub fn amount(&self, slot: Slot) -> Option<Amount> {
        let text = self.value(slot).trim_end_matches('.');
        if text.is_empty() { Some(Amount::ZERO) } else { text.parse().ok() }
    }

    pub fn has_scrap(&self) -> bool {
        self.amount(Slot::Scrap).is_some_and(Amount::is_positive)
    }

    /// How much more than ordered there would be, with what is made already.
    pub fn over(&self, made: Amount, ordered: Amount) -> Option<Amount> {
        let good = self.amount(Slot::Good)?;
        let over = made.plus(good).minus(ordered);
        (good.is_positive() && over.is_positive()).then_some(over)
    }

    pub fn report(&self, operation: Option<u32>) -> Result<ProductionReport, Problem> {
        let amount = |slot| self.amount(slot).ok_or(Problem::NotANumber);
        let (good, scrap, rework) = (amount(Slot::Good)?, amount(Slot::Scrap)?, amount(Slot::Rework)?);
        if good.is_zero() && scrap.is_zero() && rework.is_zero() {
            return Err(Problem::Nothing);
        }
        let scrap = match (scrap.is_positive(), self.cause) {
            (false, _) => Vec::new(),
            (true, None) => return Err(Problem::ScrapWithoutCause),
            (true, Some(Cause::Unknown)) => vec![Scrap { amount: scrap, reason: None }],
            (true, Some(Cause::Known(reason))) => vec![Scrap { amount: scrap, reason: Some(reason) }],
        };
        let lot = match self.lot.trim() {
            "" => None,
            text => Some(Number::parse(text).map_err(|_| Problem::Lot)?),
        };
        Ok(ProductionReport { operation, good, scrap, rework, lot, note: String::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Amount {
        text.parse().expect("an amount")
    }

    fn form(good: &str, scrap: &str) -> ReportForm {
        ReportForm { good: good.to_owned(), scrap: scrap.to_owned(), ..ReportForm::default() }
    }

    #[test]
    fn digits_go_where_the_field_is_selected() {
        let mut form = ReportForm::default();
        form.type_in("48".to_owned());
        form.slot = Slot::Scrap;
        form.type_in("2".to_owned());
        assert_eq!((form.value(Slot::Good), form.value(Slot::Scrap)), ("48", "2"));
    }

    #[test]
    fn a_report_that_is_opened_again_says_what_it_said() {
        let mut form = form("48", "2");
        form.cause = Some(Cause::Unknown);
        form.rework = "1".to_owned();
        form.lot = "L-7".to_owned();
        let report = form.report(Some(10)).expect("a report");
        assert_eq!(ReportForm::of(&report), form);
        assert!(form.has_more());
    }

    #[test]
    fn nothing_at_all_is_no_report() {
        assert_eq!(form("", "").report(Some(10)), Err(Problem::Nothing));
        assert_eq!(form("0", "0").report(Some(10)), Err(Problem::Nothing));
    }

    #[test]
    fn scrap_asks_for_its_reason_and_takes_do_not_know() {
        let mut form = form("48", "2");
        assert_eq!(form.report(Some(10)), Err(Problem::ScrapWithoutCause));
        form.cause = Some(Cause::Unknown);
        let report = form.report(Some(10)).expect("a report");
        assert_eq!(report.good, amount("48"));
        assert_eq!(report.scrap, [Scrap { amount: amount("2"), reason: None }]);
    }

    #[test]
    fn a_reason_without_scrap_is_left_out() {
        let form = ReportForm { cause: Some(Cause::Unknown), ..form("48", "") };
        assert_eq!(form.report(None).expect("a report").scrap, []);
    }

    #[test]
    fn a_half_typed_decimal_counts_as_what_stands_there() {
        assert_eq!(form("12.", "").report(None).expect("a report").good, amount("12"));
    }

    #[test]
    fn more_than_ordered_is_told_before_it_is_saved() {
        assert_eq!(form("30", "").over(amount("96"), amount("120")), Some(amount("6")));
        assert_eq!(form("24", "").over(amount("96"), amount("120")), None);
        assert_eq!(form("", "5").over(amount("130"), amount("120")), None);
    }
}
