//! The commands that were entered here.

use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use shared_model::actor::ActorEpoch;
use shared_model::command::Envelope;
use shared_model::fact::Fact;
use shared_model::host::Mark;
use shared_model::ids::{CommandId, WorkOrderId};
use shared_model::refusal::Refusal;
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::Result;
use crate::stored::{from_json, json, odd};

/// How far a command has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CommandState {
    /// Not sent since it was made, or made again.
    Queued,
    /// Sent, and not answered.
    Sent,
    /// The plant's feed has it at `seq`, which is not here yet.
    Accepted { seq: u64 },
    /// By the server, or here because it stood on something that the server refused. It has no
    /// effect and waits for a person.
    Refused(Refusal),
    /// Would be refused, because a server that was set back does not yet have what it stands on. It has no
    /// effect either, is not sent, and waits for that.
    Early(Refusal),
}

impl CommandState {
    const fn code(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Accepted { .. } => "accepted",
            Self::Refused(_) | Self::Early(_) => "refused",
        }
    }

    /// Whether it counts in what people see.
    pub(crate) const fn is_live(&self) -> bool {
        !matches!(self, Self::Refused(_) | Self::Early(_))
    }

    pub(crate) const fn mark(&self) -> Mark {
        match self {
            Self::Queued | Self::Early(_) => Mark::SavedHere,
            Self::Sent => Mark::Sent,
            Self::Accepted { .. } => Mark::Accepted,
            Self::Refused(_) => Mark::NeedsYou,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub envelope: Envelope,
    /// What it made happen when it was decided here.
    pub facts: Vec<Fact>,
    pub state: CommandState,
    /// It was decided on a history that the server lost: until when it may wait for what it stands on, or
    /// [`LEFT_TO_THE_SERVER`].
    pub waits_until: Option<Timestamp>,
}

/// In place of a time: it waits for the server's verdict alone, which may have accepted it long ago.
pub(crate) const LEFT_TO_THE_SERVER: Timestamp = Timestamp::from_millis(-1);

/// How long a command waits that is early, from when that is first noticed.
pub(crate) const EARLY_MILLIS: i64 = 86_400_000;

impl Entry {
    /// Whether it is not to be refused here, whatever deciding it again says.
    pub(crate) fn is_left_to_the_server(&self) -> bool {
        self.waits_until == Some(LEFT_TO_THE_SERVER)
    }

    /// Whether it is to be decided with what the order has by now, before it is sent.
    pub(crate) fn may_wait(&self) -> bool {
        self.waits_until.is_some() && !self.is_left_to_the_server()
    }

    pub(crate) const fn id(&self) -> CommandId {
        self.envelope.id
    }

    pub(crate) fn order(&self) -> Option<WorkOrderId> {
        self.envelope.command.order()
    }
}

const COLUMNS: &str = "sequence, id, plant_id, device_id, user_id, occurred_at, body, change, epoch, \
                       facts, state, accepted_seq, refusal, waits_until";

pub(crate) fn add(tx: &Transaction<'_>, entry: &Entry) -> Result<()> {
    let Entry { envelope, facts, state, waits_until: _ } = entry;
    let sql = "insert into command (sequence, id, plant_id, device_id, user_id, order_id, occurred_at, body,
                   change, epoch, facts, state)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    tx.prepare_cached(sql)?.execute(rusqlite::params![
        envelope.sequence,
        envelope.id.uuid(),
        envelope.plant.uuid(),
        envelope.device.uuid(),
        envelope.user.uuid(),
        entry.order().map(WorkOrderId::uuid),
        envelope.occurred_at.as_millis(),
        json(&envelope.command)?,
        envelope.change,
        envelope.epoch.0,
        json(facts)?,
        state.code(),
    ])?;
    Ok(())
}

pub(crate) fn find(outbox: &Connection, id: CommandId) -> Result<Option<Entry>> {
    let sql = format!("select {COLUMNS} from command where id = ?1");
    Ok(outbox.prepare_cached(&sql)?.query_row([id.uuid()], entry).optional()?)
}

/// Whether a command is in the outbox.
pub(crate) fn is_there(outbox: &Connection, id: CommandId) -> Result<bool> {
    Ok(outbox.prepare_cached("select 1 from command where id = ?1")?.exists([id.uuid()])?)
}

