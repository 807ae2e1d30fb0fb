//! How a device that was revoked hands in what it has not sent: over HTTP, because it gets no token
//! and no connection any more. What it signs is said here once, for both sides.

use sha2::{Digest, Sha256};

use crate::ids::DeviceId;
use crate::time::Timestamp;

/// What a device signs to hand in a frame ([`super::wire::ClientFrame::Push`], packed).
#[must_use]
pub fn signed_text(device: DeviceId, at: Timestamp, frame: &[u8]) -> String {
    let digest: String = Sha256::digest(frame).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("unison-unsent:{device}:{}:{digest}", at.as_millis())
}

/// What a device signs to say that it removes everything that it holds, as it was asked to.
#[must_use]
pub fn wiped_text(device: DeviceId, at: Timestamp) -> String {
    format!("unison-wiped:{device}:{}", at.as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_device_time_or_frame_is_another_text() {
        let device = |n| DeviceId::from(uuid::Uuid::from_u128(n));
        let at = Timestamp::from_millis;
        let text = signed_text(device(1), at(7), b"abc");
        assert_eq!(
            text,
            "unison-unsent:00000000-0000-0000-0000-000000000001:7:\
             ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        for other in [
            signed_text(device(2), at(7), b"abc"),
            signed_text(device(1), at(8), b"abc"),
            signed_text(device(1), at(7), b"abd"),
        ] {
            assert_ne!(text, other);
        }
    }
}
