//! The server's verdicts, and what is on its way to it.

use std::collections::BTreeMap;

use shared_model::command::Envelope;
use shared_model::host::HostError;
use shared_model::ids::{CommandId, WorkOrderId};
use shared_model::sync::wire::Verdict;

use crate::connection;
use crate::error::Error;
use crate::outbox::{CommandState, Entry, OutboxError, command};
use crate::pending::{Again, Pending};
use crate::replica::{First, Replica};
use crate::tables::{cursor, pending};

impl Replica {
    /// The commands without a verdict after a sequence, in order.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub fn unsent(&self, after_sequence: u64, limit: usize) -> Result<Vec<Envelope>, Error> {
        Ok(command::unsettled(&self.outbox, after_sequence, limit)?)
    }

    /// What a revoked device has to hand in, after a sequence, in order: what has no verdict, what was
    /// refused and still waits for a person here, and what was accepted. A server that was set back to a
    /// backup has lost that, of which a device that is turned away hears nothing.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub fn not_handed_in(&self, after_sequence: u64, limit: usize) -> Result<Vec<Envelope>, Error> {
        Ok(command::not_handed_in(&self.outbox, after_sequence, limit)?)
    }

    /// Does not wait for the disk, because the frame waits for this: what a power cut takes of it is the same as
    /// what was entered before this opening, of which nobody knows whether it was sent.
    ///
    /// # Errors
    /// When the outbox cannot be written.
    pub fn mark_sent(&mut self, commands: &[CommandId]) -> Result<(), Error> {
        self.heal()?;
        connection::wait_for_disk(&self.outbox, false).map_err(OutboxError)?;
        let marked = self.both(First::Outbox, |pending| -> Result<(), Error> {
            for id in commands {
                if command::mark_sent(pending.outbox, *id)? {
                    pending.changed.set(true);
                    pending::set_mark(pending.replica, *id, &CommandState::Sent)?;
                }
            }
            Ok(())
        });
        connection::wait_for_disk(&self.outbox, true).map_err(OutboxError)?;
        marked?;
        self.bump();
        Ok(())
    }

    /// Commits verdicts. Afterwards there may be commands to send again.
    ///
    /// # Errors
    /// When the files cannot be written. What was given here is then to be settled again, or sent
    /// again, which gives the same verdicts.
    pub fn settle(&mut self, verdicts: Vec<(CommandId, Verdict)>) -> Result<(), Error> {
        self.heal()?;
        let plant = self.enrollment().ok_or(Error::NotEnrolled)?.plant_feed;
        let here = cursor::of(&self.replica, plant)?;
        if self.forgets_any(&verdicts, here)? {
            connection::copy_log(&self.replica)?;
        }
        self.both(First::Outbox, |pending| -> Result<(), Error> {
            let mut settlement = Settlement { here, orders: BTreeMap::new() };
            for (id, verdict) in verdicts {
                if settlement.just_accepted(pending, id, &verdict)? {
                    continue;
                }
                // One that is not here any more was brought back by the feed, which came first.
                if let Some(entry) = command::find(pending.outbox, id)? {
                    settlement.take(pending, entry, verdict)?;
                }
            }
            settlement.orders.iter().try_for_each(|(order, again)| match again {
                Some(again) => pending.decide_again(*order, again),
                None => pending.show_order(*order),
            })
        })?;
        self.bump();
        Ok(())
    }

    /// Whether the feed has brought something that is in the outbox still: with the verdict it is forgotten.
    fn forgets_any(&self, verdicts: &[(CommandId, Verdict)], here: u64) -> Result<bool, Error> {
        for (id, verdict) in verdicts {
            if matches!(verdict, Verdict::Accepted { seq } if *seq <= here)
                && command::is_there(&self.outbox, *id)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes a refused command out of the list.
    ///
    /// # Errors
    /// When there is no such refused command.
    pub fn discard_refused(&mut self, command: CommandId) -> Result<(), HostError> {
        self.heal()?;
        let found = command::find(&self.outbox, command).map_err(Error::from)?;
        if !found.is_some_and(|entry| matches!(entry.state, CommandState::Refused(_))) {
            let message = "only an entry that was refused can be discarded".to_owned();
            return Err(HostError::Rejected { message });
        }
        self.both(First::Outbox, |pending| pending.let_go(command))?;
        self.bump();
        Ok(())
    }
}

/// Verdicts while they are taken in, with the orders that they make look different.
struct Settlement {
    /// How far the plant's feed is here.
    here: u64,
    /// With what is to be decided again, if anything.
    orders: BTreeMap<WorkOrderId, Option<Again>>,
}

impl Settlement {
    /// After a long time away there are thousands of these: accepted as they were sent, and what they did
    /// stays as it is shown. They are not even read.
    fn just_accepted(&self, pending: &Pending<'_>, id: CommandId, verdict: &Verdict) -> Result<bool, Error> {
        let &Verdict::Accepted { seq } = verdict else { return Ok(false) };
        if seq <= self.here || !command::accept(pending.outbox, id, seq)? {
            return Ok(false);
        }
        pending.changed.set(true);
        pending::set_mark(pending.replica, id, &CommandState::Accepted { seq })?;
        Ok(true)
    }

    fn take(&mut self, pending: &Pending<'_>, entry: Entry, verdict: Verdict) -> Result<(), Error> {
        match verdict {
            Verdict::Accepted { seq } => self.accepted(pending, entry, seq),
            Verdict::Refused(refusal) => {
                let refusal = pending.explained(&entry, refusal)?;
                self.settled(pending, entry, CommandState::Refused(refusal))
            }
            Verdict::Rebase { epoch } => self.rebased(pending, entry, epoch),
        }
    }

    fn accepted(&mut self, pending: &Pending<'_>, entry: Entry, seq: u64) -> Result<(), Error> {
        if seq > self.here {
            return self.settled(pending, entry, CommandState::Accepted { seq });
        }
        pending.came_back(entry.id(), entry.order())?;
        if let Some(order) = entry.order() {
            self.orders.entry(order).or_default();
        }
        Ok(())
    }

    fn settled(&mut self, pending: &Pending<'_>, mut entry: Entry, state: CommandState) -> Result<(), Error> {
        if entry.state == state {
            return Ok(());
        }
        let was_live = entry.state.is_live();
        entry.state = state;
        if let Some(order) = entry.order()
            && was_live != entry.state.is_live()
        {
            let again = self.orders.entry(order).or_default();
            if !entry.state.is_live() {
                let again = again.get_or_insert_default();
                again.from = again.from.min(entry.envelope.sequence);
                if entry.envelope.change.is_some() {
                    again.refused.insert(entry.envelope.user);
                }
            }
        }
        command::update(pending.outbox, &entry)?;
        pending.changed.set(true);
        pending::remove(pending.replica, entry.id())?;
        Ok(pending::add(pending.replica, &entry)?)
    }

    /// It stood on a change that the server does not have. If nothing was done about that since it
    /// was sent, its change is made anew; in any case it is to be sent again.
    fn rebased(&mut self, pending: &Pending<'_>, mut entry: Entry, epoch: u32) -> Result<(), Error> {
        if !matches!(entry.state, CommandState::Queued | CommandState::Sent) {
            return Ok(());
        }
        if entry.envelope.epoch.0 == epoch
            && let Some(order) = entry.order()
        {
            let again = self.orders.entry(order).or_default().get_or_insert_default();
            again.from = again.from.min(entry.envelope.sequence);
            again.forced.insert(entry.id());
        }
        entry.state = CommandState::Queued;
        command::update(pending.outbox, &entry)?;
        pending.changed.set(true);
        Ok(pending::set_mark(pending.replica, entry.id(), &entry.state)?)
    }
}
