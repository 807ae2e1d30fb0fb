//! Enrollment codes: eight characters that a person reads from one screen and types at another.

use std::fmt;

use shared_model::ids::PlantId;
use shared_model::time::Timestamp;

use super::hash_secret;
use crate::db::{self, TenantTx, audit, device};
use crate::edge;

/// No I, L, O, U, 0 and 1: nobody mistakes one of these for another.
const ALPHABET: &[u8; 30] = b"ABCDEFGHJKMNPQRSTVWXYZ23456789";
const LENGTH: usize = 8;
/// How long a code is good for.
const CODE_MILLIS: i64 = 24 * 60 * 60 * 1000;

#[derive(Clone, PartialEq, Eq)]
pub struct EnrollmentCode(String);

impl EnrollmentCode {
    #[must_use]
    pub fn draw() -> Self {
        let mut code = String::with_capacity(LENGTH);
        while code.len() < LENGTH {
            // Bytes from 240 up would make the first letters likelier.
            let fair = edge::random::<16>().into_iter().filter(|byte| *byte < 240);
            code.extend(fair.map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()])));
        }
        code.truncate(LENGTH);
        Self(code)
    }

    /// As somebody typed it: in any case, with spaces and hyphens.
    #[must_use]
    pub fn typed(text: &str) -> Self {
        Self(text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect())
    }

    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        hash_secret(&self.0)
    }
}

/// Makes a code for a plant, and says until when it is good.
///
/// # Errors
/// When the database does not answer.
pub async fn issue_code(
    tx: &mut TenantTx,
    plant: PlantId,
    now: Timestamp,
) -> Result<(EnrollmentCode, Timestamp), db::Error> {
    let (code, expires_at) = (EnrollmentCode::draw(), now.plus_millis(CODE_MILLIS));
    device::add_code(tx, &code.hash(), plant, now, expires_at).await?;
    let event = audit::Event {
        action: "device.code_issued",
        device: None,
        subject: ("plant", Some(plant.uuid())),
        detail: serde_json::json!({}),
    };
    audit::log(tx, now, event).await?;
    Ok((code, expires_at))
}

/// "ABCD-2345".
impl fmt::Display for EnrollmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (left, right) = self.0.split_at(self.0.len() / 2);
        write!(f, "{left}-{right}")
    }
}

/// Not for logs.
impl fmt::Debug for EnrollmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnrollmentCode")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_again_however_it_is_typed() {
        let code = EnrollmentCode::draw();
        let shown = code.to_string();
        assert_eq!(shown.len(), 9);
        for typed in [shown.clone(), shown.to_lowercase(), shown.replace('-', " "), format!(" {shown}\n")] {
            assert_eq!(EnrollmentCode::typed(&typed).hash(), code.hash(), "{typed}");
        }
        assert_ne!(EnrollmentCode::draw(), code);
    }
}
