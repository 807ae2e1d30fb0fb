use std::time::Duration;

/// Waits until something is so: what another task or process does takes a moment, and longer on a busy
/// machine.
///
/// # Panics
/// When it is not so within a minute.
pub async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let comes = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let patience = Duration::from_secs(60);
    tokio::time::timeout(patience, comes)
        .await
        .unwrap_or_else(|_| panic!("{what} did not come within a minute"));
}
