//! Which one thing to do now, and what else may be done.

use shared_model::host::NowCard;
use shared_model::work_order::{OperationState, Stage};

/// The one button that stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Primary {
    Start,
    /// Goes on after a pause, or joins those who are at it.
    Resume,
    Report,
    Finish,
    CompleteOrder,
    /// Nothing: the operation is done, or the order is not on the floor.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dock {
    pub primary: Primary,
    pub may_report: bool,
    pub may_pause: bool,
    pub may_finish: bool,
}

impl Dock {
    const REST: Self =
        Self { primary: Primary::Nothing, may_report: false, may_pause: false, may_finish: false };

    pub fn of(card: &NowCard) -> Self {
        let row = &card.row;
        if card.can_complete {
            // A late piece may still be reported; the order takes it until it is completed.
            return Self { primary: Primary::CompleteOrder, may_report: true, ..Self::REST };
        }
        if !matches!(row.stage, Stage::Released | Stage::InProgress) {
            return Self::REST;
        }
        let is_enough = row.output.good >= row.ordered;
        match row.state {
            OperationState::Pending => Self { primary: Primary::Start, ..Self::REST },
            OperationState::Finished => Self::REST,
            OperationState::Started if !row.am_working => {
                Self { primary: Primary::Resume, may_report: true, may_finish: true, ..Self::REST }
            }
            OperationState::Started if is_enough => {
                Self { primary: Primary::Finish, may_report: true, may_pause: true, may_finish: false }
            }
            OperationState::Started => {
                Self { primary: Primary::Report, may_report: false, may_pause: true, may_finish: true }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::sample;

    fn card(state: OperationState, am_working: bool, good: &str) -> NowCard {
        let mut card = sample::now_card();
        card.row.state = state;
        card.row.am_working = am_working;
        card.row.output.good = good.parse().expect("an amount");
        card
    }

    #[test]
    fn a_waiting_operation_is_started() {
        assert_eq!(Dock::of(&card(OperationState::Pending, false, "0")).primary, Primary::Start);
    }

    #[test]
    fn at_work_one_reports_until_enough_is_made_and_then_finishes() {
        let at_work = Dock::of(&card(OperationState::Started, true, "48"));
        assert_eq!((at_work.primary, at_work.may_pause, at_work.may_finish), (Primary::Report, true, true));
        let enough = Dock::of(&card(OperationState::Started, true, "120"));
        assert_eq!((enough.primary, enough.may_report), (Primary::Finish, true));
    }

    #[test]
    fn what_somebody_else_works_on_can_be_joined() {
        let dock = Dock::of(&card(OperationState::Started, false, "0"));
        assert_eq!((dock.primary, dock.may_pause), (Primary::Resume, false));
    }

    #[test]
    fn a_paused_order_offers_nothing_to_press() {
        let mut paused = card(OperationState::Started, true, "0");
        paused.row.stage = Stage::Paused;
        assert_eq!(Dock::of(&paused), Dock::REST);
    }

    #[test]
    fn an_order_with_everything_made_is_completed() {
        let mut done = card(OperationState::Finished, false, "120");
        done.can_complete = true;
        assert_eq!(Dock::of(&done).primary, Primary::CompleteOrder);
    }
}
