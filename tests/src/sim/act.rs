//! What devices and server do to each other: effects carried out, frames delivered, crashes.

use replica::driver::{self, Effect, Fetched, Post, PostId};
use shared_model::host::{Comparison, Event as Told, Message, Request};
use shared_model::ids::CommandId;
use shared_model::refusal::Refusal;
use shared_model::sync::client::Link;
use shared_model::sync::wire::{self, ClientFrame, Hello, ProblemCode, ServerFrame, Verdict};
use shared_model::work_order::SCHEMA;

use super::device::{Damage, Step};
use super::network::{ConnectionId, Way};
use super::plant;
use super::planted::Bug;
use super::server::{Output, SERVERS, seq_of};
use super::world::{Event, World};
use super::{fingerprints, http};

/// How long a request waits for an answer that does not come.
const POST_MILLIS: i64 = 10_000;

/// Devices.
impl World {
    pub(super) fn boot(&mut self, index: usize) -> anyhow::Result<()> {
        self.note(|| format!("device {index} starts"));
        self.maybe_arm(index);
        let step = self.devices[index].boot(self.now)?;
        self.went(index, step)
    }

    pub(super) fn feed(&mut self, index: usize, input: driver::Input) -> anyhow::Result<()> {
        self.maybe_arm(index);
        let step = self.devices[index].handle(self.now, input)?;
        self.went(index, step)
    }

    pub(super) fn maybe_arm(&mut self, index: usize) {
        if self.rng.chance(self.faults.crash_per_mille) {
            // A press of a button takes some thirty writes, a batch more.
            let most = if self.rng.chance(700) { 40 } else { 150 };
            let writes = self.rng.below(most);
            self.devices[index].arm(writes);
        }
    }

    /// Carries out what a driver wants; perhaps not all of it, when it crashes over that.
    pub(super) fn went(&mut self, index: usize, step: Step) -> anyhow::Result<()> {
        self.devices[index].disarm();
        match step {
            Step::Crashed => self.crash(index),
            Step::Went(mut effects) => {
                let crashes = !effects.is_empty() && self.rng.chance(self.faults.crash_per_mille / 4);
                if crashes {
                    let done = self.rng.below(effects.len() as u64 + 1);
                    effects.truncate(usize::try_from(done)?);
                }
                for effect in effects {
                    self.carry_out(index, effect);
                }
                if crashes { self.crash(index) } else { Ok(()) }
            }
        }
    }

    fn carry_out(&mut self, index: usize, effect: Effect) {
        let life = self.devices[index].opened_count;
        match effect {
            Effect::Tell(Message::Answer(answer)) => {
                if let Err(error) = answer.reply {
                    self.note(|| format!("device {index} says: {error}"));
                }
            }
            Effect::Tell(Message::Event(Told::Status(status))) => {
                let is_online = status.link == Link::Online;
                if std::mem::replace(&mut self.is_online[index], is_online) != is_online {
                    self.unwell(index);
                }
            }
            Effect::Tell(Message::Event(_)) => {}
            Effect::WakeAt(at) => {
                self.timers[index] += 1;
                let millis = at.millis_since(self.devices[index].clock(self.now));
                let ticket = self.timers[index];
                self.schedule_in(millis.max(0), Event::Time(index, ticket));
            }
            Effect::Open { connection, .. } => self.open(index, life, connection),
            Effect::Close(id) => {
                if let Some(connection) = self.wires[index].remove(&id) {
                    self.close_at_device(connection);
                }
            }
            Effect::Send { connection, frame } => {
                if let Some(wire) = self.wires[index].get(&connection).copied() {
                    let is_greeting = self.greeted.insert(wire);
                    self.send(wire, Way::Up, &frame, !is_greeting && !is_push(&frame));
                }
            }
            Effect::Post { id, post } => self.post(index, life, id, post),
            Effect::Get { id, url, .. } => self.get(index, life, id, url),
        }
    }

    /// Whatever stands before the servers knows not which of them is well.
    pub(super) fn any_server(&mut self) -> usize {
        usize::try_from(self.rng.below(SERVERS as u64)).unwrap_or(0)
    }

    /// The others hear of a commit a moment later, or when they look by themselves.
    pub(super) fn notify_others(&mut self, process: usize) {
        for other in (0..SERVERS).filter(|other| *other != process) {
            let is_late = self.rng.chance(self.faults.late_notification_per_mille);
            self.exercised.late_notifications += u64::from(is_late);
            let pause = if is_late { self.rng.between(500, 5_000) } else { self.rng.between(0, 5) };
            self.schedule_in(pause, Event::Notified(other));
        }
    }

