//! Whatever happens in whatever order, the replica is what a fresh one would be, and in the end
//! everybody has the same.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;
use shared_model::command::Command;
use shared_model::host::HostError;
use shared_model::ids::CommandId;
use shared_model::refusal::Refusal;
use shared_model::sync::wire::Verdict;

use super::plant::*;

const DAY_MILLIS: i64 = 86_400_000;

#[test]
fn a_replica_that_is_lost_comes_back_with_everything_that_waits() {
    let (mut server, mut sue) = floor();
    sue.must(start(1, 10));
    sue.must(report(1, 10, 48, 2));
    sue.must(finish(1, 10));
    sue.must(create(2, 20));
    sue.must(receive(5));
    let (before, unsent) = (sue.picture(), sue.unsent());
    let mut sue = sue.lose_replica();
    assert_eq!(sue.unsent(), unsent);
    sue.pull_by(&server, 1);
    assert_eq!(sue.picture(), before);
    assert_eq!(sue.unsent(), unsent, "nothing is decided again on a replica that is not whole");
    sue.sync(&mut server);
    assert!(sue.outbox().is_empty());
    assert_eq!(server.good(order(1), 10), whole(48));
}

#[test]
fn a_press_on_a_half_rebuilt_replica_does_not_stand_in_the_way_of_the_rest() {
    let (mut server, mut sue) = floor();
    let before_start = server.head();
    sue.must(start(1, 10));
    sue.sync(&mut server);
    let mut sue = sue.lose_replica();
    sue.pull_until(&server, before_start);
    // Numbered like the start that is on its way back.
    sue.must(start(1, 10));
    sue.sync(&mut server);
    let states: Vec<_> = sue.outbox().into_iter().map(|item| item.refusal).collect();
    assert_eq!(states, [Some(Refusal::AlreadyWorking)]);
}

#[test]
fn an_order_is_not_made_while_how_it_is_made_is_still_coming() {
    let (mut server, sue) = floor();
    let mut sue = sue.lose_replica();
    // The organization's records are here, the plant's routings are not.
    sue.pull_until(&server, 0);
    for command in [create(2, 20), release(1)] {
        let told = sue.press(command).expect_err("too early");
        assert!(
            matches!(&told, HostError::Rejected { message } if message.contains("on its way")),
            "{told:?}"
        );
    }
    assert!(sue.unsent().is_empty());
    sue.pull(&server);
    sue.must(create(2, 20));
    assert_eq!(sue.order(order(2)).operations.len(), 2);
    sue.sync(&mut server);
}

#[test]
fn a_verdict_that_comes_before_a_lost_replica_is_back_refuses_nothing_that_stands() {
    let (mut server, mut sue) = floor();
    let assign = Command::AssignWorkOrder { order: order(1), assignee: Some(id(ANN_OPERATOR)), seen: None };
    let first = sue.must(assign).command;
    sue.must(start(1, 10));
    sue.must(finish(1, 10));
    sue.must(report(1, 20, 5, 0));
    server.refuses.insert(first, Refusal::NotSignedIn);
    let mut sue = sue.lose_replica();
    let verdicts = sue.push(&mut server);
    sue.replica.settle(verdicts).expect("settled");
    let refused = |device: &Device| {
        let items = device.outbox().into_iter().filter(|item| item.refusal.is_some());
        items.map(|item| item.command).collect::<Vec<_>>()
    };
    assert_eq!(refused(&sue), [first]);
    sue.pull(&server);
    sue.sync(&mut server);
    assert_eq!(refused(&sue), [first]);
    assert_eq!(sue.outbox().len(), 1);
    assert_eq!(sue.order(order(1)).operations[1].output.good, whole(5));
}

#[test]
fn what_stands_on_an_own_command_that_a_snapshot_brought_back_waits_for_it_on_a_lost_replica() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.must(start(1, 10));
    ann.push(&mut server); // The verdict is lost.
    ann.must(finish(1, 10));
    let mut ann = ann.lose_replica();
    ann.fetch(&server, 1);
    let unsent = ann.unsent();
    assert_eq!(unsent.len(), 1, "the finish");
    let mut ann = ann.lose_replica();
    ann.pull_by(&server, 1);
    assert_eq!(ann.unsent(), unsent, "nothing is decided again on a replica that is not whole");
    ann.sync(&mut server);
    assert!(ann.outbox().is_empty());
}

