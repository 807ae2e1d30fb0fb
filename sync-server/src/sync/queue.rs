//! One queue per plant, in which the pushes of all its connections wait their turn.
//!
//! The lock of the plant's feed lets one transaction pass at a time. Waiting for it here, and not in
//! PostgreSQL, costs no connection; and whoever's turn it is takes the pushes of the others along,
//! so that many devices that send one command each share one transaction and one fsync.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use shared_model::ids::{CommandId, OrganizationId, PlantId};
use shared_model::sync::wire::Verdict;
use shared_model::sync::wire::stored::ReceivedEnvelope;
use tokio::sync::oneshot;

use super::batch::{self, Connection, Push};
use super::{Fault, Inner, Sender, Sync};

/// Pushes are taken along until a transaction has this many commands.
const MAX_COMMANDS: usize = 1_000;

struct Submission {
    sender: Sender,
    connection: Connection,
    commands: Vec<ReceivedEnvelope>,
    reply: oneshot::Sender<Result<Vec<(CommandId, Verdict)>, Fault>>,
}

impl Submission {
    fn push<'a>(&'a self, commands: &'a [ReceivedEnvelope]) -> Push<'a> {
        Push { sender: self.sender, connection: &self.connection, commands }
    }
}

#[derive(Default)]
pub(super) struct Queues(Mutex<HashMap<(OrganizationId, PlantId), Arc<Queue>>>);

#[derive(Default)]
struct Queue {
    waiting: Mutex<VecDeque<Submission>>,
    turn: tokio::sync::Mutex<()>,
}

impl Queues {
    fn of(&self, organization: OrganizationId, plant: PlantId) -> Arc<Queue> {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queues.entry((organization, plant)).or_default().clone()
    }
}

impl Queue {
    fn push(&self, submission: Submission) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push_back(submission);
    }

    /// The next submissions, as many as go into one transaction.
    fn take(&self) -> Vec<Submission> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = Vec::new();
        let mut commands = 0;
        while let Some(next) = waiting.front() {
            commands += next.commands.len();
            if !taken.is_empty() && commands > MAX_COMMANDS {
                break;
            }
            taken.extend(waiting.pop_front());
        }
        taken
    }
}

impl Sync {
    /// Puts commands into the queue at once; the future only waits for their verdicts.
    pub(super) fn enqueue(
        &self,
        organization: OrganizationId,
        plant: PlantId,
        sender: Sender,
        connection: &Connection,
        commands: Vec<ReceivedEnvelope>,
    ) -> impl Future<Output = Result<Vec<(CommandId, Verdict)>, Fault>> + Send + use<> {
        let (reply, verdicts) = oneshot::channel();
        let queue = self.0.queues.of(organization, plant);
        queue.push(Submission { sender, connection: connection.clone(), commands, reply });
        // A task of its own: the transaction must not depend on one connection's patience, because
        // it may carry the commands of others.
        tokio::spawn(drain(self.0.clone(), organization, plant, queue));
        async move { verdicts.await.unwrap_or(Err(Fault::Unavailable)) }
    }
}

async fn drain(inner: Arc<Inner>, organization: OrganizationId, plant: PlantId, queue: Arc<Queue>) {
    let _turn = queue.turn.lock().await;
    let submissions = queue.take();
    if !submissions.is_empty() {
        settle(&inner, organization, plant, submissions).await;
    }
}

async fn settle(inner: &Inner, organization: OrganizationId, plant: PlantId, submissions: Vec<Submission>) {
    let together: Vec<_> = submissions.iter().map(|it| it.push(&it.commands)).collect();
    let outcome = tokio::select! {
        outcome = batch::commit(inner, organization, plant, &together) => outcome,
        // Nobody knows what became of it: the same commands come again, and count once.
        () = inner.pools.pulse().stops() => Err(Fault::Unavailable),
    };
    match outcome {
        Ok(verdicts) => {
            for (submission, verdicts) in submissions.into_iter().zip(verdicts) {
                let _ = submission.reply.send(Ok(verdicts));
            }
        }
        Err(fault) if fault.is_passing() => {
            tracing::warn!(error = %error_chain(&fault), "commands could not be committed now");
            for submission in submissions {
                let _ = submission.reply.send(Err(Fault::Unavailable));
            }
        }
        Err(fault) => {
            tracing::error!(error = %error_chain(&fault), "a batch failed; its commands are tried one by one");
            for submission in submissions {
                let verdicts = one_by_one(inner, organization, plant, &submission).await;
                let _ = submission.reply.send(verdicts);
            }
        }
    }
}

/// Finds the command that the database does not take, so that it does not keep the others from
/// being committed for ever. It is refused, and kept.
async fn one_by_one(
    inner: &Inner,
    organization: OrganizationId,
    plant: PlantId,
    submission: &Submission,
) -> Result<Vec<(CommandId, Verdict)>, Fault> {
    let mut verdicts = Vec::with_capacity(submission.commands.len());
    for command in &submission.commands {
        let alone = [submission.push(std::slice::from_ref(command))];
        match batch::commit(inner, organization, plant, &alone).await {
            Ok(settled) => verdicts.extend(settled.into_iter().flatten()),
            Err(fault) if fault.is_passing() => return Err(fault),
            Err(fault) if !fault.is_of_the_command() => {
                // The fault is ours: work must not be refused for it. Without a verdict the device
                // keeps the command and sends it again.
                tracing::error!(command = %command.id, error = %error_chain(&fault), "a command is left waiting");
            }
            Err(fault) => {
                tracing::error!(command = %command.id, error = %error_chain(&fault), "a command cannot be stored");
                verdicts.extend(batch::refuse_unstorable(inner, organization, plant, command).await?);
            }
        }
    }
    Ok(verdicts)
}

/// An error with its causes, on one line.
pub(super) fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