    fn open(&mut self, index: usize, life: u64, id: driver::ConnectionId) {
        let latency = self.network.latency();
        let process = self.any_server();
        if !self.is_up[process] {
            self.schedule_in(latency, Event::Lost(index, life, id));
            // So that the notice finds it.
            let Some(wire) = self.network.open(index, process) else { return };
            self.wires[index].insert(id, wire);
            return;
        }
        // Packets that do not get through: nobody answers, and the engine gives up by itself.
        let Some(wire) = self.network.open(index, process) else { return };
        let is_moved = self.served_by[index].replace(process).is_some_and(|before| before != process);
        self.exercised.moves_between_servers += u64::from(is_moved);
        self.wires[index].insert(id, wire);
        self.schedule_in(2 * latency, Event::Opened(index, life, id));
    }

    fn post(&mut self, index: usize, life: u64, id: PostId, post: Post) {
        let latency = self.network.latency();
        let process = self.any_server();
        if self.network.is_partitioned(index) || !self.is_up[process] {
            self.schedule_in(POST_MILLIS, Event::PostDown(index, life, id, None));
        } else {
            self.schedule_in(latency, Event::PostUp(index, life, id, post.url, post.body));
        }
    }

    pub(super) fn answer_post(&mut self, index: usize, life: u64, id: PostId, url: &str, body: &str) {
        let process = self.any_server();
        let now = self.true_time();
        let answer = self.is_up[process].then(|| http::answer(&mut self.server, index, url, body, now));
        let is_lost = self.rng.chance(self.network.weather.loss_per_mille);
        let latency = if is_lost { POST_MILLIS } else { self.network.latency() };
        self.schedule_in(latency, Event::PostDown(index, life, id, answer.filter(|_| !is_lost)));
    }

    fn get(&mut self, index: usize, life: u64, id: PostId, url: String) {
        let latency = self.network.latency();
        let process = self.any_server();
        if self.network.is_partitioned(index) || !self.is_up[process] {
            self.schedule_in(POST_MILLIS, Event::GetDown(index, life, id, None));
        } else {
            self.schedule_in(latency, Event::GetUp(index, life, id, url));
        }
    }

    pub(super) fn answer_get(
        &mut self,
        index: usize,
        life: u64,
        id: PostId,
        url: &str,
    ) -> anyhow::Result<()> {
        let process = self.any_server();
        let answer = if let Some(asked) = fingerprints::asked(url) {
            self.exercised.compared_ranges += 1;
            Some(fingerprints::answer(&mut self.server, &asked)?)
        } else if let Some(chunk) = self.server.chunk(url) {
            self.exercised.chunks += 1;
            Some(chunk)
        } else {
            self.exercised.fetched_orders += 1;
            self.server.whole_order(url)
        };
        let answer = answer.filter(|_| self.is_up[process]);
        let is_lost = self.rng.chance(self.network.weather.loss_per_mille);
        let latency = if is_lost { POST_MILLIS } else { self.network.latency() };
        self.schedule_in(latency, Event::GetDown(index, life, id, answer.filter(|_| !is_lost)));
        Ok(())
    }

    /// Whatever a device was told to compare with: nothing harmed its replica, so nothing may be found.
    fn note_comparison(&mut self, index: usize, before: Comparison) {
        let now = self.devices[index].comparison();
        if now == before {
            return;
        }
        match now {
            Comparison::NotYet | Comparison::UnderWay => {}
            Comparison::Failed { .. } => self.exercised.failed_comparisons += 1,
            Comparison::Same { mended_count: 0, .. } => self.exercised.comparisons += 1,
            found => self.complaints.push(format!("device {index} differs from the server: {found:?}")),
        }
    }

    /// What a device asked for over HTTP comes.
    pub(super) fn get_down(
        &mut self,
        index: usize,
        life: u64,
        id: PostId,
        fetched: Option<Fetched>,
    ) -> anyhow::Result<()> {
        let before = self.devices[index].comparison();
        self.feed_life(index, life, |_| Some(driver::Input::Got(id, fetched)))?;
        self.note_comparison(index, before);
        Ok(())
    }

    /// The app dies and is started again some time later.
    fn crash(&mut self, index: usize) -> anyhow::Result<()> {
        self.exercised.kills += 1;
        self.unwell(index);
        self.is_online[index] = false;
        let damage = if self.rng.chance(self.faults.power_failure_per_mille) {
            self.exercised.power_cuts += 1;
            let is_lost = self.rng.chance(self.faults.replica_loss_per_mille);
            self.exercised.lost_replicas += u64::from(is_lost);
            if is_lost { Damage::ReplicaLost } else { Damage::PowerCut }
        } else {
            Damage::None
        };
        self.note(|| format!("device {index} crashes ({damage:?})"));
        if damage == Damage::ReplicaLost {
            self.restored_from[index] = self.server.plant_head();
        }
        self.stop(index, damage)
    }

