//! Buttons pressed at devices and at the web console, and what goes wrong around them.

use std::collections::{BTreeMap, BTreeSet};

use replica::Replica;
use shared_model::actor::ActorEpoch;
use shared_model::command::{Command, Envelope};
use shared_model::fact::FactBody;
use shared_model::host::{Exceptions, HostError, OrderOf, OrderSort, Reply, Request, WorkOrders};
use shared_model::ids::{FactId, IdSource, WorkOrderId};
use shared_model::people::Role;
use shared_model::record::Record;
use shared_model::time::Timestamp;
use shared_model::work_order::SCHEMA;
use uuid::Uuid;

use super::decisions::Expected;
use super::device::Device;
use super::http;
use super::network::Way;
use super::people::{self, Opened, OpenedOperation, Seen};
use super::plant;
use super::rng::Rng;
use super::server::{SERVERS, Server};
use super::world::{Event, Origin, Pressed, World};

/// The web console: no device has what was entered there.
const CONSOLE: Uuid = Uuid::nil();

impl World {
    pub(super) fn press(&mut self, index: usize) -> anyhow::Result<()> {
        self.presses_left[index] -= 1;
        if self.presses_left[index] > 0 {
            self.schedule_press(index);
        }
        if !self.devices[index].is_running() {
            return Ok(());
        }
        self.watch(index)?;
        match self.rng.below(100) {
            0..4 => {
                let person = usize::try_from(self.rng.below(5))?;
                self.sign_in(index, person)
            }
            4..8 => self.do_at(index, Request::SyncNow),
            8..12 if self.open_archived(index)? => Ok(()),
            8..30 if !self.devices[index].is_older() && self.decide_on_handed_over(index)? => Ok(()),
            // Whoever sees that something was refused looks at it sooner or later.
            30..70 if self.is_anything_refused(index) => self.decide_on_refused(index),
            _ => self.enter(index),
        }
    }

    /// Somebody opens an order that is not here any more, if there is one.
    fn open_archived(&mut self, index: usize) -> anyhow::Result<bool> {
        if self.devices[index].replica().is_none() {
            // An app that a full disk keeps closed, whose file may be without tables.
            return Ok(false);
        }
        let orders = self.devices[index].away()?;
        let Some(order) = orders.into_iter().nth(usize::try_from(self.rng.below(3))?) else {
            return Ok(false);
        };
        self.note(|| format!("device {index} opens {order}"));
        self.do_at(index, Request::OpenOrder { order })?;
        Ok(true)
    }

    /// Everybody opens everything.
    pub(super) fn open_all_archived(&mut self) -> anyhow::Result<()> {
        for index in 0..self.devices.len() {
            if self.revoked.contains(&index) || !self.devices[index].is_running() {
                continue;
            }
            for order in self.devices[index].away()? {
                self.do_at(index, Request::OpenOrder { order })?;
            }
        }
        Ok(())
    }

    fn is_anything_refused(&self, index: usize) -> bool {
        let status = self.devices[index].replica().and_then(|replica| replica.status().ok());
        status.is_some_and(|status| status.attention_count > 0)
    }

    fn do_at(&mut self, index: usize, request: Request) -> anyhow::Result<()> {
        self.maybe_arm(index);
        let (step, _) = self.devices[index].call(self.now, request)?;
        self.went(index, step)
    }

    fn lacks_records_for(&self, index: usize, command: &Command) -> anyhow::Result<bool> {
        let is_completed = matches!(command, Command::CreateWorkOrder(_) | Command::ReleaseWorkOrder { .. });
        let Some(replica) = self.devices[index].replica().filter(|_| is_completed) else { return Ok(false) };
        Ok(replica.status()?.synced_at.is_none())
    }

    fn enter(&mut self, index: usize) -> anyhow::Result<()> {
        let Some(command) = self.choose(index)? else { return Ok(()) };
        if self.devices[index].is_older() && matches!(command, Command::CreateWorkOrder(_)) {
            // It would be of the version before, which this code does not write.
            return Ok(());
        }
        self.note(|| format!("device {index} enters {command:?}"));
        let expected = Expected { command: command.clone(), origin: Origin::Button, entered_at: None };
        // It may crash over what it does after it has answered.
        let lacks_records = self.lacks_records_for(index, &command)?;
        match self.act(index, Request::Command(command.clone()), vec![expected])? {
            Some(Err(HostError::Refused { .. })) => self.local_refusal_count += 1,
            // Its details are not here: it has to be opened first.
            Some(Err(HostError::Rejected { .. }))
                if command.order().is_some_and(|order| self.devices[index].is_away(order)) => {}
            // How it is made is not here yet.
            Some(Err(HostError::Rejected { .. })) if lacks_records => {}
            Some(Ok(Reply::Saved(_)) | Err(HostError::NotSignedIn)) | None => {}
            Some(Err(HostError::UpdateNeeded)) if self.devices[index].is_older() => {
                self.exercised.refused_for_update += 1;
            }
            Some(Err(HostError::Storage { .. } | HostError::StorageFull))
                if self.devices[index].is_disk_full() =>
            {
                self.exercised.refused_for_space += 1;
            }
            Some(other) => self.complaints.push(format!("{command:?} was answered with {other:?}")),
        }
        Ok(())
    }

