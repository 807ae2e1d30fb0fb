//! What people do with what was refused: they enter it again, changed or not, give it to a supervisor,
//! or discard it; and supervisors enter what they were given, or close it.
//!
//! Each is one step for the person, so it has to be one on the disk: what was refused has left the list
//! exactly if what took its place is in it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use shared_model::command::Command;
use shared_model::exception::{Exception, RefusedWork};
use shared_model::host::{Attention, Exceptions, HostError, Reply, Request};
use shared_model::ids::{CommandId, FactId, UserId};
use shared_model::policy::Action;
use shared_model::quantity::Amount;
use shared_model::refusal::Refusal;
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::device::Answered;
use super::planted::Bug;
use super::rng::Rng;
use super::world::{Origin, World};

/// What a press of a button is expected to leave in the outbox.
pub(super) struct Expected {
    pub command: Command,
    pub origin: Origin,
    /// When it was first entered, where that was not now.
    pub entered_at: Option<Timestamp>,
}

/// An entry of the outbox that was refused, read from the file itself.
struct Refused {
    id: CommandId,
    command: Command,
    user: UserId,
    at: Timestamp,
    refusal: Refusal,
}

impl World {
    /// Asks the device for something that may be entered, and notes in the journal what is on its disk
    /// afterwards, also when it crashed before it could say so.
    pub(super) fn act(
        &mut self,
        index: usize,
        request: Request,
        expected: Vec<Expected>,
    ) -> anyhow::Result<Option<Answered>> {
        let request = self.named(request);
        let (answer, entered) = self.ask_for(index, &request, &expected)?;
        let is_saved = matches!(answer, Some(Ok(Reply::Saved(_))));
        if answer.is_some() && is_saved == entered.is_empty() {
            self.complaints.push(format!("device {index} answered {answer:?}, and has {entered:?}"));
        }
        match &answer {
            Some(Err(HostError::Refused { refusal })) => {
                self.note(|| format!("device {index} refuses: {refusal}"));
            }
            Some(_) => {}
            None => self.waits_for_another_tab(index, request, expected, entered),
        }
        Ok(answer)
    }

    /// The answer, and what was not in the outbox before.
    pub(super) fn ask_for(
        &mut self,
        index: usize,
        request: &Request,
        expected: &[Expected],
    ) -> anyhow::Result<(Option<Answered>, Vec<CommandId>)> {
        let before = self.outbox_ids(index)?;
        self.maybe_arm(index);
        let (step, answer) = self.devices[index].call(self.now, request.clone())?;
        self.went(index, step)?;
        let after = self.outbox_ids(index)?;
        let is_new = |id: &CommandId| !before.values().any(|old| old == id);
        let new: Vec<CommandId> = after.into_values().filter(is_new).collect();
        if !new.is_empty() && new.len() != expected.len() {
            let wanted = expected.len();
            self.complaints.push(format!("device {index} entered {} of {wanted} commands", new.len()));
        }
        for (id, Expected { command, origin, entered_at }) in new.iter().zip(expected) {
            let pressed = self.journal.entry(*id).or_default();
            pressed.devices.entry(index).or_insert(self.now);
            pressed.command = Some(command.clone());
            pressed.origin = *origin;
            pressed.entered_at = *entered_at;
        }
        if let Some(Ok(Reply::Saved(saved))) = &answer
            && let Some(pressed) = self.journal.get_mut(&saved.command)
        {
            pressed.saved = Some(saved.clone());
        }
        self.note_what_may_wait(index)?;
        Ok((answer, new))
    }