    /// A device gets the newest app, which starts anew.
    pub(super) fn update_app(&mut self, index: usize) -> anyhow::Result<()> {
        if !self.devices[index].is_older() {
            return Ok(());
        }
        self.note(|| format!("the app of device {index} is updated"));
        self.devices[index].knows = SCHEMA;
        if !self.devices[index].is_running() {
            return Ok(());
        }
        self.unwell(index);
        self.is_online[index] = false;
        self.stop(index, Damage::None)
    }

    fn stop(&mut self, index: usize, damage: Damage) -> anyhow::Result<()> {
        self.devices[index].crash(damage)?;
        if damage != Damage::None {
            self.seen[index].clear();
            self.cut_off_at[index] = self.server.plant_head();
            if self.exercised.set_back_servers > 0 {
                // What lies on the disk now may be of before the device was greeted.
                self.of_old_history.insert(index);
            }
        }
        if self.bug == Some(Bug::TurnsBack) {
            let file = self.devices[index].replica_file();
            file.execute_batch("update cursor set seq = max(0, seq - 3)")?;
        }
        self.find_in_outbox(index)?;
        for wire in std::mem::take(&mut self.wires[index]).into_values() {
            self.close_at_device(wire);
        }
        self.timers[index] += 1;
        let pause = self.rng.between(100, 60_000);
        self.schedule_in(pause, Event::Boot(index));
        Ok(())
    }

    /// What was on disk when the crash came counts, although nobody was told.
    fn find_in_outbox(&mut self, index: usize) -> anyhow::Result<()> {
        let outbox = self.devices[index].outbox_file();
        let mut statement = outbox.prepare("select id from command")?;
        let ids = statement.query_map([], |row| row.get::<_, uuid::Uuid>(0))?;
        for id in ids {
            self.journal.entry(id?.into()).or_default().devices.entry(index).or_insert(self.now);
        }
        Ok(())
    }

    fn close_at_device(&mut self, wire: ConnectionId) {
        if let Some(open) = self.network.connection_mut(wire) {
            open.device_open = false;
        }
        let heard_at = self.network.after_frames(wire, Way::Up, self.now);
        self.schedule_at(heard_at, Event::ServerHears(wire));
    }

    /// Everybody joins and signs in while all is well.
    pub(super) fn join(&mut self) -> anyhow::Result<()> {
        for index in 0..self.devices.len() {
            let enroll = Request::Enroll {
                server: String::new(),
                code: format!("CODE-{index}"),
                name: format!("Device {index}"),
            };
            let (step, _) = self.devices[index].call(self.now, enroll)?;
            self.went(index, step)?;
        }
        self.settle_for(10_000)?;
        for index in 0..self.devices.len() {
            let person = (index * 2 + usize::try_from(self.rng.below(2))?) % 5;
            self.sign_in(index, person)?;
        }
        self.settle_for(10_000)
    }

    pub(super) fn sign_in(&mut self, index: usize, person: usize) -> anyhow::Result<()> {
        let request = Request::SignIn { email: http::email(person), password: "secret".to_owned() };
        let (step, _) = self.devices[index].call(self.now, request)?;
        self.went(index, step)
    }
}

/// Frames.
impl World {
    /// `may_double` is false for greetings and pushes. No WebSocket repeats a frame inside a connection. That
    /// the others bear it costs nothing; a push that comes again says that the device has read the answer
    /// to the first. After a connection has broken, everything is pushed again.
    fn send(&mut self, wire: ConnectionId, way: Way, frame: &[u8], may_double: bool) {
        let arrivals = self.network.send(wire, way, frame, self.now, may_double);
        let until = self.network.truncation(wire, way, frame);
        let frame = until.map_or(frame, |until| &frame[..until]);
        for at in arrivals {
            let event = match way {
                Way::Up => Event::Up(wire, frame.to_vec()),
                Way::Down => Event::Down(wire, frame.to_vec()),
            };
            self.schedule_at(at, event);
        }
    }