    fn choose(&mut self, index: usize) -> anyhow::Result<Option<Command>> {
        let device = &self.devices[index];
        let now = device.clock(self.now);
        let Some(user) = device.replica().and_then(|replica| replica.session().user) else { return Ok(None) };
        let orders = device.ask(
            self.now,
            WorkOrders {
                search: String::new(),
                stages: Vec::new(),
                sort: OrderSort::Newest,
                after: None,
                limit: 12,
            },
        )?;
        let exceptions = device.ask(self.now, Exceptions { include_closed: false })?;
        let seen = Seen {
            roles: user.roles,
            orders: orders.items.iter().map(|row| (row.id, row.stage)).collect(),
            exceptions: exceptions.iter().map(|row| (row.id, row.order)).collect(),
        };
        let replica = device.replica();
        Ok(people::press(&mut self.rng, &seen, now, &mut |order| opened(replica?, order, now)))
    }

    /// Somebody with every right, at a screen that is always online.
    pub(super) fn press_at_console(&mut self) -> anyhow::Result<()> {
        if self.presses_left.iter().any(|left| *left > 0) {
            let pause = self.rng.between(10_000, 400_000);
            self.schedule_in(pause, Event::Console);
        }
        let process = self.any_server();
        if !self.is_up[process] {
            return Ok(());
        }
        let now = self.true_time();
        let user = plant::people()[3].id;
        let seen = Seen { roles: vec![Role::PlantManager], ..self.at_console()? };
        let orders = self.server.orders();
        let mut open = |order: WorkOrderId| {
            let state = orders.get_mut(&order)?;
            let found = state.document.order().ok()??;
            let operations = found.operations.values().map(|operation| {
                let is_manned = !state.ledger.working(operation.number).is_empty();
                OpenedOperation { number: operation.number, state: operation.state, is_manned }
            });
            Some(Opened { operations: operations.collect(), reports: Vec::new() })
        };
        let mut rng = self.rng.fork();
        let Some(command) = people::press(&mut rng, &seen, now, &mut open) else { return Ok(()) };
        self.note(|| format!("console enters {command:?}"));
        let envelope = Envelope {
            id: IdSource::new(now, rng.bytes()).draw(),
            plant: plant::plant(),
            device: CONSOLE.into(),
            user,
            occurred_at: now,
            sequence: 0,
            command: command.clone(),
            change: None,
            epoch: ActorEpoch::default(),
        };
        if let Some(id) = self.server.api(envelope, now)? {
            let pressed = Pressed { command: Some(command), ..Pressed::default() };
            self.journal.insert(id, pressed);
            let outputs = self.server.notified(process);
            self.server_says(outputs);
            self.notify_others(process);
        }
        Ok(())
    }

    fn at_console(&mut self) -> anyhow::Result<Seen> {
        let exceptions: Vec<(FactId, Option<WorkOrderId>)> = self
            .server
            .facts()
            .filter(|fact| matches!(fact.body, FactBody::ExceptionOpened(_)))
            .map(|fact| (fact.id, fact.order))
            .collect();
        let mut orders = Vec::new();
        for (id, state) in self.server.orders() {
            if let Some(order) = state.document.order()? {
                orders.push((*id, order.stage()));
            }
        }
        Ok(Seen { roles: Vec::new(), orders, exceptions })
    }
}

fn opened(replica: &Replica, order: WorkOrderId, now: Timestamp) -> Option<Opened> {
    let view = replica.query(OrderOf { order }.into(), now).ok()?;
    let detail: shared_model::host::OrderDetail = serde_json::from_value(view).ok()?;
    Some(Opened {
        operations: detail
            .operations
            .iter()
            .map(|operation| OpenedOperation {
                number: operation.number,
                state: operation.state,
                is_manned: !operation.working.is_empty(),
            })
            .collect(),
        reports: detail.reports.iter().filter(|row| row.voided.is_none()).map(|row| row.id).collect(),
    })
}

