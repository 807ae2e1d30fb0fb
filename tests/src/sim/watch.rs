//! What must hold at any time while work goes on, looked at whenever somebody comes to a device.

use std::collections::BTreeSet;

use rusqlite::OptionalExtension;
use shared_model::command::{Command, Envelope};
use shared_model::fact::Fact;
use shared_model::host::{Movements, OrderOf};
use shared_model::ids::{CommandId, FactId};
use shared_model::refusal::Refusal;
use shared_model::sync::client::Link;
use shared_model::sync::wire::Verdict;
use shared_model::work_order::document::Document;
use uuid::Uuid;

use super::plant;
use super::planted::Bug;
use super::server::seq_of;
use super::world::{Pressed, World};

/// Longer than this nothing waits on a device that is connected, with a server that is well.
const WAIT_MILLIS_MAX: i64 = 10_000;
/// The network is slow, and not the device.
pub(super) const LATENCY_MILLIS_MAX: i64 = 200;
/// Of what was saved on a device, the newest are looked for.
const NEWEST: usize = 4;

impl World {
    /// # Errors
    /// When the device cannot be read.
    pub(super) fn watch(&mut self, index: usize) -> anyhow::Result<()> {
        self.notice_new_replica(index);
        if self.devices[index].replica().is_none() || self.of_old_history.contains(&index) {
            return Ok(());
        }
        super::verify::own_work_is_here(self, index)?;
        self.never_goes_back(index)?;
        self.has_whole_batches(index)?;
        self.shows_own_work(index)?;
        self.hides_what_was_refused(index)?;
        self.was_early.extend(self.early_ids(index)?);
        self.note_what_may_wait(index)?;
        self.nothing_waits_too_long(index)
    }

