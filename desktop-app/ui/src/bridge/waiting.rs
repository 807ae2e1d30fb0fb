//! Calls that wait for their answers, found again by number.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use shared_model::host::{Answer, Call, HostError, Reply, Request};
use shared_model::ids::PressId;

type Outcome = Result<Reply, HostError>;

/// A call under which the other side ended so often is not put to it again.
const MOST_ATTEMPTS: u8 = 2;

#[derive(Default)]
pub struct Waiting {
    last_id: Cell<u64>,
    slots: RefCell<BTreeMap<u64, Rc<RefCell<Slot>>>>,
    /// The other side is gone.
    failure: RefCell<Option<HostError>>,
}

struct Slot {
    request: Request,
    attempts: u8,
    outcome: Option<Outcome>,
    waker: Option<Waker>,
}

impl Slot {
    fn fill(&mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Waiting {
    /// A call with a number, and what resolves with its answer. What enters something is named by the
    /// press, so that it can be asked again.
    pub fn open(&self, request: Request, press: PressId) -> (Call, impl Future<Output = Outcome> + use<>) {
        let id = self.last_id.get() + 1;
        self.last_id.set(id);
        let request = match request.enters() {
            true => Request::Once { press, act: Box::new(request) },
            false => request,
        };
        let call = Call { id, request: request.clone() };
        let slot = Rc::new(RefCell::new(Slot { request, attempts: 1, outcome: None, waker: None }));
        match self.failure.borrow().clone() {
            Some(failure) if !call.request.is_repeatable() => slot.borrow_mut().fill(Err(failure)),
            _ => {
                self.slots.borrow_mut().insert(id, slot.clone());
            }
        }
        let outcome = poll_fn(move |task| {
            let mut slot = slot.borrow_mut();
            match slot.outcome.take() {
                Some(outcome) => Poll::Ready(outcome),
                None => {
                    slot.waker = Some(task.waker().clone());
                    Poll::Pending
                }
            }
        });
        (call, outcome)
    }

    pub fn answer(&self, answer: Answer) {
        let slot = self.slots.borrow_mut().remove(&answer.id);
        if let Some(slot) = slot {
            slot.borrow_mut().fill(answer.reply);
        }
    }

    /// The other side is gone: ends all calls that must not be asked again, those to come included,
    /// until [`Self::revive`]. The others wait for the next one.
    pub fn fail(&self, failure: &HostError) {
        *self.failure.borrow_mut() = Some(failure.clone());
        self.end(failure, |slot| !slot.request.is_repeatable());
    }

    /// There is another side again. Gives the calls to ask it; `failure` is the answer to those that it
    /// is better not to be asked.
    pub fn revive(&self, failure: &HostError) -> Vec<Call> {
        *self.failure.borrow_mut() = None;
        self.end(failure, |slot| !slot.request.is_repeatable() || slot.attempts >= MOST_ATTEMPTS);
        let slots = self.slots.borrow();
        let call = |(id, slot): (&u64, &Rc<RefCell<Slot>>)| {
            let mut slot = slot.borrow_mut();
            slot.attempts += 1;
            Call { id: *id, request: slot.request.clone() }
        };
        slots.iter().map(call).collect()
    }

    fn end(&self, failure: &HostError, whether: impl Fn(&Slot) -> bool) {
        let all = std::mem::take(&mut *self.slots.borrow_mut());
        let (ended, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
            all.into_iter().partition(|(_, slot)| whether(&slot.borrow()));
        *self.slots.borrow_mut() = others;
        for slot in ended.into_values() {
            slot.borrow_mut().fill(Err(failure.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use shared_model::command::Command;
    use shared_model::ids::IdSource;
    use shared_model::time::Timestamp;

    use super::*;

    const QUESTION: Request = Request::Session;

    fn act() -> Request {
        Request::Command(Command::Unknown)
    }

    fn sign_in() -> Request {
        Request::SignIn { email: "ann@acme.test".to_owned(), password: "secret".to_owned() }
    }

    fn press(n: u8) -> PressId {
        IdSource::new(Timestamp::from_millis(0), [n; 16]).draw()
    }

    #[test]
    fn answers_find_their_calls_in_any_order() {
        let waiting = Waiting::default();
        let (first, mut first_outcome) = waiting.open(act(), press(1));
        let (second, second_outcome) = waiting.open(QUESTION, press(2));
        assert_eq!((&mut first_outcome).now_or_never(), None);
        waiting.answer(Answer { id: second.id, reply: Err(HostError::Offline) });
        waiting.answer(Answer { id: first.id, reply: Ok(Reply::Done) });
        waiting.answer(Answer { id: 99, reply: Ok(Reply::Done) });
        assert_eq!(first_outcome.now_or_never(), Some(Ok(Reply::Done)));
        assert_eq!(second_outcome.now_or_never(), Some(Err(HostError::Offline)));
    }

    #[test]
    fn what_must_not_be_asked_twice_ends_with_the_worker_that_died() {
        let waiting = Waiting::default();
        let (_, open) = waiting.open(sign_in(), press(1));
        waiting.fail(&HostError::Offline);
        let (_, late) = waiting.open(sign_in(), press(2));
        assert_eq!(open.now_or_never(), Some(Err(HostError::Offline)));
        assert_eq!(late.now_or_never(), Some(Err(HostError::Offline)));
        assert!(waiting.revive(&HostError::Offline).is_empty());
    }

    #[test]
    fn what_was_asked_of_a_worker_that_died_is_asked_of_the_next_one() {
        let waiting = Waiting::default();
        let (before, mut open) = waiting.open(QUESTION, press(1));
        waiting.fail(&HostError::Offline);
        let (late, mut asked_late) = waiting.open(QUESTION, press(2));
        assert_eq!(((&mut open).now_or_never(), (&mut asked_late).now_or_never()), (None, None));
        assert_eq!(waiting.revive(&HostError::Offline), [before.clone(), late]);
        waiting.answer(Answer { id: before.id, reply: Ok(Reply::Done) });
        assert_eq!(open.now_or_never(), Some(Ok(Reply::Done)));
    }

    #[test]
    fn an_entry_is_asked_again_under_the_name_of_its_press() {
        let waiting = Waiting::default();
        let (call, outcome) = waiting.open(act(), press(7));
        assert_eq!(call.request, Request::Once { press: press(7), act: Box::new(act()) });
        waiting.fail(&HostError::Offline);
        assert_eq!(waiting.revive(&HostError::Offline), [call]);
        waiting.fail(&HostError::Offline);
        assert_eq!(waiting.revive(&HostError::Offline), [], "it may be what ends them");
        assert_eq!(outcome.now_or_never(), Some(Err(HostError::Offline)));
    }
}