    /// Looks at what was refused, if anything was, and decides on one entry.
    pub(super) fn decide_on_refused(&mut self, index: usize) -> anyhow::Result<()> {
        let mut refused = self.refused_in_outbox(index)?;
        // The list says which entries would go through now: those are sent again first.
        let rows = self.devices[index].ask(self.now, Attention {})?;
        let possible: BTreeSet<CommandId> =
            rows.iter().filter(|row| row.refused_again.is_none()).map(|row| row.item.command).collect();
        if let Some(n) =
            refused.iter().position(|it| possible.contains(&it.id)).filter(|_| self.rng.chance(500))
        {
            let is_edited = self.rng.chance(500);
            return self.resend(index, &refused.swap_remove(n), is_edited);
        }
        let count = refused.len() as u64;
        let Some(refused) = refused.into_iter().nth(usize::try_from(self.rng.below(count))?) else {
            return Ok(());
        };
        match self.rng.below(100) {
            // What somebody else may do is given to them.
            0..80 if matches!(refused.refusal, Refusal::NotPermitted { .. }) => {
                self.hand_over(index, refused)
            }
            0..10 => self.resend(index, &refused, false),
            10..30 => self.resend(index, &refused, true),
            30..80 => self.hand_over(index, refused),
            _ => self.discard(index, &refused),
        }
    }

    fn resend(&mut self, index: usize, refused: &Refused, is_edited: bool) -> anyhow::Result<()> {
        let edited = if is_edited { edited(&mut self.rng, &refused.command) } else { None };
        self.note(|| format!("device {index} sends {} again, edited {}", refused.id, edited.is_some()));
        let command = edited.clone().unwrap_or_else(|| without_seen(refused.command.clone()));
        let expected = Expected { command, origin: Origin::Resent(refused.id), entered_at: Some(refused.at) };
        let is_edited = edited.is_some();
        let request = Request::Resend { command: refused.id, edited };
        let answer = self.act(index, request, vec![expected])?;
        match answer {
            Some(Ok(_)) if is_edited => self.decided.resent_edited += 1,
            Some(Ok(_)) => self.decided.resent += 1,
            _ => {}
        }
        self.let_go(index, refused.id, "sent again", answer)
    }

    fn hand_over(&mut self, index: usize, refused: Refused) -> anyhow::Result<()> {
        self.note(|| format!("device {index} hands {} over", refused.id));
        let id = refused.id;
        let note = if self.rng.chance(500) { "please".to_owned() } else { String::new() };
        let request = Request::HandOver { command: id, note: note.clone() };
        let work = RefusedWork {
            entered: refused.command,
            entered_by: refused.user,
            entered_at: refused.at,
            refusal: refused.refusal,
            note,
        };
        let command = Command::HandOver { refused: id, work: Box::new(work) };
        let expected = Expected { command, origin: Origin::HandedOver(id), entered_at: None };
        let answer = self.act(index, request, vec![expected])?;
        self.decided.handed_over += u64::from(matches!(answer, Some(Ok(_))));
        self.let_go(index, id, "handed over", answer)
    }

    fn discard(&mut self, index: usize, refused: &Refused) -> anyhow::Result<()> {
        self.note(|| format!("device {index} discards {}", refused.id));
        self.maybe_arm(index);
        let (step, answer) =
            self.devices[index].call(self.now, Request::DiscardRefused { command: refused.id })?;
        self.went(index, step)?;
        let is_gone = !self.outbox_ids(index)?.values().any(|id| *id == refused.id);
        match answer {
            Some(Ok(_)) if is_gone => self.decided.discarded += 1,
            None | Some(Err(HostError::Storage { .. } | HostError::StorageFull)) => {}
            other => self.complaints.push(format!("discarding {} was answered {other:?}", refused.id)),
        }
        if is_gone && let Some(pressed) = self.journal.get_mut(&refused.id) {
            pressed.is_let_go = true;
        }
        Ok(())
    }

