//! What a revoked device still has: it is handed in, part by part, for an administrator to decide on; with
//! it what the server had accepted, which it may have lost again (`outbox/kept.rs`).
//! Nothing leaves the outbox by that; what was handed in is marked as refused.
//!
//! When all is handed in the device asks, now and then, whether it is to be emptied.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shared_model::command::Envelope;
use shared_model::host::{Event, Message};
use shared_model::sync::client::Link;
use shared_model::sync::unsent::signed_text;
use shared_model::sync::wire::{self, ClientFrame, WireError};
use shared_model::time::Timestamp;

use super::errand::Errand;
use super::protocol::{self, Failure, HandedIn, UnsentRequest};
use super::token::signed;
use super::{Driver, Effect, is_ahead};

/// Commands in one part at most.
const PART_COMMANDS: usize = 100;
/// Of more than one command a part has no more than this.
const PART_BYTES: usize = 256 * 1024;
/// The wait after a part that did not arrive; each further one is twice as long.
const RETRY_MILLIS: i64 = 30_000;
const RETRY_MILLIS_MAX: i64 = 3_600_000;
/// The wait between two questions whether the device is to be emptied.
const ASK_MILLIS: i64 = 900_000;

/// How far it has come.
#[derive(Debug, Default)]
pub struct HandIn {
    /// The sequence up to which the server has answered.
    until: u64,
    is_under_way: bool,
    /// The clock was corrected by the server's once already in this attempt.
    is_corrected: bool,
    failures: u32,
    retry_at: Option<Timestamp>,
    /// The server kept less than it was given: that is handed in again before the device is emptied.
    has_gaps: bool,
    /// When to ask what becomes of the device, unless there is something to hand in before.
    ask_at: Option<Timestamp>,
}

impl HandIn {
    /// When it is to be tried again. Not while an answer is awaited, which comes by itself.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.retry_at.or(self.ask_at).filter(|_| !self.is_under_way)
    }

    /// All is handed in, and the server said that the device is not to be emptied.
    pub fn is_answered(&self) -> bool {
        self.ask_at.is_some()
    }

    /// There is reason to believe that the server can be reached.
    pub fn do_not_wait(&mut self) {
        self.retry_at = None;
        self.ask_at = None;
    }

    fn may_begin(&mut self, now: Timestamp) -> bool {
        if self.is_under_way || self.retry_at.is_some_and(|at| waits(at, now)) {
            return false;
        }
        self.retry_at = None;
        true
    }

    fn failed(&mut self, now: Timestamp) {
        // Meanwhile somebody may set the clock, or make the room that noting the server's time wants.
        self.is_corrected = false;
        let wait = (RETRY_MILLIS << self.failures.min(10)).min(RETRY_MILLIS_MAX);
        self.failures += 1;
        self.retry_at = Some(now.plus_millis(wait));
    }
}

impl Driver {
    /// Hands in the next part, where the device was revoked and there is one.
    pub(super) fn hand_in(&mut self, now: Timestamp) {
        if self.engine.link() != Link::Revoked || !self.hand_in.may_begin(now) {
            return;
        }
        let Ok(replica) = &self.replica else { return };
        let Some(credentials) = replica.credentials() else { return };
        let part = match replica.not_handed_in(self.hand_in.until, PART_COMMANDS) {
            Ok(commands) => part(commands),
            Err(error) => {
                tracing::error!(%error, "what is unsent cannot be read");
                return self.hand_in.failed(now);
            }
        };
        let part = match part {
            Some(part) => part,
            None if self.hand_in.ask_at.is_some_and(|at| waits(at, now)) => return,
            None => match Part::question(self.hand_in.until) {
                Ok(part) => part,
                Err(error) => {
                    tracing::error!(%error, "the server cannot be asked");
                    return self.hand_in.failed(now);
                }
            },
        };
        let Part { until, count, frame } = part;
        let at = now.plus_millis(self.clock_offset_millis());
        let request = UnsentRequest {
            device_id: credentials.device,
            at,
            signature: signed(&credentials, &signed_text(credentials.device, at, &frame)),
            frame: STANDARD.encode(&frame),
        };
        self.hand_in.is_under_way = true;
        self.post(&credentials.server_url, protocol::UNSENT, None, &request, Errand::Unsent { until, count });
    }

