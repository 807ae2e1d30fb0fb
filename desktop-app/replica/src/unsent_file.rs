//! Unsent work as a file: out of a device whose network or screen is broken, into another one.
//!
//! What is taken over keeps its id, who pressed the button and when. It is decided again on what is here
//! and sent in the name of this device's connection. The server knows commands by their ids, so it does
//! not matter how often a file is taken over, and whether the first device sends its entries after all.
//!
//! **Invariant:** a file is taken over whole or not at all, and only says what somebody at this device
//! could have entered: the people in it have signed in here, and whoever is not one of them directs work.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use shared_model::command::{Command, Envelope, limits};
use shared_model::host::{HostError, Imported, MAX_UNSENT_FILE_BYTES, OutboxItem};
use shared_model::ids::{CommandId, DeviceId, PlantId, UserId};
use shared_model::policy::Action;
use shared_model::time::Timestamp;

use crate::command::{NotSaved, Press, committed, decided};
use crate::error::Error;
use crate::outbox::{CommandState, Entry, OutboxError, command, counter, device, epoch};
use crate::pending::Pending;
use crate::query;
use crate::replica::{First, Replica};
use crate::tables::{cursor, fact, pending, record};

const FORMAT: &str = "unison-unsent";
const VERSION: u32 = 1;

/// Readable for people, and complete enough to be entered again.
#[derive(Serialize)]
struct Export {
    format: &'static str,
    version: u32,
    plant: Option<PlantId>,
    plant_name: Option<String>,
    device: Option<DeviceId>,
    device_name: Option<String>,
    commands: Vec<Exported>,
}

#[derive(Serialize)]
struct Exported {
    shown: OutboxItem,
    /// Without its document change, which whoever takes it over makes anew.
    entry: Envelope,
}

/// What every file of this kind says, whatever its version.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

#[derive(Deserialize)]
struct Import {
    plant: PlantId,
    #[serde(default)]
    plant_name: Option<String>,
    commands: Vec<Kept>,
}

#[derive(Deserialize)]
struct Kept {
    #[serde(default)]
    shown: Shown,
    entry: Entered,
}

/// Of an [`Envelope`] what does not change when another device takes it over.
#[derive(Deserialize)]
struct Entered {
    id: CommandId,
    plant: PlantId,
    user: UserId,
    occurred_at: Timestamp,
    #[serde(with = "shared_model::sync::json_text")]
    command: Command,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    user_name: String,
}

impl Replica {
    /// Everything that the server has not accepted, as JSON, for a person to keep.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub fn export_unsent(&self) -> Result<String, Error> {
        let mut commands = Vec::new();
        for entry in command::all(&self.outbox)? {
            if let Some(shown) = query::outbox::item(&self.outbox, &self.replica, &entry)? {
                commands.push(Exported { shown, entry: Envelope { change: None, ..entry.envelope } });
            }
        }
        let enrollment = self.enrollment();
        let export = Export {
            format: FORMAT,
            version: VERSION,
            plant: enrollment.map(|enrollment| enrollment.plant),
            plant_name: enrollment.map(|enrollment| enrollment.plant_name.clone()),
            device: enrollment.map(|enrollment| enrollment.device),
            device_name: enrollment.map(|enrollment| enrollment.device_name.clone()),
            commands,
        };
        serde_json::to_string_pretty(&export)
            .map_err(|error| OutboxError(rusqlite::Error::ToSqlConversionFailure(error.into())).into())
    }

    /// Takes over what another device exported. When this returns, it is on disk.
    ///
    /// # Errors
    /// [`HostError::Rejected`] with what is wrong with the file; then nothing of it is taken over.
    pub fn import_unsent(&mut self, text: &str, now: Timestamp) -> Result<Imported, HostError> {
        let file = read(text)?;
        self.heal()?;
        let enrollment = self.device.enrollment.clone().ok_or(HostError::NotEnrolled)?;
        let user = self.device.user.as_ref().ok_or(HostError::NotSignedIn)?.id;
        if file.plant != enrollment.plant {
            return Err(rejected(&format!(
                "this file is of another plant ({}), and this device belongs to {}; take it over on a device of \
                 that plant",
                file.plant_name.unwrap_or_else(|| file.plant.to_string()),
                enrollment.plant_name
            )));
        }
        check(&file.commands, enrollment.plant)?;
        let mut press = Press::of_others(enrollment, user, self.clock(now), self.counter.last_sequence);
        let imported = self.both(First::Outbox, |pending| {
            may_take_over(pending, user, &file.commands)?;
            let mut imported = Imported::default();
            for kept in file.commands {
                match taken_over(pending, &mut press, kept.entry)? {
                    true => imported.taken += 1,
                    false => imported.known += 1,
                }
            }
            Ok::<_, NotSaved>(imported)
        })?;
        self.bump();
        Ok(imported)
    }
}

