//! Calls that wait for their answers, found again by number.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use shared_model::host::{Answer, HostError, Reply};

type Outcome = Result<Reply, HostError>;

#[derive(Default)]
pub struct Waiting {
    last_id: Cell<u64>,
    slots: RefCell<BTreeMap<u64, Rc<RefCell<Slot>>>>,
    /// The other side is gone for good.
    failure: RefCell<Option<HostError>>,
}

#[derive(Default)]
struct Slot {
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
    /// A number for a call, and what resolves with its answer.
    pub fn open(&self) -> (u64, impl Future<Output = Outcome> + use<>) {
        let id = self.last_id.get() + 1;
        self.last_id.set(id);
        let slot = Rc::new(RefCell::new(Slot::default()));
        match self.failure.borrow().clone() {
            Some(failure) => slot.borrow_mut().fill(Err(failure)),
            None => {
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
        (id, outcome)
    }

    pub fn answer(&self, answer: Answer) {
        let slot = self.slots.borrow_mut().remove(&answer.id);
        if let Some(slot) = slot {
            slot.borrow_mut().fill(answer.reply);
        }
    }

    /// Ends all calls, those to come included.
    pub fn fail(&self, failure: &HostError) {
        *self.failure.borrow_mut() = Some(failure.clone());
        let slots = std::mem::take(&mut *self.slots.borrow_mut());
        for slot in slots.into_values() {
            slot.borrow_mut().fill(Err(failure.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn answers_find_their_calls_in_any_order() {
        let waiting = Waiting::default();
        let (first, mut first_outcome) = waiting.open();
        let (second, second_outcome) = waiting.open();
        assert_eq!((&mut first_outcome).now_or_never(), None);
        waiting.answer(Answer { id: second, reply: Err(HostError::Offline) });
        waiting.answer(Answer { id: first, reply: Ok(Reply::Done) });
        waiting.answer(Answer { id: 99, reply: Ok(Reply::Done) });
        assert_eq!(first_outcome.now_or_never(), Some(Ok(Reply::Done)));
        assert_eq!(second_outcome.now_or_never(), Some(Err(HostError::Offline)));
    }

    #[test]
    fn nobody_waits_for_a_worker_that_died() {
        let waiting = Waiting::default();
        let (_, open) = waiting.open();
        waiting.fail(&HostError::Offline);
        let (_, late) = waiting.open();
        assert_eq!(open.now_or_never(), Some(Err(HostError::Offline)));
        assert_eq!(late.now_or_never(), Some(Err(HostError::Offline)));
    }
}
