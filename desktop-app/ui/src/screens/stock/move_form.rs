//! A movement of stock as it is typed.

use shared_model::command::Command;
use shared_model::host::StockPlace;
use shared_model::ids::{LocationId, MaterialId};
use shared_model::number::Number;
use shared_model::quantity::{Amount, UnitCode};
use shared_model::stock::{StockKey, StockStatus};

use crate::i18n::{self, ungroup};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveKind {
    Receive,
    Issue,
    Transfer,
    Adjust,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    Amount,
    Place,
    Lot,
    SamePlace,
    Reason,
    NoDifference,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MoveForm {
    pub amount: String,
    /// Which of the material's places, by its position in the list.
    pub place: Option<usize>,
    /// Where to: a receipt's or a transfer's.
    pub to: Option<LocationId>,
    pub lot: String,
    pub reference: String,
    pub note: String,
}

impl MoveForm {
    /// What was typed as an amount; an adjustment may count nothing.
    fn amount(&self) -> Option<Amount> {
        ungroup(&self.amount, i18n::language().separators())?
            .parse()
            .ok()
            .filter(|amount: &Amount| !amount.is_negative())
    }

    pub fn command(
        &self,
        kind: MoveKind,
        material: MaterialId,
        places: &[StockPlace],
    ) -> Result<Command, Problem> {
        let amount = self.amount().ok_or(Problem::Amount)?;
        if kind != MoveKind::Adjust && !amount.is_positive() {
            return Err(Problem::Amount);
        }
        if kind == MoveKind::Receive {
            let key = StockKey {
                lot: number(&self.lot)?,
                ..StockKey::of(material, Some(self.to.ok_or(Problem::Place)?))
            };
            let reference = self.reference.trim().to_owned();
            return Ok(Command::ReceiveStock {
                key,
                amount,
                unit: UnitCode::default(),
                price: None,
                reference,
            });
        }
        let place = self.place.and_then(|at| places.get(at)).ok_or(Problem::Place)?;
        let key = key_of(material, place)?;
        let unit = UnitCode::default();
        match kind {
            MoveKind::Receive | MoveKind::Issue => {
                Ok(Command::IssueStock { key, amount, unit, order: None, note: self.note.trim().to_owned() })
            }
            MoveKind::Transfer => {
                let to = self.to.ok_or(Problem::Place)?;
                if key.location == Some(to) {
                    return Err(Problem::SamePlace);
                }
                Ok(Command::TransferStock { key, to, amount, unit })
            }
            MoveKind::Adjust => {
                let difference = amount.minus(place.on_hand);
                if difference.is_zero() {
                    return Err(Problem::NoDifference);
                }
                let reason = self.note.trim().to_owned();
                if reason.is_empty() {
                    return Err(Problem::Reason);
                }
                Ok(Command::AdjustStock { key, difference, unit, reason })
            }
        }
    }
}

fn key_of(material: MaterialId, place: &StockPlace) -> Result<StockKey, Problem> {
    Ok(StockKey {
        material,
        location: place.location,
        lot: number(place.lot.as_deref().unwrap_or_default())?,
        serial: number(place.serial.as_deref().unwrap_or_default())?,
        status: place.status,
    })
}

fn number(text: &str) -> Result<Option<Number>, Problem> {
    match text.trim() {
        "" => Ok(None),
        text => Number::parse(text).map(Some).map_err(|_| Problem::Lot),
    }
}

/// For a material that lies nowhere yet: it may still be counted or issued at a place without a name.
pub fn nowhere() -> StockPlace {
    StockPlace {
        location: None,
        location_path: String::new(),
        lot: None,
        serial: None,
        status: StockStatus::Ok,
        on_hand: Amount::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn material() -> MaterialId {
        "01900000-0000-7000-8000-000000000001".parse().expect("an id")
    }

    fn place(on_hand: &str) -> StockPlace {
        StockPlace {
            location: Some("01900000-0000-7000-8000-000000000002".parse().expect("an id")),
            location_path: "Store/A1".to_owned(),
            lot: Some("L-1".to_owned()),
            on_hand: on_hand.parse().expect("an amount"),
            ..nowhere()
        }
    }

    fn form(amount: &str) -> MoveForm {
        MoveForm {
            amount: amount.to_owned(),
            place: Some(0),
            note: "counted".to_owned(),
            ..MoveForm::default()
        }
    }

    #[test]
    fn a_count_becomes_the_difference_to_what_was_known() {
        let command = form("7").command(MoveKind::Adjust, material(), &[place("10")]).expect("a command");
        let Command::AdjustStock { key, difference, reason, .. } = command else { panic!("an adjustment") };
        assert_eq!(difference, "-3".parse().expect("an amount"));
        assert_eq!(reason, "counted");
        assert_eq!(key.lot, Some(Number::parse("L-1").expect("a number")));
    }

    #[test]
    fn a_count_of_nothing_is_a_count_and_an_issue_of_nothing_is_not() {
        assert!(form("0").command(MoveKind::Adjust, material(), &[place("10")]).is_ok());
        assert_eq!(form("0").command(MoveKind::Issue, material(), &[place("10")]), Err(Problem::Amount));
        assert_eq!(
            form("10").command(MoveKind::Adjust, material(), &[place("10")]),
            Err(Problem::NoDifference)
        );
    }

    #[test]
    fn a_transfer_leads_somewhere_else() {
        let here = place("10");
        let form = MoveForm { to: here.location, ..form("1") };
        assert_eq!(form.command(MoveKind::Transfer, material(), &[here]), Err(Problem::SamePlace));
    }

    #[test]
    fn a_receipt_says_where_it_is_put() {
        assert_eq!(form("5").command(MoveKind::Receive, material(), &[]), Err(Problem::Place));
        let put = MoveForm { to: place("0").location, ..form("5") };
        assert!(put.command(MoveKind::Receive, material(), &[]).is_ok());
    }
}
