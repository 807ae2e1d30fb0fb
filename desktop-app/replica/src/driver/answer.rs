//! Requests of the screens.

use shared_model::command::Command;
use shared_model::host::{Call, HostError, Query, Reply, Request, Saved, Session};
use shared_model::ids::IdSource;
use shared_model::sync::client::Input as News;
use shared_model::time::Timestamp;

use super::Driver;
use crate::{Replica, check};

impl Driver {
    pub(super) fn call(&mut self, now: Timestamp, Call { id, request }: Call) {
        if let Err(closed) = &self.replica {
            let reply = closed.answer(&request);
            return self.answer(id, reply);
        }
        match request {
            Request::Enroll { .. } | Request::SignIn { .. } if !self.setup.is_networked => {
                self.answer(id, Err(HostError::Offline));
            }
            Request::Enroll { server, code, name } => self.enroll(id, &server, &code, &name),
            Request::SignIn { email, password } => self.ask_to_sign_in(now, id, &email, password),
            Request::Once { press, act } if act.enters() => {
                let (random, order) = (self.random(), self.random());
                self.enter(now, id, |it| it.once(press, |it| entered(it, *act, now, random, order)));
            }
            Request::Once { act, .. } => self.call(now, Call { id, request: *act }),
            act if act.enters() => {
                let (random, order) = (self.random(), self.random());
                self.enter(now, id, |it| entered(it, act, now, random, order));
            }
            Request::ImportUnsent { text } => {
                let reply = self.with_replica(now, |it| it.import_unsent(&text, now));
                let is_any = reply.as_ref().is_ok_and(|imported| imported.taken > 0);
                self.answer(id, reply.map(Reply::Imported));
                if is_any {
                    self.teller.touch();
                    self.queued(now);
                }
            }
            Request::Query(query) => {
                let reply = self.query(now, query);
                self.answer(id, reply);
            }
            Request::OpenOrder { order } => {
                self.wanted.look();
                self.teller.touch();
                let reply = self.with_replica(now, |it| Ok(it.want_order(order)?));
                self.answer(id, reply.map(|()| Reply::Done));
            }
            Request::SyncNow => {
                if self.setup.is_networked && self.is_awake() {
                    self.drive(now, News::Wake);
                }
                self.answer(id, Ok(Reply::Done));
            }
            Request::Compare => {
                let reply = self.compare_now(now);
                self.answer(id, reply.map(|()| Reply::Done));
            }
            other => {
                self.teller.touch();
                let reply = self.with_replica(now, |it| at_once(it, now, &other));
                let reply = reply.map(|reply| self.with_last_wipe(reply));
                self.answer(id, reply);
            }
        }
    }

    /// A device that was emptied says so, until it joins a plant.
    fn with_last_wipe(&self, reply: Reply) -> Reply {
        match reply {
            Reply::Session(session) if session.plant.is_none() => {
                Reply::Session(Session { wiped: self.files.wiped().map(Box::new), ..session })
            }
            other => other,
        }
    }

    /// Answers with what was saved, and sends it.
    fn enter(&mut self, now: Timestamp, id: u64, act: impl FnOnce(&mut Replica) -> Result<Saved, HostError>) {
        let reply = self.with_replica(now, act).map(Reply::Saved);
        let is_saved = reply.is_ok();
        if is_saved {
            self.wrote(false);
        }
        self.answer(id, reply);
        if is_saved {
            self.teller.touch();
            self.queued(now);
        }
    }

    fn query(&mut self, now: Timestamp, query: Query) -> Result<Reply, HostError> {
        self.with_replica(now, |replica| replica.query(query, now)).map(Reply::View)
    }

    /// Does something with the replica. Where that fails for its files, they are looked at: a
    /// damaged replica is replaced before somebody presses the button again.
    fn with_replica<T>(
        &mut self,
        now: Timestamp,
        act: impl FnOnce(&mut Replica) -> Result<T, HostError>,
    ) -> Result<T, HostError> {
        let replica = self.replica.as_mut().map_err(|closed| closed.error.clone())?;
        let outcome = act(replica);
        if matches!(outcome, Err(HostError::StorageFull)) {
            self.wrote(true);
        }
        if matches!(outcome, Err(HostError::Storage { .. }))
            && let Ok(replica) = &self.replica
            && let Err(error) = check::replica(replica)
        {
            self.break_off(now, &error);
        }
        outcome
    }
}

/// The requests that [`Request::enters`] names.
fn entered(
    replica: &mut Replica,
    act: Request,
    now: Timestamp,
    random: [u8; 16],
    new_order: [u8; 16],
) -> Result<Saved, HostError> {
    match act {
        Request::Command(mut command) => {
            name_new_order(&mut command, now, new_order);
            replica.command(command, now, random)
        }
        Request::Resend { command, edited } => replica.resend(command, edited, now, random),
        Request::HandOver { command, note } => replica.hand_over(command, note, now, random),
        Request::Release { exception, note } => replica.release(exception, note, now, random),
        _ => Err(HostError::Internal { message: "what was asked for enters nothing".to_owned() }),
    }
}

/// A screen has no randomness of its own: it sends a new order without an id.
fn name_new_order(command: &mut Command, now: Timestamp, random: [u8; 16]) {
    if let Command::CreateWorkOrder(new) = command
        && new.id.uuid().is_nil()
    {
        new.id = IdSource::new(now, random).draw();
    }
}

/// The requests that need nothing but the files.
fn at_once(replica: &mut Replica, now: Timestamp, request: &Request) -> Result<Reply, HostError> {
    match request {
        Request::SignOut => replica.sign_out()?,
        Request::ChooseStation { work_center } => replica.choose_station(*work_center)?,
        Request::DiscardRefused { command } => {
            // Whoever did not hear the answer asks again.
            if replica.is_kept(*command)? {
                replica.discard_refused(*command)?;
            }
            return Ok(Reply::Done);
        }
        Request::ExportUnsent => {
            let day = now.to_string().chars().take(10).collect::<String>();
            let content = replica.export_unsent()?;
            return Ok(Reply::File { name: format!("unison-unsent-{day}.json"), content });
        }
        _ => {}
    }
    Ok(Reply::Session(replica.session()))
}
