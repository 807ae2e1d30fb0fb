//! The edge of the process: its clock and its randomness. Everything else takes them as arguments.

use rand::Rng as _;
use shared_model::time::Timestamp;

#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where the native replica reads the clock")]
pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The time that no one can set: for waiting.
#[expect(clippy::disallowed_methods, reason = "the one place where the native replica reads the clock")]
pub(super) fn instant() -> std::time::Instant {
    std::time::Instant::now()
}

/// Fills a buffer with unpredictable bytes, good for secrets.
#[expect(clippy::disallowed_methods, reason = "the one place where the native replica draws randomness")]
pub fn random(bytes: &mut [u8]) {
    rand::rng().fill_bytes(bytes);
}
