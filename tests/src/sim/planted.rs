//! Known mistakes, planted one at a time to see that the simulation finds them. They are made in the
//! simulated pieces, never in the product.

/// A mistake that a server or a device could make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// The server answers before its commit, and crashes in between.
    AnswersBeforeCommit,
    /// The server carries out a command again when it comes again.
    AppliesTwice,
    /// A device drops a command from its outbox at the verdict, before it has what came of it.
    ForgetsAtVerdict,
    /// A batch is lost, and the cursor goes past it.
    SkipsLostBatch,
    /// The verdicts of a push are given to each other's commands.
    ConfusesVerdicts,
    /// What was entered again after a refusal stays in the list of what was refused.
    KeepsWhatWasResent,
    /// A device does not show what it has not sent.
    HidesPending,
    /// A device shows what was refused.
    ShowsRefused,
    /// A device starts with an older place in the feed than it had.
    TurnsBack,
    /// Batches end inside of what one command did.
    TearsBatches,
    /// A report takes its components twice.
    BackflushesTwice,
    /// Some pushes are never answered.
    SwallowsPushes,
    /// A command that comes again is refused, although it was accepted.
    ChangesItsMind,
    /// The server takes commands from revoked devices.
    ListensToRevoked,
    /// The server decides on the state that the device saw, and merges what it made of that.
    MergesStates,
}

/// Of the batches with [`Bug::SkipsLostBatch`], each of so many is lost; of the pushes with
/// [`Bug::SwallowsPushes`] as well.
pub(super) const LOST_BATCH: u64 = 7;