/// All of them, in the order in which they were entered.
pub(crate) fn all(outbox: &Connection) -> Result<Vec<Entry>> {
    let sql = format!("select {COLUMNS} from command order by sequence");
    Ok(outbox.prepare_cached(&sql)?.query_map([], entry)?.collect::<rusqlite::Result<_>>()?)
}

pub(crate) fn of_order(outbox: &Connection, order: WorkOrderId) -> Result<Vec<Entry>> {
    let sql = format!("select {COLUMNS} from command where order_id = ?1 order by sequence");
    Ok(outbox.prepare_cached(&sql)?.query_map([order.uuid()], entry)?.collect::<rusqlite::Result<_>>()?)
}

/// The document changes of an order that count, and whether the server accepted each.
pub(crate) fn changes_of(outbox: &Connection, order: WorkOrderId) -> Result<Vec<(Vec<u8>, bool)>> {
    let sql = "select change, state = 'accepted' from command
               where order_id = ?1 and change is not null and state <> 'refused' order by sequence";
    Ok(outbox
        .prepare_cached(sql)?
        .query_map([order.uuid()], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Whether anything of an order is here, refused or not.
pub(crate) fn is_any(outbox: &Connection, order: WorkOrderId) -> Result<bool> {
    Ok(outbox.prepare_cached("select 1 from command where order_id = ?1")?.exists([order.uuid()])?)
}

/// Whether an order has commands that may have to wait.
pub(crate) fn may_any_wait(outbox: &Connection, order: WorkOrderId) -> Result<bool> {
    let sql = "select 1 from command where order_id = ?1 and waits_until >= 0";
    Ok(outbox.prepare_cached(sql)?.exists([order.uuid()])?)
}

/// Those that have waited long enough at `now`, and those of which nobody knows since when they wait.
pub(crate) fn waited_until(outbox: &Connection, now: Timestamp) -> Result<Vec<Entry>> {
    let sql = format!(
        "select {COLUMNS} from command where waits_until between 0 and ?1 and state = 'refused'
         order by sequence"
    );
    let mut statement = outbox.prepare_cached(&sql)?;
    Ok(statement.query_map([now.as_millis()], entry)?.collect::<rusqlite::Result<_>>()?)
}

/// Whether an order has commands that count.
pub(crate) fn is_any_live(outbox: &Connection, order: WorkOrderId) -> Result<bool> {
    let sql = "select 1 from command where order_id = ?1 and state <> 'refused'";
    Ok(outbox.prepare_cached(sql)?.exists([order.uuid()])?)
}

/// Those that the server has not answered, after a sequence.
pub(crate) fn unsettled(outbox: &Connection, after: u64, limit: usize) -> Result<Vec<Envelope>> {
    let sql = format!(
        "select {COLUMNS} from command where sequence > ?1 and state in ('queued', 'sent')
         order by sequence limit ?2"
    );
    let entries = outbox
        .prepare_cached(&sql)?
        .query_map((after, limit), entry)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(entries.into_iter().map(|entry| entry.envelope).collect())
}

/// Those that the server, as far as is known here, does not keep, after a sequence, in order.
/// [`Refusal::DeviceRevoked`] says that it keeps one. What it accepted, also what left the outbox since, it
/// may have lost again.
pub(crate) fn not_handed_in(outbox: &Connection, after: u64, limit: usize) -> Result<Vec<Envelope>> {
    let sql = format!(
        "select {COLUMNS} from command where sequence > ?1 and refusal is not ?3
         union all
         select sequence, id, plant_id, device_id, user_id, occurred_at, body, null, epoch, facts,
             'accepted', seq, null, null from kept where sequence > ?1
         order by sequence limit ?2"
    );
    let entries = outbox
        .prepare_cached(&sql)?
        .query_map((after, limit, json(&Refusal::DeviceRevoked)?), entry)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(entries.into_iter().map(|entry| entry.envelope).collect())
}

/// Those that are accepted at or before a place in the plant's feed.
pub(crate) fn accepted_until(outbox: &Connection, seq: u64) -> Result<Vec<(CommandId, Option<WorkOrderId>)>> {
    let sql = "select id, order_id from command where state = 'accepted' and accepted_seq <= ?1";
    Ok(outbox
        .prepare_cached(sql)?
        .query_map([seq], |row| {
            let order: Option<Uuid> = row.get(1)?;
            Ok((row.get::<_, Uuid>(0)?.into(), order.map(Into::into)))
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// What the sync pill counts.
pub(crate) struct Tally {
    pub unsent: u32,
    pub oldest_unsent_at: Option<Timestamp>,
    pub refused: u32,
}

/// Without reading more of the commands than their places in an index: it is asked after each press.
pub(crate) fn tally(outbox: &Connection) -> Result<Tally> {
    let sql = "select (select count(*) from command where state in ('queued', 'sent'))
                          + (select count(*) from command where state = 'refused' and waits_until is not null),
                      (select min(occurred_at) from command where sequence in (
                           select min(sequence) from command where state = 'queued'
                           union all select min(sequence) from command where state = 'sent'
                           union all select min(sequence) from command
                                     where state = 'refused' and waits_until is not null)),
                      (select count(*) from command where state = 'refused' and waits_until is null)";
    Ok(outbox.prepare_cached(sql)?.query_row([], |row| {
        Ok(Tally {
            unsent: row.get(0)?,
            oldest_unsent_at: row.get::<_, Option<i64>>(1)?.map(Timestamp::from_millis),
            refused: row.get(2)?,
        })
    })?)
}

pub(crate) fn mark_sent(tx: &Transaction<'_>, id: CommandId) -> Result<bool> {
    let sql = "update command set state = 'sent' where id = ?1 and state = 'queued'";
    Ok(tx.prepare_cached(sql)?.execute([id.uuid()])? > 0)
}

/// Notes that the server accepted a command that waited for that. False where it did not wait.
pub(crate) fn accept(tx: &Transaction<'_>, id: CommandId, seq: u64) -> Result<bool> {
    let sql = "update command set state = 'accepted', accepted_seq = ?2, waits_until = null
               where id = ?1 and state in ('queued', 'sent')";
    Ok(tx.prepare_cached(sql)?.execute((id.uuid(), seq))? > 0)
}

/// Writes what changed about a command: its state, and what deciding it again gave.
pub(crate) fn update(tx: &Transaction<'_>, entry: &Entry) -> Result<()> {
    let waits_until = entry.waits_until.map(Timestamp::as_millis);
    let (accepted_seq, refusal, waits_until) = match &entry.state {
        CommandState::Accepted { seq } => (Some(*seq), None, None),
        CommandState::Refused(refusal) => (None, Some(json(refusal)?), None),
        CommandState::Early(refusal) => (None, Some(json(refusal)?), Some(waits_until.unwrap_or_default())),
        CommandState::Queued | CommandState::Sent => (None, None, waits_until),
    };
    let sql = "update command set change = ?2, epoch = ?3, facts = ?4, state = ?5, accepted_seq = ?6,
                   refusal = ?7, waits_until = ?8 where id = ?1";
    tx.prepare_cached(sql)?.execute((
        entry.id().uuid(),
        &entry.envelope.change,
        entry.envelope.epoch.0,
        json(&entry.facts)?,
        entry.state.code(),
        accepted_seq,
        refusal,
        waits_until,
    ))?;
    Ok(())
}

pub(crate) fn remove(tx: &Transaction<'_>, id: CommandId) -> Result<bool> {
    Ok(tx.prepare_cached("delete from command where id = ?1")?.execute([id.uuid()])? > 0)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let id = |column| row.get::<_, Uuid>(column);
    let waits_until = row.get::<_, Option<i64>>(13)?.map(Timestamp::from_millis);
    let state = match row.get_ref(10)?.as_str()? {
        "queued" => CommandState::Queued,
        "sent" => CommandState::Sent,
        "accepted" => CommandState::Accepted { seq: row.get(11)? },
        "refused" => {
            let refusal = from_json(12, row.get_ref(12)?.as_str()?)?;
            if waits_until.is_some() { CommandState::Early(refusal) } else { CommandState::Refused(refusal) }
        }
        _ => return Err(odd(10)),
    };
    Ok(Entry {
        envelope: Envelope {
            sequence: row.get(0)?,
            id: id(1)?.into(),
            plant: id(2)?.into(),
            device: id(3)?.into(),
            user: id(4)?.into(),
            occurred_at: Timestamp::from_millis(row.get(5)?),
            command: from_json(6, row.get_ref(6)?.as_str()?)?,
            change: row.get(7)?,
            epoch: ActorEpoch(row.get(8)?),
        },
        facts: from_json(9, row.get_ref(9)?.as_str()?)?,
        state,
        waits_until,
    })
}