    pub(super) fn handed_in(
        &mut self,
        now: Timestamp,
        until: u64,
        count: usize,
        outcome: Result<HandedIn, Failure>,
    ) {
        self.hand_in.is_under_way = false;
        match outcome {
            Ok(HandedIn { wipe, .. }) if count == 0 => match (wipe, self.hand_in.has_gaps) {
                (true, false) => {
                    self.hand_in.is_under_way = true;
                    self.say_last_word(now);
                }
                // All of it once more: the server knows what it has.
                (true, true) => {
                    self.hand_in = HandIn { failures: self.hand_in.failures, ..HandIn::default() };
                    self.hand_in.failed(now);
                }
                (false, _) => {
                    let ask_at = Some(now.plus_millis(ASK_MILLIS));
                    self.hand_in =
                        HandIn { until, ask_at, has_gaps: self.hand_in.has_gaps, ..HandIn::default() };
                    // Whoever waits for the end of it looks again.
                    let revision = self.replica().map_or(0, crate::Replica::revision);
                    self.effects.push(Effect::Tell(Message::Event(Event::Changed { revision })));
                }
            },
            Ok(HandedIn { verdicts, .. }) => {
                let has_gaps = self.hand_in.has_gaps || verdicts.len() < count;
                let Ok(replica) = &mut self.replica else { return };
                match replica.settle(verdicts) {
                    Ok(()) => self.hand_in = HandIn { until, has_gaps, ..HandIn::default() },
                    Err(error) => {
                        self.hand_in.failed(now);
                        self.trouble(now, &error);
                    }
                }
            }
            Err(Failure::ClockSkew { server_time }) if !self.hand_in.is_corrected => {
                self.hand_in.is_corrected = true;
                if let Ok(replica) = &mut self.replica
                    && let Err(error) = replica.set_clock_offset(server_time.millis_since(now), now)
                {
                    self.trouble(now, &error);
                }
            }
            Err(failure) => {
                tracing::warn!(?failure, "what is unsent could not be handed in");
                self.hand_in.failed(now);
            }
        }
    }
}

fn waits(at: Timestamp, now: Timestamp) -> bool {
    is_ahead(at, now, RETRY_MILLIS_MAX)
}

struct Part {
    until: u64,
    count: usize,
    frame: Vec<u8>,
}

impl Part {
    /// One without commands.
    fn question(until: u64) -> Result<Self, WireError> {
        let frame = wire::encode(&ClientFrame::Push { commands: Vec::new() })?;
        Ok(Self { until, count: 0, frame })
    }
}

/// As many of the first commands as a part may have; none when there are none.
fn part(mut commands: Vec<Envelope>) -> Option<Part> {
    loop {
        let until = commands.last()?.sequence;
        match wire::encode(&ClientFrame::Push { commands: commands.clone() }) {
            Ok(frame) if frame.len() <= PART_BYTES || commands.len() == 1 => {
                return Some(Part { until, count: commands.len(), frame });
            }
            Ok(_) | Err(WireError::TooLarge) if commands.len() > 1 => {
                commands.truncate(commands.len() / 2);
            }
            Ok(_) => return None,
            Err(error) => {
                // It stays in the outbox, from which a file can be made.
                tracing::error!(%error, "an entry cannot be handed in");
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::plant::id;
    use shared_model::command::Command;

    fn command(sequence: u64, reason: String) -> Envelope {
        Envelope {
            id: id(u128::from(sequence)),
            plant: id(2),
            device: id(3),
            user: id(4),
            occurred_at: Timestamp::from_millis(5),
            sequence,
            command: Command::cancel(id(6), reason),
            change: None,
            epoch: shared_model::actor::ActorEpoch::default(),
        }
    }

    #[test]
    fn a_part_is_small_unless_one_entry_alone_is_large() {
        let mut state = 1_u64;
        let mut noise = |chars: usize| -> String {
            (0..chars)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    char::from_u32(0x4e00 + (state >> 40) as u32 % 0x4000).unwrap_or('x')
                })
                .collect()
        };
        let small: Vec<_> = (1..=100).map(|n| command(n, "late".to_owned())).collect();
        assert_eq!(part(small).map(|part| part.until), Some(100));
        let large: Vec<_> = (1..=8).map(|n| command(n, noise(60_000))).collect();
        let first = part(large).expect("a part");
        assert!(first.until < 8 && first.frame.len() <= PART_BYTES, "{} bytes", first.frame.len());
        let alone = part(vec![command(9, noise(200_000))]).expect("a part");
        assert!(alone.until == 9 && alone.frame.len() > PART_BYTES);
        assert!(part(Vec::new()).is_none());
    }
}
