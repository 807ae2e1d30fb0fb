//! Waiting for something to be so.

use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::bail;

const PAUSE: Duration = Duration::from_millis(30);

/// Asks again and again until the answer is some, or the time is over. An answer that fails counts as
/// "not yet"; the last failure is told when the time is over.
///
/// # Errors
/// When it did not come to be in time.
pub async fn until<T, F>(what: &str, patience: Duration, mut ask: impl FnMut() -> F) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<Option<T>>>,
{
    let start = Instant::now();
    loop {
        let last = match ask().await {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => None,
            Err(error) => Some(error),
        };
        if start.elapsed() >= patience {
            match last {
                Some(error) => return Err(error.context(format!("waited {patience:?} for {what}"))),
                None => bail!("waited {patience:?} for {what}, and it did not come"),
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}
