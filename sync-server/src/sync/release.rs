//! Enters again what a revoked device had sent, for an administrator: in the name of the person who
//! entered it, at the time at which they did. As on the floor (`replica/src/attention.rs`) it is made
//! anew and decided on what is there now.

use shared_model::command::Command;
use shared_model::ids::{CommandId, IdSource, OrganizationId};
use shared_model::refusal::Refusal;
use shared_model::sync::wire::Verdict;
use uuid::Uuid;

use super::{Fault, Order, Sync};
use crate::db::refused::Refused;
use crate::db::{TenantTx, command};

/// How often it may be tried. Each attempt that is refused stays refused, so the next one is another
/// command.
const ATTEMPTS: usize = 50;

impl Sync {
    /// The command as which it was judged, and its verdict. Its ids are derived from what was refused:
    /// two administrators at once, or one who did not get the answer, enter it once.
    ///
    /// # Errors
    /// When nothing was committed, or nobody knows.
    pub async fn release(
        &self,
        organization: OrganizationId,
        refused: &Refused,
    ) -> Result<(CommandId, Verdict), Fault> {
        let malformed = |problem: &str| Verdict::Refused(Refusal::Malformed { problem: problem.to_owned() });
        let entered = match serde_json::from_str(&refused.body) {
            Ok(Command::Unknown) | Err(_) => {
                return Ok((refused.command, malformed("the server does not understand it")));
            }
            Ok(entered) => entered,
        };
        let ids = IdSource::of_command(refused.command, refused.entered_at);
        let attempts: Vec<CommandId> = (0..ATTEMPTS).map(|n| ids.named(&format!("release/{n}"))).collect();
        let known = {
            let mut tx = TenantTx::begin(self.pools(), organization, None).await?;
            let ids: Vec<Uuid> = attempts.iter().map(|id| id.uuid()).collect();
            let known = command::verdicts(&mut tx, &ids).await?;
            tx.rollback().await?;
            known
        };
        let is_open = |id: &&CommandId| !matches!(known.get(id), Some(Verdict::Refused(_)));
        let Some(id) = attempts.iter().find(is_open) else {
            return Ok((refused.command, malformed("it was tried too often; close it and enter it by hand")));
        };
        let order = Order {
            organization,
            plant: refused.plant,
            user: refused.user,
            id: *id,
            occurred_at: refused.entered_at,
            command: entered.anew(&refused.refusal),
            only_on: None,
        };
        Ok((*id, self.execute(order).await?))
    }
}
