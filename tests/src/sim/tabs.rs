//! A browser with several tabs: the one that has the files crashes over a press, the next one opens them, and the page
//! that pressed asks again. The same press under the same name is entered once.

use shared_model::host::{HostError, Reply, Request};
use shared_model::ids::{CommandId, PressId};
use uuid::Uuid;

use super::decisions::Expected;
use super::rng::Rng;
use super::world::{Origin, World};

const TABS: u64 = 0x7ab5;

/// A page waits for an answer that the crash took with it.
pub(super) struct Waiting {
    request: Request,
    expected: Vec<Expected>,
    /// What of it was on the disk.
    entered: Vec<CommandId>,
}

/// Names of presses, in histories whose devices have tabs. Apart, so that all other histories stay what they are.
pub(super) fn names(seed: u64) -> Option<Rng> {
    let mut rng = Rng::new(seed ^ TABS);
    rng.chance(300).then_some(rng)
}

impl World {
    /// As a page asks that may have to ask again.
    pub(super) fn named(&mut self, request: Request) -> Request {
        match &mut self.press_names {
            Some(names) => {
                let press = PressId::from(Uuid::from_bytes(names.bytes()));
                Request::Once { press, act: Box::new(request) }
            }
            None => request,
        }
    }

    /// The crash took the answer with it.
    pub(super) fn waits_for_another_tab(
        &mut self,
        index: usize,
        request: Request,
        expected: Vec<Expected>,
        entered: Vec<CommandId>,
    ) {
        if self.press_names.is_some() {
            self.waiting[index] = Some(Waiting { request, expected, entered });
        }
    }

    /// Another tab has opened the files.
    pub(super) fn ask_again(&mut self, index: usize) -> anyhow::Result<()> {
        if !self.devices[index].is_running() {
            return Ok(());
        }
        let Some(Waiting { request, expected, mut entered }) = self.waiting[index].take() else {
            return Ok(());
        };
        self.note(|| format!("another tab of device {index} is asked for {} commands", expected.len()));
        self.exercised.leader_changes += 1;
        let (answer, new) = self.ask_for(index, &request, &expected)?;
        if !new.is_empty() && !entered.is_empty() {
            self.complaints
                .push(format!("device {index} entered {entered:?}, and then {new:?} for the same"));
        }
        entered.extend(new);
        match answer {
            None => self.waits_for_another_tab(index, request, expected, entered),
            Some(Ok(Reply::Saved(saved))) if entered.contains(&saved.command) => {
                for Expected { origin, .. } in expected {
                    if let Origin::Resent(of) | Origin::HandedOver(of) = origin
                        && let Some(pressed) = self.journal.get_mut(&of)
                    {
                        pressed.is_let_go = true;
                    }
                }
            }
            Some(Err(
                HostError::Refused { .. }
                | HostError::Rejected { .. }
                | HostError::UpdateNeeded
                | HostError::NotSignedIn
                | HostError::Storage { .. }
                | HostError::StorageFull,
            )) if entered.is_empty() => {}
            Some(other) => self
                .complaints
                .push(format!("device {index} has {entered:?}, and another tab was told {other:?}")),
        }
        Ok(())
    }
}