#[test]
fn what_stands_on_an_own_command_that_came_back_waits_for_it_on_a_lost_replica() {
    let (mut server, mut sue) = floor();
    sue.must(start(1, 10));
    sue.must(Command::AssignWorkOrder { order: order(1), assignee: Some(id(ANN_OPERATOR)), seen: None });
    sue.push(&mut server);
    sue.must(Command::short_close(order(1), "enough".to_owned()));
    sue.pull(&server);
    let unsent = sue.unsent();
    assert_eq!(unsent.len(), 1);
    let mut sue = sue.lose_replica();
    sue.pull_by(&server, 1);
    assert_eq!(sue.unsent(), unsent);
}

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    Press(usize, Press),
    /// Pushes, and hears some of the verdicts, if any.
    Push(usize, usize),
    Pull(usize, usize),
    Reopen(usize),
    /// A power cut between the two commits of the next press.
    Crash(usize, Press),
    /// The same between those of the next batch.
    CrashPulling(usize),
    LoseReplica(usize),
    /// The server refuses the newest command that waits on a device.
    Refuse(usize),
    /// The server's state is copied.
    BackUp,
    /// The server goes back to the copy, and all devices hear of it.
    SetBack,
    /// A device begins anew, with a snapshot in chunks of so many items.
    Fetch(usize, usize),
}

#[derive(Clone, Copy, Debug)]
enum Press {
    Create(u128),
    Release(u128),
    Start(u128, u32),
    Report(u128, u32, i32),
    PauseOperation(u128, u32),
    ResumeOperation(u128, u32),
    Finish(u128, u32),
    UndoNewest(u128),
    Assign(u128, u128),
    Move(u128, u32),
    Pause(u128),
    Resume(u128),
    Cancel(u128),
    ShortClose(u128),
    Receive(i32),
}

impl Press {
    fn command(self, device: &Device) -> Option<Command> {
        let because = || "because".to_owned();
        Some(match self {
            Self::Create(n) => create(n, 20),
            Self::Release(n) => release(n),
            Self::Start(n, operation) => start(n, operation),
            Self::Report(n, operation, good) => report(n, operation, good, 1),
            Self::PauseOperation(n, operation) => Command::PauseOperation {
                order: order(n),
                operation,
                reason: Some(id(LUNCH)),
                note: String::new(),
            },
            Self::ResumeOperation(n, operation) => Command::ResumeOperation { order: order(n), operation },
            Self::Finish(n, operation) => finish(n, operation),
            Self::UndoNewest(n) => {
                let asked = shared_model::host::OrderOf { order: order(n) };
                let seen = device.replica.query(asked.into(), device.now).ok()?;
                let id = seen["reports"].get(0)?["id"].as_str()?.parse().ok()?;
                void(n, id)
            }
            Self::Assign(n, user) => {
                Command::AssignWorkOrder { order: order(n), assignee: Some(id(user)), seen: None }
            }
            Self::Move(n, operation) => {
                Command::MoveOperation { order: order(n), operation, work_center: id(BENCH) }
            }
            Self::Pause(n) => Command::pause(order(n), because()),
            Self::Resume(n) => Command::resume(order(n)),
            Self::Cancel(n) => cancel(n),
            Self::ShortClose(n) => Command::short_close(order(n), because()),
            Self::Receive(amount) => receive(amount),
        })
    }
}