    /// After something was put in the place of a refused entry: it is gone exactly if that is there.
    fn let_go(
        &mut self,
        index: usize,
        refused: CommandId,
        how: &str,
        answer: Option<Answered>,
    ) -> anyhow::Result<()> {
        if self.bug == Some(Bug::KeepsWhatWasResent) {
            self.put_back(index, refused)?;
        }
        let is_there = self.outbox_ids(index)?.values().any(|id| *id == refused);
        let is_replaced = self
            .journal
            .values()
            .any(|it| matches!(it.origin, Origin::Resent(of) | Origin::HandedOver(of) if of == refused));
        if is_there == is_replaced {
            let where_ = if is_there { "twice" } else { "nowhere" };
            self.complaints
                .push(format!("device {index}: {refused} was {how} and is {where_} in its outbox"));
        }
        if is_replaced && let Some(pressed) = self.journal.get_mut(&refused) {
            pressed.is_let_go = true;
        }
        match answer {
            Some(Err(HostError::Refused { .. } | HostError::Rejected { .. } | HostError::UpdateNeeded)) => {
                self.decided.not_possible += 1;
            }
            None
            | Some(
                Ok(_) | Err(HostError::NotSignedIn | HostError::Storage { .. } | HostError::StorageFull),
            ) => {}
            Some(Err(other)) => self.complaints.push(format!("{refused} was not {how}: {other:?}")),
        }
        Ok(())
    }

