//! Buttons pressed at devices and at the web console, and what goes wrong around them.

use replica::Replica;
use shared_model::actor::ActorEpoch;
use shared_model::command::{Command, Envelope};
use shared_model::fact::FactBody;
use shared_model::host::{Exceptions, HostError, OrderOf, OrderSort, Outbox, Reply, Request, WorkOrders};
use shared_model::ids::{FactId, IdSource, WorkOrderId};
use shared_model::people::Role;
use shared_model::record::Record;
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::network::Way;
use super::people::{self, Opened, OpenedOperation, Seen};
use super::plant;
use super::rng::Rng;
use super::world::{Event, Pressed, World};

impl World {
    pub(super) fn press(&mut self, index: usize) -> anyhow::Result<()> {
        self.presses_left[index] -= 1;
        if self.presses_left[index] > 0 {
            self.schedule_press(index);
        }
        if !self.devices[index].is_running() {
            return Ok(());
        }
        if self.rng.chance(100) {
            self.devices[index].checkpoint()?;
        }
        match self.rng.below(100) {
            0..4 => {
                let person = usize::try_from(self.rng.below(5))?;
                self.sign_in(index, person)
            }
            4..8 => self.do_at(index, Request::SyncNow),
            8..12 => self.discard(index),
            _ => self.enter(index),
        }
    }

    fn do_at(&mut self, index: usize, request: Request) -> anyhow::Result<()> {
        self.maybe_arm(index);
        let (step, _) = self.devices[index].call(self.now, request);
        self.went(index, step)
    }

    /// Takes a refused entry out of the list.
    fn discard(&mut self, index: usize) -> anyhow::Result<()> {
        let items = self.devices[index].ask(self.now, Outbox {})?;
        let refused: Vec<_> = items.iter().filter(|item| item.refusal.is_some()).collect();
        let Some(command) = self.rng.pick(&refused).map(|item| item.command) else { return Ok(()) };
        // Whether or not a crash comes in between, it may be gone afterwards.
        if let Some(pressed) = self.journal.get_mut(&command) {
            pressed.is_discarded = true;
        }
        self.do_at(index, Request::DiscardRefused { command })
    }

    fn enter(&mut self, index: usize) -> anyhow::Result<()> {
        super::verify::own_work_is_here(self, index)?;
        let Some(command) = self.choose(index)? else { return Ok(()) };
        self.note(|| format!("device {index} enters {command:?}"));
        self.maybe_arm(index);
        let (step, answer) = self.devices[index].call(self.now, Request::Command(command.clone()));
        match answer {
            Some(Ok(Reply::Saved(saved))) => {
                let pressed = Pressed { device: Some(index), command: Some(command), is_discarded: false };
                self.journal.insert(saved.command, pressed);
            }
            Some(Err(HostError::Refused { refusal })) => {
                self.note(|| format!("device {index} refuses: {refusal}"));
                self.local_refusal_count += 1;
            }
            Some(Err(HostError::NotSignedIn)) | None => {}
            Some(other) => self.complaints.push(format!("{command:?} was answered with {other:?}")),
        }
        self.went(index, step)
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
        if !self.is_server_up {
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
            device: Uuid::nil().into(),
            user,
            occurred_at: now,
            sequence: 0,
            command: command.clone(),
            change: None,
            epoch: ActorEpoch::default(),
        };
        if let Some(id) = self.server.api(envelope, now)? {
            let pressed = Pressed { device: None, command: Some(command), is_discarded: false };
            self.journal.insert(id, pressed);
            let outputs = self.server.pump();
            self.server_says(outputs);
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
        let weights =
            [faults.partitions, faults.cuts, faults.clock_jumps, faults.new_roles, faults.token_losses];
        if weights.iter().sum::<u64>() == 0 {
            return Ok(());
        }
        let index = usize::try_from(self.rng.below(self.devices.len() as u64))?;
        match self.rng.weighted(&weights) {
            0 => self.partition(index),
            1 => self.cut(index),
            2 => self.jump(index),
            3 => self.change_roles(),
            _ => {
                self.exercised.expired_tokens += 1;
                self.note(|| "the server gets a new signing key".to_owned());
                let now = self.true_time();
                self.server.replace_signing_key(now);
            }
        }
        Ok(())
    }

    fn partition(&mut self, index: usize) {
        if self.network.is_partitioned(index) {
            return;
        }
        self.exercised.partitions += 1;
        let (up, down) = match self.rng.below(4) {
            0 => (true, false),
            1 => (false, true),
            _ => (true, true),
        };
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
            self.exercised.cuts += 1;
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

    fn change_roles(&mut self) {
        self.exercised.new_roles += 1;
        let people = plant::people();
        let Some(person) = self.rng.pick(&people).map(|person| person.id) else { return };
        let all = [Role::Operator, Role::Supervisor, Role::Planner, Role::Warehouse, Role::Viewer];
        let roles = pick_some(&mut self.rng, &all);
        self.note(|| format!("person {person} now is {roles:?}"));
        let now = self.true_time();
        self.server.put(Record::User(plant::person(person, &roles)), now);
        let outputs = self.server.pump();
        self.server_says(outputs);
    }
}

fn pick_some(rng: &mut Rng, all: &[Role]) -> Vec<Role> {
    let count = rng.between(1, 2);
    (0..count).filter_map(|_| rng.pick(all).copied()).collect()
}