    pub(super) fn device_receives(&mut self, wire: ConnectionId, frame: Vec<u8>) -> anyhow::Result<()> {
        let Some(open) = self.network.connection(wire).filter(|open| open.device_open) else { return Ok(()) };
        let index = open.device;
        let id = self.wires[index].iter().find(|(_, of)| **of == wire).map(|(id, _)| *id);
        let Some(id) = id else { return Ok(()) };
        let verdicts = (self.bug == Some(Bug::ForgetsAtVerdict)).then(|| wire::decode(&frame));
        self.feed(index, driver::Input::Received(id, frame))?;
        if let Some(Ok(ServerFrame::Verdicts(verdicts))) = verdicts {
            self.forget(index, &verdicts)?;
        }
        self.spoil_screens(index)?;
        self.has_what_the_server_had(index)
    }

    /// What [`Bug::ForgetsAtVerdict`] does.
    fn forget(&self, index: usize, verdicts: &[(CommandId, Verdict)]) -> anyhow::Result<()> {
        let outbox = self.devices[index].outbox_file();
        for (id, _) in verdicts.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Accepted { .. })) {
            outbox.execute("delete from command where id = ?1", [id.uuid()])?;
        }
        Ok(())
    }

    pub(super) fn server_receives(&mut self, wire: ConnectionId, frame: &[u8]) -> anyhow::Result<()> {
        let Some(open) = self.network.connection(wire).filter(|open| open.server_open) else { return Ok(()) };
        let (index, process) = (open.device, open.process);
        if !self.is_up[process] {
            return Ok(());
        }
        let is_left = !open.device_open;
        let is_late = |later: &ConnectionId| {
            *later > wire && self.network.connection(*later).is_some_and(|it| it.device == index)
        };
        self.exercised.reordered_frames += u64::from(is_left && self.greeted.iter().any(is_late));
        let Ok(frame) = wire::decode::<ClientFrame>(frame) else {
            self.note(|| format!("server ← device {index} on {}: not a frame", wire.0));
            let outputs = self.server.turn_away(wire, ProblemCode::BadFrame);
            self.server_says(outputs);
            return Ok(());
        };
        let is_push = matches!(frame, ClientFrame::Push { .. });
        if let ClientFrame::Push { commands } = &frame {
            self.came_in_time(index, commands);
        }
        if let ClientFrame::Push { commands } = &frame
            && self.devices[index].is_older()
            && self.server.is_upgraded()
        {
            let on_orders = commands.iter().filter(|it| it.command.order().is_some());
            self.exercised.sent_by_older += on_orders.count() as u64;
        }
        if !matches!(frame, ClientFrame::Ping { .. } | ClientFrame::Applied { .. }) {
            self.note(|| format!("server ← device {index} on {}: {}", wire.0, in_short(&frame)));
        }
        if is_push && self.rng.chance(self.faults.unavailable_per_mille) {
            self.exercised.unavailable += 1;
            self.unwell(index);
            let outputs = self.server.turn_away(wire, ProblemCode::Unavailable);
            self.server_says(outputs);
            return Ok(());
        }
        let crashes = is_push && self.rng.chance(self.faults.server_crash_per_mille);
        if crashes && self.rng.chance(500) {
            self.exercised.server_kills_before_commit += 1;
            self.crash_server(process, "before the commit");
            return Ok(());
        }
        let answers_too_early = crashes && self.bug == Some(Bug::AnswersBeforeCommit);
        let before = answers_too_early.then(|| self.server.clone());
        let is_ahead = is_ahead(&frame);
        let outputs = self.server.handle(wire, process, frame, self.true_time())?;
        self.note_greeting(index, &outputs, is_ahead);
        if let Some(before) = before {
            self.server_says(outputs);
            self.server = before;
            self.crash_server(process, "after the answer, before the commit");
        } else if crashes {
            self.exercised.server_kills_after_commit += 1;
            self.crash_server(process, "after the commit");
        } else {
            self.server_says(outputs);
        }
        if is_push {
            self.notify_others(process);
        }
        Ok(())
    }

    /// A device that the server greets as one of its own has nothing of a history that is gone.
    /// `is_ahead`: the device has something of the plant's feed.
    fn note_greeting(&mut self, index: usize, outputs: &[Output], is_ahead: bool) {
        let own = outputs.iter().find_map(|output| match output {
            Output::Send(_, ServerFrame::Welcome { is_other_history: false, snapshots, .. }) => {
                Some(snapshots)
            }
            _ => None,
        });
        if let Some(snapshots) = own {
            self.of_old_history.remove(&index);
            let is_reset = is_ahead && snapshots.iter().any(|offer| offer.feed == plant::plant().into());
            self.exercised.horizon_resets += u64::from(is_reset);
        }
    }

    pub(super) fn server_says(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Send(wire, frame) => self.server_sends(wire, &frame),
                Output::Close(wire) => self.close_at_server(wire),
            }
        }
    }

    fn server_sends(&mut self, wire: ConnectionId, frame: &ServerFrame) {
        let is_verdict = matches!(frame, ServerFrame::Verdicts(_));
        if let ServerFrame::Verdicts(verdicts) = frame {
            self.told(verdicts);
            let lost = |(_, verdict): &&(_, Verdict)| {
                matches!(verdict, Verdict::Refused(Refusal::NotPermitted { .. }))
            };
            self.exercised.refused_for_lost_rights += verdicts.iter().filter(lost).count() as u64;
        }
        if is_verdict && self.rng.chance(self.faults.lost_acknowledgement_per_mille) {
            self.exercised.lost_acknowledgements += 1;
            self.network.kill(wire, Way::Down);
        }
        if let Some(open) = self.network.connection(wire)
            && !matches!(frame, ServerFrame::Pong { .. })
        {
            let index = open.device;
            self.note(|| format!("server → device {index} on {}: {}", wire.0, answer_in_short(frame)));
        }
        match wire::encode(frame) {
            Ok(bytes) => {
                let is_greeting = matches!(frame, ServerFrame::Welcome { .. });
                self.send(wire, Way::Down, &bytes, !is_greeting);
            }
            Err(error) => self.complaints.push(format!("the server cannot write a frame: {error}")),
        }
    }

    pub(super) fn close_at_server(&mut self, wire: ConnectionId) {
        self.server.closed(wire);
        let Some(open) = self.network.connection_mut(wire) else { return };
        open.server_open = false;
        let index = open.device;
        let heard_at = self.network.after_frames(wire, Way::Down, self.now);
        let life = self.devices[index].opened_count;
        let id = self.wires[index].iter().find(|(_, of)| **of == wire).map(|(id, _)| *id);
        if let Some(id) = id {
            self.schedule_at(heard_at, Event::Lost(index, life, id));
        }
    }

    pub(super) fn crash_server(&mut self, process: usize, when: &str) {
        self.note(|| format!("server {process} crashes {when}"));
        self.is_up[process] = false;
        self.server.crash(process);
        (0..self.devices.len()).for_each(|index| self.unwell(index));
        for wire in self.network.open_connections(None) {
            if self.network.connection(wire).is_some_and(|open| open.process == process) {
                self.close_at_server(wire);
            }
        }
        let pause = self.rng.between(500, 60_000);
        self.schedule_in(pause, Event::ServerUp(process));
    }
}