    /// What [`Bug::KeepsWhatWasResent`] does.
    fn put_back(&self, index: usize, refused: CommandId) -> anyhow::Result<()> {
        let outbox = self.devices[index].outbox_file();
        let sql = "insert or ignore into command (sequence, id, plant_id, device_id, user_id, order_id,
                       occurred_at, body, change, epoch, facts, state, refusal, seen)
                   select 1000000 + sequence, ?1, plant_id, device_id, user_id, order_id, occurred_at, body,
                       null, epoch, '[]', 'refused', '{\"code\":\"unknown\"}', seen
                   from command order by sequence desc limit 1";
        outbox.execute(sql, [refused.uuid()])?;
        Ok(())
    }

    /// Somebody looks through the exceptions for work that was handed over. False where there is none.
    pub(super) fn decide_on_handed_over(&mut self, index: usize) -> anyhow::Result<bool> {
        let user = self.devices[index].replica().and_then(|replica| replica.session().user);
        let may = user.is_some_and(|user| Action::ResolveExceptions.allows(&user.roles));
        if !may && !self.rng.chance(50) {
            return Ok(false);
        }
        let rows = self.devices[index].ask(self.now, Exceptions { include_closed: false })?;
        let handed: Vec<_> = rows
            .into_iter()
            .filter_map(|row| match row.exception {
                Exception::RefusedWork(work) => Some((row.id, row.order, *work)),
                _ => None,
            })
            .collect();
        let Some((exception, order, work)) = self.rng.pick(&handed).cloned() else { return Ok(false) };
        let note = "decided".to_owned();
        let close = Expected {
            command: Command::CloseException { exception, order, note: note.clone() },
            origin: Origin::Closing,
            entered_at: None,
        };
        let close_per_mille = if work.entered.is_for_others() { 200 } else { 800 };
        if self.rng.chance(close_per_mille) {
            self.note(|| format!("device {index} closes {exception}"));
            let request = Request::Command(close.command.clone());
            let answer = self.act(index, request, vec![close])?;
            self.decided.closed += u64::from(matches!(answer, Some(Ok(_))));
            return Ok(true);
        }
        self.note(|| format!("device {index} releases {exception}"));
        let entered = Expected {
            command: without_seen(work.entered),
            origin: Origin::Released(exception),
            entered_at: Some(work.entered_at),
        };
        match self.act(index, Request::Release { exception, note }, vec![entered, close])? {
            Some(Ok(_)) => self.decided.released += 1,
            Some(Err(HostError::Refused { .. } | HostError::Rejected { .. } | HostError::UpdateNeeded)) => {
                self.decided.not_possible += 1;
            }
            None | Some(Err(HostError::NotSignedIn | HostError::Storage { .. } | HostError::StorageFull)) => {
            }
            Some(Err(other)) => self.complaints.push(format!("{exception} was not released: {other:?}")),
        }
        Ok(true)
    }

    /// All commands of an outbox by their sequence.
    pub(super) fn outbox_ids(&self, index: usize) -> anyhow::Result<BTreeMap<u64, CommandId>> {
        let mut statement =
            self.devices[index].outbox_file().prepare_cached("select sequence, id from command")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, Uuid>(1)?.into())))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// What the device keeps for a server that lost it.
    pub(super) fn kept_ids(&self, index: usize) -> anyhow::Result<Vec<CommandId>> {
        let mut statement = self.devices[index].outbox_file().prepare_cached("select id from kept")?;
        let rows = statement.query_map([], |row| Ok(row.get::<_, Uuid>(0)?.into()))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// What waits there for what others have to bring back to a server that was set back.
    pub(super) fn early_ids(&self, index: usize) -> anyhow::Result<Vec<CommandId>> {
        let sql = "select id from command where state = 'refused' and waits_until is not null";
        let mut statement = self.devices[index].outbox_file().prepare_cached(sql)?;
        let rows = statement.query_map([], |row| Ok(row.get::<_, Uuid>(0)?.into()))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn refused_in_outbox(&self, index: usize) -> anyhow::Result<Vec<Refused>> {
        let sql = "select id, body, user_id, occurred_at, refusal from command
                   where state = 'refused' and waits_until is null order by sequence";
        let mut statement = self.devices[index].outbox_file().prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        let mut refused = Vec::new();
        while let Some(row) = rows.next()? {
            let refusal: String = row.get(4)?;
            refused.push(Refused {
                id: row.get::<_, Uuid>(0)?.into(),
                command: serde_json::from_str(&row.get::<_, String>(1)?)?,
                user: row.get::<_, Uuid>(2)?.into(),
                at: Timestamp::from_millis(row.get(3)?),
                refusal: serde_json::from_str(&refusal).context("a refusal")?,
            });
        }
        Ok(refused)
    }
}

/// How often one exception was released, and what is known of each, by the accepted commands.
#[must_use]
pub fn releases(world: &World) -> BTreeMap<FactId, Vec<CommandId>> {
    let mut releases: BTreeMap<FactId, Vec<CommandId>> = BTreeMap::new();
    for (id, pressed) in &world.journal {
        if let Origin::Released(exception) = pressed.origin {
            releases.entry(exception).or_default().push(*id);
        }
    }
    releases
}

/// What a person typed in: without what the device adds of what they saw.
pub(super) fn without_seen(mut command: Command) -> Command {
    match &mut command {
        Command::EditWorkOrder { edit, .. } => edit.seen = None,
        Command::AssignWorkOrder { seen, .. } => *seen = None,
        Command::CancelWorkOrder { seen, .. } | Command::ShortCloseWorkOrder { seen, .. } => *seen = None,
        _ => {}
    }
    command
}

/// The same with another figure, where there is one.
fn edited(rng: &mut Rng, command: &Command) -> Option<Command> {
    let other = Amount::whole(i32::try_from(rng.between(1, 30)).unwrap_or(1));
    let mut edited = without_seen(command.clone());
    match &mut edited {
        Command::CreateWorkOrder(new) => {
            new.quantity = other;
            new.number = None;
        }
        Command::EditWorkOrder { edit, .. } => edit.priority = Some(3),
        Command::ReportProduction { report, .. } => report.good = other,
        Command::ReceiveStock { amount, .. }
        | Command::IssueStock { amount, .. }
        | Command::TransferStock { amount, .. } => *amount = other,
        Command::AdjustStock { difference, .. } => *difference = other,
        Command::PauseOperation { note, .. } | Command::CloseException { note, .. } => {
            "for another reason".clone_into(note);
        }
        Command::PauseWorkOrder { reason, .. }
        | Command::CancelWorkOrder { reason, .. }
        | Command::ShortCloseWorkOrder { reason, .. }
        | Command::VoidReport { reason, .. } => "for another reason".clone_into(reason),
        _ => return None,
    }
    Some(edited)
}