fn read(text: &str) -> Result<Import, HostError> {
    if text.len() > MAX_UNSENT_FILE_BYTES {
        return Err(rejected("this file is larger than 16 MB, which no device writes"));
    }
    let head: Head = serde_json::from_str(text).map_err(|error| {
        rejected(match error.classify() {
            serde_json::error::Category::Eof if !text.trim().is_empty() => {
                "this file ends in the middle; copy it again, as a whole"
            }
            _ => "this is no file of unsent work; choose one that was saved with “Save as file”",
        })
    })?;
    if head.format != FORMAT {
        return Err(rejected(
            "this is no file of unsent work; choose one that was saved with “Save as file”",
        ));
    }
    if head.version > VERSION {
        return Err(rejected("this file was saved by a newer Unison; update this app first"));
    }
    serde_json::from_str(text).map_err(|error| {
        rejected(&format!("this file was altered, or damaged, after it was saved ({error})"))
    })
}

/// What can be told from the file alone.
fn check(commands: &[Kept], plant: PlantId) -> Result<(), HostError> {
    if commands.is_empty() {
        return Err(rejected("there is nothing in this file: the device had sent everything"));
    }
    let mut ids: BTreeSet<CommandId> = BTreeSet::new();
    for (kept, number) in commands.iter().zip(1_u32..) {
        let entry = &kept.entry;
        let problem = match limits::check(&entry.command) {
            _ if !ids.insert(entry.id) => "is in it twice".to_owned(),
            _ if entry.plant != plant => "is of another plant".to_owned(),
            _ if entry.command == Command::Unknown => {
                "is of a newer Unison; update this app first".to_owned()
            }
            Err(refusal) => refusal.to_string(),
            Ok(()) => continue,
        };
        return Err(rejected(&format!("entry {number} of this file cannot be taken over: it {problem}")));
    }
    Ok(())
}

/// The server takes from a device only what people entered who have signed in on it. And a file is
/// easily written: for others only those enter something who answer for their work.
fn may_take_over(pending: &Pending<'_>, user: UserId, commands: &[Kept]) -> Result<(), NotSaved> {
    let mut strangers = BTreeSet::new();
    let mut is_for_others = false;
    for kept in commands {
        let by = kept.entry.user;
        is_for_others |= by != user;
        if device::person(pending.outbox, by)?.is_none() {
            let name = match record::label_of(pending.replica, Some(by.uuid()))? {
                name if name.is_empty() => kept.shown.user_name.clone(),
                name => name,
            };
            strangers.insert(name);
        }
    }
    if !strangers.is_empty() {
        let names: Vec<_> = strangers.into_iter().collect();
        return Err(NotSaved::Rejected(format!(
            "the entries in this file are of people who have not signed in on this device: {}. Each of them signs \
             in here once; then take the file over again",
            names.join(", ")
        )));
    }
    if is_for_others {
        pending.actor(user)?.require(Action::DirectWork, [])?;
    }
    Ok(())
}

/// Whether it was not known here yet.
fn taken_over(pending: &Pending<'_>, press: &mut Press, entry: Entered) -> Result<bool, NotSaved> {
    let is_here =
        command::find(pending.outbox, entry.id)?.is_some() || cursor::contains(pending.replica, entry.id)?;
    if is_here {
        return Ok(false);
    }
    press.take_over(entry.id, entry.user, entry.occurred_at);
    match decided(pending, press, entry.command.clone()) {
        Ok(decision) => {
            if let Some(fact) = decision.effects.facts.first()
                && fact::is_confirmed(pending.replica, fact.id)?
            {
                return Ok(false);
            }
            committed(pending, press, decision)?;
        }
        // The server decides, and may have done so already. What it says is shown then.
        Err(NotSaved::Refused(_) | NotSaved::Away) => undecided(pending, press, entry)?,
        Err(NotSaved::Failed(Error::Document(error))) if error.newer().is_some() => {
            undecided(pending, press, entry)?;
        }
        Err(other) => return Err(other),
    }
    Ok(true)
}

/// Queues a command as it is: without effect here, until the server has spoken.
fn undecided(pending: &Pending<'_>, press: &Press, entry: Entered) -> Result<(), NotSaved> {
    let generation = match entry.command.order() {
        Some(order) => epoch::of(pending.outbox, order, entry.user)?,
        None => shared_model::actor::ActorEpoch::default(),
    };
    let envelope = Envelope {
        id: entry.id,
        plant: entry.plant,
        device: press.device(),
        user: entry.user,
        occurred_at: entry.occurred_at,
        sequence: press.sequence(),
        command: entry.command,
        change: None,
        epoch: generation,
    };
    let entry = Entry { envelope, facts: Vec::new(), state: CommandState::Queued, waits_until: None };
    pending.enter(&entry)?;
    counter::advance(pending.outbox, press.sequence(), press.last())?;
    pending.changed.set(true);
    Ok(pending::add(pending.replica, &entry)?)
}

fn rejected(message: &str) -> HostError {
    HostError::Rejected { message: message.to_owned() }
}
