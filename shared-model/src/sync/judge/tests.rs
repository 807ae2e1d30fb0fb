use uuid::Uuid;

use super::*;
use crate::actor::ActorEpoch;
use crate::command::Command;
use crate::ids::WorkOrderId;
use crate::number::Number;
use crate::people::Role;
use crate::quantity::{Amount, UnitCode};
use crate::time::Timestamp;
use crate::work_order::note::Deed;
use crate::work_order::{NewWorkOrder, WorkOrderEdit};

const AT: Timestamp = Timestamp::from_millis(1_790_000_000_000);

fn planner() -> Actor {
    let id = Uuid::from_u128;
    Actor::new(id(1).into(), id(2).into(), id(3).into(), vec![Role::Planner])
}

fn order() -> WorkOrderId {
    Uuid::from_u128(4).into()
}

/// What a device with a document sends when somebody presses a button there.
fn pressed(document: &mut Document, id: u128, command: Command) -> Envelope {
    let planner = planner();
    let before = document.order().expect("reads");
    let after = document_after(&command, before.as_ref(), planner.user, AT).expect("allowed");
    let author = automerge_actor(planner.device, planner.user, ActorEpoch(0));
    let change = document.write(&after.expect("changes"), &author, AT).expect("writes").expect("a change");
    Envelope {
        id: Uuid::from_u128(id).into(),
        plant: planner.plant,
        device: planner.device,
        user: planner.user,
        occurred_at: AT,
        sequence: 1,
        command,
        change: Some(change.raw_bytes().to_vec()),
        epoch: ActorEpoch(0),
    }
}

fn create() -> Command {
    Command::CreateWorkOrder(NewWorkOrder {
        id: order(),
        number: Number::parse("WO-1").ok(),
        title: String::new(),
        material: Uuid::from_u128(5).into(),
        quantity: Amount::ONE,
        unit: Some(UnitCode::new("pcs")),
        due_on: None,
        priority: 5,
        output_location: None,
        operations: Vec::new(),
    })
}

fn retitle(title: &str) -> Command {
    let edit = WorkOrderEdit { title: Some(title.to_owned()), ..WorkOrderEdit::default() };
    Command::EditWorkOrder { order: order(), edit }
}

#[test]
fn a_change_tells_who_did_what_and_cannot_lie_about_it() {
    let say = |note: &dyn Fn(&Envelope) -> Option<Note>| {
        let (mut server, mut stock) = (OrderState::default(), StockLevels::default());
        let mut envelope = pressed(&mut Document::empty(), 10, create());
        let after = document_after(&envelope.command, None, envelope.user, AT).expect("allowed");
        let author = automerge_actor(envelope.device, envelope.user, envelope.epoch);
        let note = note(&envelope);
        let change = Document::empty()
            .write_noted(&after.expect("an order"), &author, AT, note.as_ref())
            .expect("writes")
            .expect("a change");
        envelope.change = Some(change.raw_bytes().to_vec());
        let said = judge(&envelope, &mut server, &mut stock, &planner(), AT).expect("a sound document");
        (said, server.document.notes().into_iter().map(|(_, note)| note).collect::<Vec<_>>())
    };
    let (said, notes) = say(&|envelope| Some(Note::of(envelope)));
    assert!(matches!(said, Judgement::Accepted(_)));
    assert_eq!(notes, [Note { by: planner().user, at: AT, did: Deed::Created }]);

    let (said, _) = say(&|envelope| Some(Note { by: Uuid::from_u128(9).into(), ..Note::of(envelope) }));
    assert!(matches!(said, Judgement::Refused(Refusal::UnverifiedChange)));

    let (said, notes) = say(&|_| None);
    assert!(matches!(said, Judgement::Accepted(_)), "of an older version");
    assert!(notes.is_empty());
}

#[test]
fn a_device_that_lost_a_change_after_sending_it_is_told_to_make_the_next_one_anew() {
    let (mut server, mut stock) = (OrderState::default(), StockLevels::default());
    let mut say = |envelope: &Envelope| {
        judge(envelope, &mut server, &mut stock, &planner(), AT).expect("a sound document")
    };
    let mut device = Document::empty();
    assert!(matches!(say(&pressed(&mut device, 10, create())), Judgement::Accepted(_)));
    // A power cut: the replica's last commits did not reach the disk, the server has the change.
    let mut before_the_power_cut = device.clone();
    assert!(matches!(say(&pressed(&mut device, 11, retitle("first"))), Judgement::Accepted(_)));
    let forked = pressed(&mut before_the_power_cut, 12, retitle("second"));
    assert!(matches!(say(&forked), Judgement::Rebase));
    assert_eq!(server.document.order().expect("reads").expect("an order").title, "first");
}