/// What goes wrong around the devices.
impl World {
    pub(super) fn go_wrong(&mut self) -> anyhow::Result<()> {
        self.schedule_fault();
        let faults = &self.faults;
        let weights = [
            faults.partitions,
            faults.cuts,
            faults.clock_jumps,
            faults.new_roles,
            faults.token_losses,
            faults.revocations,
            faults.full_disks,
            faults.backups,
            faults.archivings,
            faults.upgrades,
        ];
        if weights.iter().sum::<u64>() == 0 {
            return Ok(());
        }
        let index = usize::try_from(self.rng.below(self.devices.len() as u64))?;
        match self.rng.weighted(&weights) {
            0 => self.partition(index),
            1 => self.cut(index),
            2 => self.jump(index),
            3 => self.change_roles()?,
            5 => self.revoke(index),
            6 => self.fill_disk(index),
            7 => self.back_up_or_set_back(),
            8 => self.archive()?,
            9 => self.leave_apps_old()?,
            _ => {
                self.exercised.expired_tokens += 1;
                self.note(|| "the server gets a new signing key".to_owned());
                let now = self.true_time();
                self.server.replace_signing_key(now);
            }
        }
        Ok(())
    }

    /// The server is going to be updated, and some apps are not: of devices that have all that there is, with
    /// nothing of their own.
    fn leave_apps_old(&mut self) -> anyhow::Result<()> {
        if self.server.is_upgraded() || self.devices.iter().any(Device::is_older) {
            return Ok(());
        }
        let heads: BTreeSet<_> = self.server.heads().iter().map(|head| (head.feed, head.seq)).collect();
        for index in 0..self.devices.len() {
            let Some(replica) = self.devices[index].replica() else { continue };
            let here: BTreeSet<_> = replica.cursors()?.iter().map(|here| (here.feed, here.seq)).collect();
            if here != heads || !self.outbox_ids(index)?.is_empty() || !self.rng.chance(700) {
                continue;
            }
            self.exercised.older_devices += 1;
            self.devices[index].knows = SCHEMA - 1;
            self.note(|| format!("the app of device {index} will be too old"));
            let pause = self.rng.between(60_000, 900_000);
            self.schedule_in(pause, Event::Update(index));
            // What is entered meanwhile goes out after the upgrade.
            if self.rng.chance(600) {
                self.partition(index);
            }
        }
        if self.devices.iter().any(Device::is_older) {
            let pause = self.rng.between(0, 120_000);
            self.schedule_in(pause, Event::Upgrade);
        }
        Ok(())
    }

    pub(super) fn upgrade_orders(&mut self) -> anyhow::Result<()> {
        let now = self.true_time();
        let count = self.server.upgrade(now)?;
        self.exercised.upgraded_orders += count;
        self.note(|| format!("the server brings {count} orders to a newer version"));
        for process in 0..SERVERS {
            self.schedule_in(0, Event::Notified(process));
        }
        Ok(())
    }

    /// A month passes over the closed orders.
    fn archive(&mut self) -> anyhow::Result<()> {
        let now = self.true_time();
        let count = self.server.archive(now)?;
        self.exercised.archived_orders += count;
        self.note(|| format!("{count} closed orders are archived"));
        for process in 0..SERVERS {
            self.schedule_in(0, Event::Notified(process));
        }
        Ok(())
    }

    fn partition(&mut self, index: usize) {
        if self.network.is_partitioned(index) {
            return;
        }
        let (up, down) = match self.rng.below(4) {
            0 => (true, false),
            1 => (false, true),
            _ => (true, true),
        };
        match (up, down) {
            (true, false) => self.exercised.partition_out += 1,
            (false, true) => self.exercised.partition_in += 1,
            _ => self.exercised.partition_both += 1,
        }
        self.note(|| format!("device {index} is cut off (up {up}, down {down})"));
        self.network.partition(index, up, down);
        let pause = if self.rng.chance(500) {
            self.rng.between(1_000, 60_000)
        } else {
            self.rng.between(60_000, 600_000)
        };
        self.schedule_in(pause, Event::Heal(index));
    }

    pub(super) fn heal_network(&mut self, index: usize) {
        self.note(|| format!("device {index} is reachable"));
        self.unwell(index);
        for (at, wire, way, frame) in self.network.heal(index, self.now) {
            let event = match way {
                Way::Up => Event::Up(wire, frame),
                Way::Down => Event::Down(wire, frame),
            };
            self.schedule_at(at, event);
        }
    }

