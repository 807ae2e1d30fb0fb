//! Moving stock by hand.

use super::decide::Draft;
use super::{Command, Scene};
use crate::exception::Exception;
use crate::fact::FactBody;
use crate::quantity::{Amount, UnitCode};
use crate::refusal::Refusal;
use crate::stock::{MovementKind, StockKey, StockLevels, StockMovement, StockStatus};
use crate::work_order::needed;

pub(super) fn moved(effects: &mut Draft<'_>, scene: &Scene<'_>, command: &Command) -> Result<(), Refusal> {
    let mut stock = scene.stock.clone();
    let mut post = |movement| self::post(effects, &mut stock, movement);
    match command {
        Command::ReceiveStock { key, amount, unit, price, reference } => {
            well_formed(key, *amount)?;
            let receipt = movement(MovementKind::Receipt, key, *amount, unit);
            post(StockMovement { price: *price, reference: reference.trim().to_owned(), ..receipt })?;
        }
        Command::IssueStock { key, amount, unit, note, .. } => {
            well_formed(key, *amount)?;
            let issue = movement(MovementKind::Issue, key, amount.negated(), unit);
            let reference = scene.order.map(|order| order.number.to_string()).unwrap_or_default();
            post(StockMovement { note: note.trim().to_owned(), reference, ..issue })?;
        }
        Command::TransferStock { key, to, amount, unit } => {
            well_formed(key, *amount)?;
            if key.location == Some(*to) {
                return Err(Refusal::SameLocation);
            }
            let target = StockKey { location: Some(*to), ..key.clone() };
            post(movement(MovementKind::TransferOut, key, amount.negated(), unit))?;
            post(movement(MovementKind::TransferIn, &target, *amount, unit))?;
        }
        Command::AdjustStock { key, difference, unit, reason } => {
            let size = if difference.is_negative() { difference.negated() } else { *difference };
            well_formed(key, size)?;
            let adjustment = movement(MovementKind::Adjustment, key, *difference, unit);
            post(StockMovement { note: needed(reason)?, ..adjustment })?;
        }
        _ => {}
    }
    Ok(())
}

/// Posts a movement. One that takes the stock below zero opens an exception; one that finds it
/// below zero already does not, because that exception is open.
///
/// # Errors
/// [`Refusal::QuantityTooLarge`], for a level that no ledger could add up.
pub(super) fn post(
    effects: &mut Draft<'_>,
    stock: &mut StockLevels,
    movement: StockMovement,
) -> Result<(), Refusal> {
    let before = stock.on_hand(&movement.key);
    stock.add(&movement.key, movement.amount);
    let on_hand = stock.on_hand(&movement.key);
    if on_hand > Amount::MAX || on_hand < Amount::MAX.negated() {
        return Err(Refusal::QuantityTooLarge);
    }
    let key = movement.key.clone();
    effects.fact(FactBody::StockMoved(movement));
    if !before.is_negative() && on_hand.is_negative() {
        effects.fact(FactBody::ExceptionOpened(Exception::NegativeStock { key, on_hand }));
    }
    Ok(())
}

fn well_formed(key: &StockKey, amount: Amount) -> Result<(), Refusal> {
    if !amount.is_positive() {
        return Err(Refusal::QuantityNotPositive);
    }
    if amount > Amount::MAX_ENTERED {
        return Err(Refusal::QuantityTooLarge);
    }
    if key.serial.is_some() && amount != Amount::ONE {
        return Err(Refusal::SerialQuantity);
    }
    if key.status == StockStatus::Unknown {
        return Err(Refusal::Malformed { problem: "its stock status is of a newer version".to_owned() });
    }
    Ok(())
}

fn movement(kind: MovementKind, key: &StockKey, amount: Amount, unit: &UnitCode) -> StockMovement {
    StockMovement {
        movement: kind,
        key: key.clone(),
        amount,
        unit: unit.clone(),
        price: None,
        reference: String::new(),
        note: String::new(),
        reverses: None,
    }
}
