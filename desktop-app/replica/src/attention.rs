//! What becomes of a refused entry: it is entered again, or given to somebody who may decide; and what
//! they do with it. In one commit each, so that it is never in two places and never in none.

use shared_model::command::Command;
use shared_model::exception::{Exception, RefusedWork};
use shared_model::fact::FactBody;
use shared_model::host::{HostError, Saved};
use shared_model::ids::{CommandId, FactId, IdSource};
use shared_model::refusal::Refusal;
use shared_model::time::Timestamp;

use crate::command::{NotSaved, pressed};
use crate::outbox::{CommandState, Entry, command};
use crate::pending::Pending;
use crate::replica::Replica;
use crate::tables::fact;

impl Replica {
    /// Enters a refused command again, as it was or edited, at the time at which it was first entered.
    ///
    /// # Errors
    /// When there is no such refused command, the edited one is about something else, or it is refused
    /// here: then nothing changes.
    pub fn resend(
        &mut self,
        refused: CommandId,
        edited: Option<Command>,
        now: Timestamp,
        random: [u8; 16],
    ) -> Result<Saved, HostError> {
        self.press(now, random, |pending, press| {
            let (entry, refusal) = refused_entry(pending, refused)?;
            let before = entry.envelope.command;
            let command = match edited {
                Some(edited) if edited.code() == before.code() && edited.order() == before.order() => edited,
                Some(_) => return Err(rejected("what was edited is another entry")),
                None => before.anew(&refusal),
            };
            press.entered_at = Some(entry.envelope.occurred_at);
            let saved = pressed(pending, press, command)?;
            pending.let_go(refused)?;
            Ok(saved)
        })
    }

    /// Gives a refused command to somebody who may decide.
    ///
    /// # Errors
    /// When there is no such refused command, or the person may not even see the plant any more.
    pub fn hand_over(
        &mut self,
        refused: CommandId,
        note: String,
        now: Timestamp,
        random: [u8; 16],
    ) -> Result<Saved, HostError> {
        self.press(now, random, |pending, press| {
            let (entry, refusal) = refused_entry(pending, refused)?;
            let work = RefusedWork {
                entered: entry.envelope.command,
                entered_by: entry.envelope.user,
                entered_at: entry.envelope.occurred_at,
                refusal,
                note,
            };
            let saved = pressed(pending, press, Command::HandOver { refused, work: Box::new(work) })?;
            pending.let_go(refused)?;
            Ok(saved)
        })
    }

    /// Enters what was handed over, in the name of who is signed in, and closes the exception. Both
    /// commands have their ids from the exception: what two people release without knowing of each
    /// other is one command, and counts once.
    ///
    /// # Errors
    /// When there is no such exception, or one of the two is refused: then nothing changes.
    pub fn release(
        &mut self,
        exception: FactId,
        note: String,
        now: Timestamp,
        random: [u8; 16],
    ) -> Result<Saved, HostError> {
        self.press(now, random, |pending, press| {
            let opened = fact::find(pending.replica, exception)?.ok_or(Refusal::UnknownFact)?;
            let FactBody::ExceptionOpened(Exception::RefusedWork(work)) = opened.body else {
                return Err(rejected("nothing was handed over with this exception"));
            };
            if !work.entered.is_for_others() {
                return Err(rejected(
                    "only the person who works can enter this; close the exception instead",
                ));
            }
            let ids = IdSource::new(work.entered_at, *exception.uuid().as_bytes());
            let entered: CommandId = ids.named("entered");
            if command::find(pending.outbox, entered)?.is_some() {
                return Err(rejected("you released this already; look at what needs you"));
            }
            press.entered_at = Some(work.entered_at);
            press.id = Some(entered);
            let saved = pressed(pending, press, work.entered.anew(&work.refusal))?;
            press.go_on();
            press.id = Some(ids.named("closed"));
            let close = Command::CloseException { exception, order: opened.order, note };
            pressed(pending, press, close)?;
            Ok(saved)
        })
    }
}

fn refused_entry(pending: &Pending<'_>, id: CommandId) -> Result<(Entry, Refusal), NotSaved> {
    let entry = command::find(pending.outbox, id)?;
    match entry.map(|entry| (entry.state.clone(), entry)) {
        Some((CommandState::Refused(refusal), entry)) => Ok((entry, refusal)),
        _ => Err(rejected("only an entry that was refused can be decided on")),
    }
}

fn rejected(message: &str) -> NotSaved {
    NotSaved::Rejected(message.to_owned())
}
