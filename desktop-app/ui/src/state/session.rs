//! Who this device and its user are, and what they may do.

use dioxus::prelude::*;
use shared_model::host::{HostError, Request, Session, SessionPlant, SessionUser};
use shared_model::ids::WorkCenterId;
use shared_model::policy::Action;

use super::Live;
use crate::dom::Zone;

/// None until the replica has answered.
type Known = Option<Result<Session, HostError>>;

#[derive(Clone, Copy, PartialEq)]
pub struct Sessions {
    known: Signal<Known>,
    live: Live,
}

impl Sessions {
    pub fn known(&self) -> Known {
        (self.known)()
    }

    /// Asks again. What is known stays where there is no answer.
    pub async fn load(mut self) {
        let session = self.live.host().session().await;
        let is_worse = session.is_err() && matches!(&*self.known.peek(), Some(Ok(_)));
        if !is_worse && self.known.peek().as_ref() != Some(&session) {
            self.known.set(Some(session));
        }
    }

    /// For requests that make another session: enroll, sign in, sign out, choose a station.
    ///
    /// # Errors
    /// What the replica or the server says; the session stays as it was.
    pub async fn change(mut self, request: Request) -> Result<Session, HostError> {
        let session = self.live.host().changed_session(request).await?;
        self.known.set(Some(Ok(session.clone())));
        self.live.refresh();
        Ok(session)
    }
}

pub fn use_sessions_provider(live: Live) -> Sessions {
    let known = use_signal(|| None);
    let sessions = use_context_provider(|| Sessions { known, live });
    use_future(move || sessions.load());
    // Another tab may have signed somebody else in, or out.
    let mut seen = use_hook(|| CopyValue::new(0));
    use_effect(move || {
        if seen.replace(live.revision()) != live.revision() {
            spawn(sessions.load());
        }
    });
    sessions
}

pub fn use_sessions() -> Sessions {
    use_context()
}

/// The signed-in person on an enrolled device: what every screen behind the sign-in may count on.
#[derive(Clone, PartialEq)]
pub struct Access {
    pub plant: SessionPlant,
    pub user: SessionUser,
    pub station: Option<WorkCenterId>,
    pub zone: Zone,
}

impl Access {
    pub fn of(session: &Session) -> Option<Self> {
        let plant = session.plant.clone()?;
        let user = session.user.clone()?;
        // A zone that this app does not know yet costs local times, not the work.
        let zone = Zone::parse(&plant.zone).or_else(|_| Zone::parse("UTC")).ok()?;
        Some(Self { plant, user, station: session.station, zone })
    }

    pub fn may(&self, action: Action) -> bool {
        action.allows(&self.user.roles)
    }
}

/// For screens behind the sign-in. While a sign-out takes the screen away, the last one.
pub fn use_access() -> Access {
    let sessions = use_sessions();
    let mut last = use_hook(|| CopyValue::new(None::<Access>));
    let now = match &*sessions.known.read() {
        Some(Ok(session)) => Access::of(session),
        _ => None,
    };
    if let Some(access) = now {
        last.set(Some(access));
    }
    let access = last.read().clone();
    access.expect("screens behind the sign-in are shown only when somebody is signed in")
}