    /// Both sides hear of it, each in its own time.
    fn cut(&mut self, index: usize) {
        for wire in self.network.open_connections(Some(index)) {
            self.exercised.cut_connections += 1;
            self.note(|| format!("connection {} of device {index} breaks", wire.0));
            self.network.kill(wire, Way::Up);
            self.network.kill(wire, Way::Down);
            let life = self.devices[index].opened_count;
            let id = self.wires[index].iter().find(|(_, of)| **of == wire).map(|(id, _)| *id);
            let (here, there) = (self.rng.between(0, 40_000), self.rng.between(0, 40_000));
            if let Some(id) = id {
                self.schedule_in(here, Event::Lost(index, life, id));
            }
            self.schedule_in(there, Event::ServerHears(wire));
        }
    }

    fn jump(&mut self, index: usize) {
        self.exercised.clock_jumps += 1;
        let most = self.faults.skew_millis_max.max(86_400_000);
        let skew = self.rng.between(-most, most);
        self.note(|| format!("the clock of device {index} is set, now wrong by {} s", skew / 1000));
        self.devices[index].skew_millis = skew;
    }

    /// Turns one device away for good, with whatever it has not sent.
    fn revoke(&mut self, index: usize) {
        if !self.revoked.is_empty() {
            return;
        }
        self.exercised.revoked_devices += 1;
        let unsent = |index: usize| {
            let status = self.devices[index].replica().and_then(|replica| replica.status().ok());
            status.map_or(0, |status| status.unsent_count)
        };
        // Preferably one with work that nobody else has seen.
        let index = (0..self.devices.len()).find(|index| unsent(*index) > 0).unwrap_or(index);
        let unsent = unsent(index);
        self.exercised.revoked_with_unsent_work += u64::from(unsent > 0);
        self.note(|| format!("device {index} is revoked with {unsent} unsent commands"));
        self.revoked.insert(index);
        // Nobody has again what such a device handed in.
        self.backup = None;
        self.server.revoke(http::device_id(index));
    }

    fn back_up_or_set_back(&mut self) {
        match self.backup.take() {
            Some(backup) => self.set_back(backup),
            None if self.revoked.is_empty() => {
                self.note(|| "the server is copied away".to_owned());
                self.backup = Some(self.server.clone());
            }
            None => {}
        }
    }

    /// The disk of the server failed, and it goes on from its copy.
    fn set_back(&mut self, backup: Server) {
        self.exercised.set_back_servers += 1;
        let kept = backup.accepted().len();
        let lost = &self.server.accepted()[kept..];
        // What was entered at the console nobody has any more.
        let is_consoles = |envelope: &&Envelope| envelope.device.uuid() == CONSOLE;
        let at_console: BTreeSet<_> = lost.iter().filter(is_consoles).map(|it| it.id).collect();
        let on_devices = lost.len() - at_console.len();
        self.exercised.set_back_commands += on_devices as u64;
        self.lost_at_console += at_console.len() as u64;
        self.note(|| format!("the server is set back, and loses {on_devices} commands of devices"));
        self.journal.retain(|id, _| !at_console.contains(id));
        self.told.retain(|id, _| backup.verdicts().contains_key(id));
        for process in 0..SERVERS {
            self.crash_server(process, "and is set back");
        }
        self.server.set_back(backup);
        self.of_old_history = (0..self.devices.len()).collect();
    }

    fn fill_disk(&mut self, index: usize) {
        self.exercised.full_disks += 1;
        self.note(|| format!("the disk of device {index} is full"));
        self.devices[index].set_disk_full(true);
        let pause = self.rng.between(1_000, 300_000);
        self.schedule_in(pause, Event::Space(index));
    }

    fn change_roles(&mut self) -> anyhow::Result<()> {
        self.exercised.new_roles += 1;
        let people = plant::people();
        let Some(person) = self.rng.pick(&people).map(|person| person.id) else { return Ok(()) };
        let all = [Role::Operator, Role::Supervisor, Role::Planner, Role::Warehouse, Role::Viewer];
        let roles = pick_some(&mut self.rng, &all);
        self.note(|| format!("person {person} now is {roles:?}"));
        let now = self.true_time();
        self.server.put(Record::User(plant::person(person, &roles)), now)?;
        let process = self.any_server();
        let outputs = self.server.notified(process);
        self.server_says(outputs);
        self.notify_others(process);
        Ok(())
    }
}

/// One or two, in the order in which a database gives them.
fn pick_some(rng: &mut Rng, all: &[Role]) -> Vec<Role> {
    let count = rng.between(1, 2);
    let picked = (0..count).filter_map(|_| rng.pick(all).copied());
    picked.map(|role| (role.code(), role)).collect::<BTreeMap<_, _>>().into_values().collect()
}
