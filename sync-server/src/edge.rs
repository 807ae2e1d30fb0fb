//! The edge of the process: its clock and its randomness. Everything else takes them as arguments.

use rand::Rng as _;
use shared_model::ids::IdSource;
use shared_model::time::Timestamp;

/// The server's time, which has the last word where a device's clock differs.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where the server reads the clock")]
pub fn now() -> Timestamp {
    jiff::Timestamp::now().into()
}

/// Unpredictable bytes, good for secrets.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where the server draws randomness")]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// New ids that carry the present instant.
#[must_use]
pub fn ids() -> IdSource {
    IdSource::new(now(), random())
}

/// A secret of 32 bytes in text that needs no quoting anywhere.
#[must_use]
pub fn secret() -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random::<32>())
}