fn is_push(frame: &[u8]) -> bool {
    matches!(wire::decode(frame), Ok(ClientFrame::Push { .. }))
}

fn in_short(frame: &ClientFrame) -> String {
    match frame {
        ClientFrame::Hello(Hello { cursors, .. }) => {
            let seqs: Vec<_> = cursors.iter().map(|cursor| cursor.seq).collect();
            format!("hello at {seqs:?}")
        }
        ClientFrame::Push { commands } => {
            let commands: Vec<_> = commands
                .iter()
                .map(|it| format!("#{} {} {} e{}", it.sequence, it.command.code(), it.id, it.epoch.0))
                .collect();
            format!("push {}", commands.join(", "))
        }
        ClientFrame::Applied { feed, seq } => format!("applied {seq} of {feed}"),
        ClientFrame::LeaseNumbers => "numbers?".to_owned(),
        ClientFrame::Ping { .. } => "ping".to_owned(),
    }
}

fn answer_in_short(frame: &ServerFrame) -> String {
    match frame {
        ServerFrame::Welcome { .. } => "welcome".to_owned(),
        ServerFrame::Batch(batch) => format!("batch {}..{} of {}", batch.after, batch.until, batch.feed),
        ServerFrame::Verdicts(verdicts) => {
            let verdicts: Vec<_> = verdicts.iter().map(|(id, verdict)| format!("{id} {verdict:?}")).collect();
            format!("verdicts {}", verdicts.join(", "))
        }
        ServerFrame::Numbers(lease) => format!("numbers {}–{}", lease.next, lease.end),
        ServerFrame::Pong { .. } => "pong".to_owned(),
        ServerFrame::Problem { code, .. } => format!("problem {code:?}"),
    }
}

/// Whether a device greets that has something of the plant's feed.
fn is_ahead(frame: &ClientFrame) -> bool {
    let ClientFrame::Hello(hello) = frame else { return false };
    seq_of(&hello.cursors, plant::plant().into()) > 0
}