fn press() -> impl Strategy<Value = Press> {
    let n = 1u128..4;
    let operation = prop_oneof![Just(10u32), Just(20u32)];
    let at = (n.clone(), operation);
    prop_oneof![
        1 => n.clone().prop_map(Press::Create),
        2 => n.clone().prop_map(Press::Release),
        4 => at.clone().prop_map(|(n, it)| Press::Start(n, it)),
        5 => (at.clone(), 1..9i32).prop_map(|((n, it), good)| Press::Report(n, it, good)),
        1 => at.clone().prop_map(|(n, it)| Press::PauseOperation(n, it)),
        1 => at.clone().prop_map(|(n, it)| Press::ResumeOperation(n, it)),
        3 => at.clone().prop_map(|(n, it)| Press::Finish(n, it)),
        2 => n.clone().prop_map(Press::UndoNewest),
        2 => (n.clone(), ANN_OPERATOR..=SUE_SUPERVISOR).prop_map(|(n, user)| Press::Assign(n, user)),
        1 => at.prop_map(|(n, it)| Press::Move(n, it)),
        1 => n.clone().prop_map(Press::Pause),
        1 => n.clone().prop_map(Press::Resume),
        1 => n.clone().prop_map(Press::Cancel),
        1 => n.prop_map(Press::ShortClose),
        1 => (1..50i32).prop_map(Press::Receive),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let device = 0..3usize;
    prop_oneof![
        12 => (device.clone(), press()).prop_map(|(device, press)| Step::Press(device, press)),
        4 => (device.clone(), 0..6usize).prop_map(|(device, heard)| Step::Push(device, heard)),
        4 => (device.clone(), 1..20usize).prop_map(|(device, limit)| Step::Pull(device, limit)),
        1 => device.clone().prop_map(Step::Reopen),
        1 => (device.clone(), press()).prop_map(|(device, press)| Step::Crash(device, press)),
        1 => device.clone().prop_map(Step::CrashPulling),
        1 => device.clone().prop_map(Step::LoseReplica),
        1 => device.clone().prop_map(Step::Refuse),
        1 => Just(Step::BackUp),
        1 => Just(Step::SetBack),
        1 => (device, 1..20usize).prop_map(|(device, size)| Step::Fetch(device, size)),
    ]
}

struct World {
    server: Server,
    backup: Option<Server>,
    /// Everything that was ever entered and on the disk.
    entered: BTreeSet<CommandId>,
    devices: Vec<Option<Device>>,
}

impl World {
    fn new() -> Self {
        let (mut server, sue) = floor();
        let ann = Device::ready(&mut server, 2, ANN_OPERATOR);
        let other = Device::ready(&mut server, 3, SUE_SUPERVISOR);
        Self {
            server,
            backup: None,
            entered: BTreeSet::new(),
            devices: [sue, ann, other].into_iter().map(Some).collect(),
        }
    }

    fn device(&mut self, at: usize) -> &mut Device {
        self.devices[at].as_mut().expect("a device")
    }

    fn swap(&mut self, at: usize, change: impl FnOnce(Device) -> Device) {
        let device = self.devices[at].take().expect("a device");
        self.devices[at] = Some(change(device));
    }

    fn set_back(&mut self) {
        let Some(backup) = self.backup.clone() else { return };
        self.server = backup;
        for at in 0..self.devices.len() {
            let head = self.server.head();
            self.device(at).replica.send_kept_again(head).expect("stored");
            self.swap(at, Device::lose_replica);
            let device = self.devices[at].as_mut().expect("a device");
            device.pull_by(&self.server, 9);
        }
    }

    fn step(&mut self, step: &Step) {
        let at = match step {
            Step::Press(at, _)
            | Step::Push(at, _)
            | Step::Pull(at, _)
            | Step::Reopen(at)
            | Step::Crash(at, _)
            | Step::CrashPulling(at)
            | Step::LoseReplica(at)
            | Step::Fetch(at, _)
            | Step::Refuse(at) => *at,
            Step::BackUp | Step::SetBack => 0,
        };
        let device = self.devices[at].as_mut().expect("a device");
        match step {
            Step::Press(_, press) => {
                if let Some(command) = press.command(device) {
                    let _ = device.press(command);
                }
            }
            Step::Push(_, heard) => {
                let mut verdicts = device.push(&mut self.server);
                verdicts.truncate(*heard);
                device.replica.settle(verdicts).expect("settled");
            }
            Step::Pull(_, limit) => device.pull_by(&self.server, *limit),
            Step::Reopen(_) => self.swap(at, Device::reopen),
            Step::Crash(_, press) => {
                device.replica.crash_between_commits = true;
                if let Some(command) = press.command(device) {
                    let _ = device.press(command);
                }
                self.swap(at, Device::reopen);
            }
            Step::CrashPulling(_) => {
                let cursor = device.replica.cursors().expect("enrolled")[1];
                if let Some(batch) = self.server.batch(cursor, 10) {
                    device.replica.crash_between_commits = true;
                    device.replica.apply(batch).expect("applied");
                }
                self.swap(at, Device::reopen);
            }
            Step::LoseReplica(_) => self.swap(at, Device::lose_replica),
            Step::Refuse(_) => {
                if let Some(newest) = device.unsent().last() {
                    self.server.refuses.insert(newest.id, Refusal::NotSignedIn);
                }
            }
            Step::BackUp => self.backup = Some(self.server.clone()),
            Step::SetBack => self.set_back(),
            Step::Fetch(_, size) => {
                self.swap(at, Device::lose_replica);
                let device = self.devices[at].as_mut().expect("a device");
                device.fetch(&self.server, *size);
            }
        }
    }

    /// A fresh replica beside the same outbox comes to the same.
    fn check(&mut self, at: usize) -> Result<(), TestCaseError> {
        let device = self.devices[at].as_mut().expect("a device");
        device.pull_by(&self.server, 1000);
        let (before, unsent) = (device.picture(), device.unsent());
        self.swap(at, Device::reopen);
        let device = self.device(at);
        same("reopened", &device.picture(), &before)?;
        self.swap(at, Device::lose_replica);
        let device = self.devices[at].as_mut().expect("a device");
        device.pull_by(&self.server, 5);
        same("rebuilt", &device.picture(), &before)?;
        prop_assert_eq!(device.unsent(), unsent);
        Ok(())
    }
}

/// Says only where two pictures differ.
fn same(when: &str, left: &Value, right: &Value) -> Result<(), TestCaseError> {
    let keys: BTreeSet<&String> =
        [left, right].into_iter().filter_map(Value::as_object).flat_map(|picture| picture.keys()).collect();
    for key in keys {
        prop_assert_eq!(left.get(key), right.get(key), "{}: {}", when, key);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_ends_with_the_same_everywhere(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        for (n, step) in steps.iter().enumerate() {
            world.step(step);
            let unsent = world.devices.iter().flatten().flat_map(Device::unsent);
            world.entered.extend(unsent.map(|envelope| envelope.id));
            if n % 10 == 9 {
                world.check(n % 3)?;
            }
        }
        for at in 0..3 {
            world.check(at)?;
        }
        let World { mut server, devices, entered, .. } = world;
        let mut devices: Vec<Device> = devices.into_iter().flatten().collect();
        for days in [0, 0, 2, 0] {
            for device in &mut devices {
                // What nobody has brought back by now is left to the server after a day.
                let now = device.now.plus_millis(days * DAY_MILLIS);
                device.replica.stop_waiting(now).expect("stored");
                device.sync(&mut server);
            }
        }
        // Nothing is lost: what was entered is on the server, or waits for a person.
        let waiting: Vec<_> = devices.iter().flat_map(Device::outbox).collect();
        prop_assert!(waiting.iter().all(|item| item.refusal.is_some()));
        for id in &entered {
            let verdict = server.verdict(*id);
            let waits = waiting.iter().any(|item| item.command == *id);
            prop_assert!(waits != matches!(verdict, Some(Verdict::Accepted { .. })), "{id} {verdict:?}");
        }
        let now = devices[0].now.plus_millis(1_000_000);
        let pictures: Vec<_> = devices
            .iter_mut()
            .map(|device| {
                for item in device.outbox() {
                    device.replica.discard_refused(item.command).expect("discarded");
                }
                device.sign_in(SUE_SUPERVISOR);
                device.now = now;
                device.picture()
            })
            .collect();
        same("devices 1 and 2", &pictures[0], &pictures[1])?;
        same("devices 1 and 3", &pictures[0], &pictures[2])?;
        for n in 1..4 {
            let asked = shared_model::host::OrderOf { order: order(n) };
            if let Ok(seen) = devices[0].replica.query(asked.into(), now) {
                let good = seen["operations"][0]["output"]["good"].as_str().expect("an amount");
                prop_assert_eq!(good, server.good(order(n), 10).to_string());
            }
        }
    }
}
