//! Waiting for something to be so.

use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};

const PAUSE: Duration = Duration::from_millis(30);

/// Asks again and again until the answer is some, or the time is over. An answer that fails counts as
/// "not yet"; the last failure is told when the time is over.
///
/// # Errors
/// When it did not come to be in time.
pub async fn until<T>(
    what: &str,
    patience: Duration,
    mut ask: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let start = Instant::now();
    loop {
        // A question that is never answered does not make anybody wait longer than patience.
        let last = match tokio::time::timeout(patience, ask()).await {
            Ok(Ok(Some(answer))) => return Ok(answer),
            Ok(Ok(None)) => None,
            Ok(Err(error)) => Some(error),
            Err(_) => Some(anyhow!("there was no answer")),
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

/// One step that is given up when it takes too long.
///
/// # Errors
/// When it fails, or does not come to an end in time.
pub async fn at_most<T, E: Into<anyhow::Error>>(
    what: &str,
    patience: Duration,
    step: impl Future<Output = Result<T, E>>,
) -> anyhow::Result<T> {
    match tokio::time::timeout(patience, step).await {
        Ok(outcome) => outcome.map_err(|error| error.into().context(what.to_owned())),
        Err(_) => bail!("{what} took more than {patience:?}"),
    }
}