    /// Commands on orders of which something waits for others to bring back what a server lost.
    pub(super) fn note_what_may_wait(&mut self, index: usize) -> anyhow::Result<()> {
        if self.exercised.set_back_servers == 0 {
            return Ok(());
        }
        let sql = "select id from command where order_id in (
                       select order_id from command where waits_until is not null)";
        let mut statement = self.devices[index].outbox_file().prepare_cached(sql)?;
        for id in statement.query_map([], |row| row.get::<_, Uuid>(0))? {
            self.may_wait.insert(id?.into());
        }
        Ok(())
    }

    /// After each frame: what is confirmed is what the server had at some time, and later than before.
    pub(super) fn has_what_the_server_had(&mut self, index: usize) -> anyhow::Result<()> {
        self.notice_new_replica(index);
        self.note_what_may_wait(index)?;
        if self.of_old_history.contains(&index) {
            return Ok(());
        }
        if self.never_goes_back(index)? {
            self.has_whole_batches(index)?;
            self.has_the_newest_document(index)?;
        }
        Ok(())
    }

    /// The document of the order that was changed last, up to the cursor, has the changes of the feed up to there
    /// and no other.
    fn has_the_newest_document(&mut self, index: usize) -> anyhow::Result<()> {
        let Some(here) = self.here_and_whole(index)? else { return Ok(()) };
        let Some((order, there)) = self.server.changed_last(here) else { return Ok(()) };
        if self.devices[index].is_away(order) {
            return Ok(());
        }
        let bytes: Option<Vec<u8>> = self.devices[index]
            .replica_file()
            .prepare_cached("select bytes from document where id = ?1")?
            .query_row([order.uuid()], |row| row.get(0))
            .optional()?;
        let found = bytes.map(|bytes| Document::load(&bytes)).transpose()?;
        let found = found.map_or(0, |mut document| document.change_count());
        if found != there {
            self.live.diverged.insert(format!(
                "device {index} is at {here} with {found} changes of {order}; the server had {there}"
            ));
        }
        Ok(())
    }

    /// A device that gives up its replica begins again, with nothing of what it had.
    fn notice_new_replica(&mut self, index: usize) {
        let replica = self.devices[index].set_aside_count();
        if std::mem::replace(&mut self.seen_replica[index], replica) != replica {
            self.seen[index].clear();
            self.restored_from[index] = self.server.plant_head();
            self.cut_off_at[index] = self.server.plant_head();
            self.of_old_history.remove(&index);
        }
    }

    /// What was confirmed stays confirmed, also over a restart. True where there is more.
    fn never_goes_back(&mut self, index: usize) -> anyhow::Result<bool> {
        let Some(replica) = self.devices[index].replica() else { return Ok(false) };
        let mut is_more = false;
        for cursor in replica.cursors()? {
            let seen = self.seen[index].entry(cursor.feed).or_default();
            if cursor.seq < *seen {
                let (feed, before) = (cursor.feed, *seen);
                self.live
                    .diverged
                    .insert(format!("device {index} went back from {before} to {} of {feed}", cursor.seq));
            }
            is_more |= cursor.seq > *seen;
            *seen = cursor.seq;
        }
        Ok(is_more)
    }

    /// How far a device is in the plant's feed; none while it does not run.
    pub(super) fn here(&self, index: usize) -> anyhow::Result<Option<u64>> {
        let Some(replica) = self.devices[index].replica() else { return Ok(None) };
        Ok(Some(seq_of(&replica.cursors()?, plant::plant().into())))
    }

    /// The same; none also while a snapshot is coming, whose pieces count when the last of them is here.
    fn here_and_whole(&self, index: usize) -> anyhow::Result<Option<u64>> {
        let Some(replica) = self.devices[index].replica() else { return Ok(None) };
        if replica.begun()?.is_empty() { self.here(index) } else { Ok(None) }
    }

    /// The confirmed facts are those of the feed up to the cursor, which stands where a transaction ends.
    fn has_whole_batches(&mut self, index: usize) -> anyhow::Result<()> {
        let Some(here) = self.here_and_whole(index)? else { return Ok(()) };
        let away = self.devices[index].away()?;
        let facts: usize = self.devices[index]
            .replica_file()
            .prepare_cached(
                "select count(*) from fact where order_id is null
                     or order_id not in (select id from archived_order where is_here = 0)",
            )?
            .query_row([], |row| row.get(0))?;
        let (is_end, there) = self.server.plant_until(here);
        let is_counted = |fact: &&Fact| fact.order.is_none_or(|order| !away.contains(&order));
        let there = there.filter(is_counted).count();
        if !is_end || facts != there {
            self.live.diverged.insert(format!(
                "device {index} is at {here} with {facts} facts; the server had {there} (whole: {is_end})"
            ));
        }
        Ok(())
    }

    /// What a device saved it shows, pending or confirmed, until it is refused.
    fn shows_own_work(&mut self, index: usize) -> anyhow::Result<()> {
        let Some(here) = self.here(index)? else { return Ok(()) };
        // An app that is too old offers the update in their place. Where the disk had room for the outbox and for
        // all but the last page of the replica, it shows with the next write.
        if here < self.cut_off_at[index]
            || self.devices[index].is_older()
            || self.devices[index].shows_later()?
        {
            return Ok(());
        }
        let mut elsewhere = self.refused_here(index)?;
        if self.exercised.set_back_servers > 0 {
            // Only the outbox shows work on an order that the server lost, until somebody brought the
            // order back.
            elsewhere.extend(self.outbox_ids(index)?.into_values());
        }
        let own = |(_, it): &(&CommandId, &Pressed)| {
            it.devices.contains_key(&index) && it.saved.is_some() && !it.is_let_go
        };
        let mut newest: Vec<_> = self.journal.iter().filter(own).collect();
        newest.sort_by_key(|(_, pressed)| std::cmp::Reverse(pressed.devices[&index]));
        let mut missing = Vec::new();
        for (id, pressed) in newest.into_iter().take(NEWEST) {
            if !elsewhere.contains(id) && !self.is_shown(index, *id, pressed)? {
                missing.push(format!("device {index} does not show {id}: {:?}", pressed.command));
            }
        }
        self.live.lost.extend(missing);
        Ok(())
    }

    fn is_shown(&self, index: usize, id: CommandId, pressed: &Pressed) -> anyhow::Result<bool> {
        let device = &self.devices[index];
        let sql = "select id from shown_fact where command = ?1";
        let mut statement = device.replica_file().prepare_cached(sql)?;
        let facts: BTreeSet<FactId> = statement
            .query_map([id.uuid()], |row| row.get::<_, Uuid>(0).map(FactId::from))?
            .collect::<rusqlite::Result<_>>()?;
        let order = pressed.saved.as_ref().and_then(|saved| saved.order);
        if order.is_some_and(|order| device.is_away(order)) {
            // It is fetched before it shows: to who opens it, and where something concerns it.
            return Ok(true);
        }
        let detail = order.map(|order| device.ask(self.now, OrderOf { order }));
        Ok(match (&pressed.command, detail) {
            (Some(Command::CreateWorkOrder(_)), Some(detail)) => detail.is_ok(),
            (Some(Command::ReportProduction { .. }), Some(detail)) => {
                let report = pressed.saved.as_ref().and_then(|saved| saved.report);
                detail.is_ok_and(|detail| detail.reports.iter().any(|row| Some(row.id) == report))
            }
            (Some(Command::ReceiveStock { key, .. } | Command::AdjustStock { key, .. }), _) => {
                let material = Some(key.material);
                let rows = Movements { material, location: None, after: None, limit: 200 };
                device.ask(self.now, rows)?.items.iter().any(|row| facts.contains(&row.id))
            }
            (Some(command), _) if makes_facts(command) => !facts.is_empty(),
            // What else was done shows in the order itself, which is compared in the end.
            _ => true,
        })
    }

    fn refused_here(&self, index: usize) -> anyhow::Result<BTreeSet<CommandId>> {
        let sql = "select id from command where state = 'refused'";
        let mut statement = self.devices[index].outbox_file().prepare_cached(sql)?;
        let ids = statement.query_map([], |row| row.get::<_, Uuid>(0).map(CommandId::from))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }

    /// Of what was refused, nothing counts.
    fn hides_what_was_refused(&mut self, index: usize) -> anyhow::Result<()> {
        for id in self.refused_here(index)? {
            let sql = "select exists (select 1 from pending_fact where command = ?1)
                           or exists (select 1 from pending_output where command = ?1)
                           or exists (select 1 from pending_movement where command = ?1)";
            let is_shown: bool = self.devices[index]
                .replica_file()
                .prepare_cached(sql)?
                .query_row([id.uuid()], |row| row.get(0))?;
            if is_shown {
                self.live.diverged.insert(format!("device {index} shows {id}, which was refused"));
            }
        }
        // An order has another form than the confirmed one only while something that counts waits on it.
        for table in ["pending_work_order", "pending_operation", "pending_clock"] {
            let column = if table == "pending_work_order" { "id" } else { "order_id" };
            let sql = format!(
                "select count(*) from {table} where {column} not in (
                     select order_id from pending_command where order_id is not null and mark <> 3)"
            );
            let replica = self.devices[index].replica_file();
            let count: i64 = replica.prepare_cached(&sql)?.query_row([], |row| row.get(0))?;
            if count > 0 {
                self.live.diverged.insert(format!("device {index} has {count} rows too many in {table}"));
            }
        }
        Ok(())
    }

    fn nothing_waits_too_long(&mut self, index: usize) -> anyhow::Result<()> {
        let Some(replica) = self.devices[index].replica() else { return Ok(()) };
        let is_slow = self.network.weather.latency_millis_max > LATENCY_MILLIS_MAX;
        if is_slow || replica.status()?.link != Link::Online || self.revoked.contains(&index) {
            return Ok(());
        }
        let is_cut = self.network.is_partitioned(index)
            || self.wires[index].values().any(|wire| !self.network.is_flowing(*wire));
        if is_cut || self.devices[index].is_disk_full() {
            self.unwell(index);
            return Ok(());
        }
        let sql = "select id from command where state in ('queued', 'sent')";
        let mut statement = self.devices[index].outbox_file().prepare_cached(sql)?;
        let waiting = statement.query_map([], |row| row.get::<_, Uuid>(0).map(CommandId::from))?;
        for id in waiting {
            let id = id?;
            if self.may_wait.contains(&id) {
                continue;
            }
            let Some(at) = self.journal.get(&id).and_then(|it| it.devices.get(&index)) else { continue };
            let millis = self.now - self.well_since[index].max(*at);
            self.longest_wait = self.longest_wait.max(millis);
            if millis > WAIT_MILLIS_MAX {
                self.live.stuck.insert(format!("device {index}: {id} waits for longer than 10 s"));
            }
        }
        Ok(())
    }

    /// Looked at when commands reach the server, because nobody may come to the device in the meantime.
    pub(super) fn came_in_time(&mut self, index: usize, commands: &[Envelope]) {
        for envelope in commands {
            // What waits for others to bring back what the server lost waits for good reason; so does what an app that
            // was too old had to keep.
            let may_wait = self.may_wait.contains(&envelope.id) || self.devices[index].is_older();
            let Some(pressed) = self.journal.get_mut(&envelope.id) else { continue };
            let is_first = !std::mem::replace(&mut pressed.has_arrived, true);
            let Some(at) = pressed.devices.get(&index) else { continue };
            let millis = self.now - self.well_since[index].max(*at);
            if is_first && !self.was_slow && !may_wait && millis > WAIT_MILLIS_MAX {
                let id = envelope.id;
                self.live.stuck.insert(format!("device {index}: {id} came to the server after {millis} ms"));
            }
        }
    }

    /// Something keeps the device from being heard, or has just ceased to.
    pub(super) fn unwell(&mut self, index: usize) {
        self.well_since[index] = self.now;
    }

    /// A verdict is final: whoever is told twice is told the same.
    pub(super) fn told(&mut self, verdicts: &[(CommandId, Verdict)]) {
        for (id, verdict) in verdicts {
            // What a revoked device handed in and another one sends too has the one verdict, in two wordings.
            let elsewhere = Verdict::Refused(Refusal::HandedInElsewhere);
            if matches!(verdict, Verdict::Rebase { .. }) || *verdict == elsewhere {
                continue;
            }
            let before = self.told.entry(*id).or_insert_with(|| verdict.clone());
            if before != verdict {
                self.live.duplicated.insert(format!("{id} was {before:?}, and then {verdict:?}"));
            }
        }
    }

    /// What [`Bug::HidesPending`] and [`Bug::ShowsRefused`] do.
    pub(super) fn spoil_screens(&self, index: usize) -> anyhow::Result<()> {
        let file = self.devices[index].replica_file();
        if self.bug == Some(Bug::HidesPending) {
            file.execute_batch(
                "delete from pending_fact; delete from pending_output; delete from pending_movement",
            )?;
        }
        if self.bug == Some(Bug::ShowsRefused) {
            for id in self.refused_here(index)? {
                let sql = "insert or ignore into pending_fact
                           select ?1, ?1, order_id, user_id, device_id, occurred_at, received_at, kind, body
                           from fact limit 1";
                file.execute(sql, [id.uuid()])?;
            }
        }
        Ok(())
    }
}

/// What shows as an event, and not only in what an order is like.
const fn makes_facts(command: &Command) -> bool {
    matches!(
        command,
        Command::StartOperation { .. }
            | Command::PauseOperation { .. }
            | Command::ResumeOperation { .. }
            | Command::FinishOperation { .. }
            | Command::VoidReport { .. }
            | Command::IssueStock { .. }
            | Command::TransferStock { .. }
            | Command::HandOver { .. }
            | Command::CloseException { .. }
    )
}
