//! Calls that wait for their answers, found again by number.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use shared_model::host::{Answer, Call, HostError, Reply, Request};

type Outcome = Result<Reply, HostError>;

#[derive(Default)]
pub struct Waiting {
    last_id: Cell<u64>,
    slots: RefCell<BTreeMap<u64, Rc<RefCell<Slot>>>>,
    /// The other side is gone.
    failure: RefCell<Option<HostError>>,
}

#[derive(Default)]
struct Slot {
    /// What is only asked can be asked again.
    question: Option<Request>,
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
    pub fn open(&self, request: &Request) -> (u64, impl Future<Output = Outcome> + use<>) {
        let id = self.last_id.get() + 1;
        self.last_id.set(id);
        let question = matches!(request, Request::Query(_) | Request::Session).then(|| request.clone());
        let is_question = question.is_some();
        let slot = Rc::new(RefCell::new(Slot { question, ..Slot::default() }));
        match self.failure.borrow().clone() {
            Some(failure) if !is_question => slot.borrow_mut().fill(Err(failure)),
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
        (id, outcome)
    }

    pub fn answer(&self, answer: Answer) {
        let slot = self.slots.borrow_mut().remove(&answer.id);
        if let Some(slot) = slot {
            slot.borrow_mut().fill(answer.reply);
        }
    }

    /// The other side is gone: ends all calls but questions, those to come included, until
    /// [`Self::revive`].
    pub fn fail(&self, failure: &HostError) {
        *self.failure.borrow_mut() = Some(failure.clone());
        let all = std::mem::take(&mut *self.slots.borrow_mut());
        let (questions, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
            all.into_iter().partition(|(_, slot)| slot.borrow().question.is_some());
        *self.slots.borrow_mut() = questions;
        for slot in others.into_values() {
            slot.borrow_mut().fill(Err(failure.clone()));
        }
    }

    /// There is another side again. Gives the questions to ask it.
    pub fn revive(&self) -> Vec<Call> {
        *self.failure.borrow_mut() = None;
        let slots = self.slots.borrow();
        let call = |(id, slot): (&u64, &Rc<RefCell<Slot>>)| {
            Some(Call { id: *id, request: slot.borrow().question.clone()? })
        };
        slots.iter().filter_map(call).collect()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const ACT: Request = Request::SyncNow;
    const QUESTION: Request = Request::Session;

    #[test]
    fn answers_find_their_calls_in_any_order() {
        let waiting = Waiting::default();
        let (first, mut first_outcome) = waiting.open(&ACT);
        let (second, second_outcome) = waiting.open(&QUESTION);
        assert_eq!((&mut first_outcome).now_or_never(), None);
        waiting.answer(Answer { id: second, reply: Err(HostError::Offline) });
        waiting.answer(Answer { id: first, reply: Ok(Reply::Done) });
        waiting.answer(Answer { id: 99, reply: Ok(Reply::Done) });
        assert_eq!(first_outcome.now_or_never(), Some(Ok(Reply::Done)));
        assert_eq!(second_outcome.now_or_never(), Some(Err(HostError::Offline)));
    }

    #[test]
    fn nobody_is_told_that_something_is_saved_by_a_worker_that_died() {
        let waiting = Waiting::default();
        let (_, open) = waiting.open(&ACT);
        waiting.fail(&HostError::Offline);
        let (_, late) = waiting.open(&ACT);
        assert_eq!(open.now_or_never(), Some(Err(HostError::Offline)));
        assert_eq!(late.now_or_never(), Some(Err(HostError::Offline)));
        assert!(waiting.revive().is_empty(), "nor is it done twice");
    }

    #[test]
    fn what_was_asked_of_a_worker_that_died_is_asked_of_the_next_one() {
        let waiting = Waiting::default();
        let (before, mut open) = waiting.open(&QUESTION);
        waiting.fail(&HostError::Offline);
        let (late, mut asked_late) = waiting.open(&QUESTION);
        assert_eq!(((&mut open).now_or_never(), (&mut asked_late).now_or_never()), (None, None));
        let call = |id| Call { id, request: QUESTION };
        assert_eq!(waiting.revive(), [call(before), call(late)]);
        waiting.answer(Answer { id: before, reply: Ok(Reply::Done) });
        assert_eq!(open.now_or_never(), Some(Ok(Reply::Done)));
    }
}
