//! Who is there: passwords, tokens, device keys, and how often somebody may guess.

mod code;
mod device;
mod guard;
mod keys;
pub mod password;
mod person;
mod sign_in;
mod token;

use sha2::{Digest as _, Sha256};

pub use code::{EnrollmentCode, issue_code};
pub use device::{DeviceClaims, verify_device};
pub(crate) use device::{is_signed, revoked_device, unknown_device};
pub use guard::{Attempt, Guard};
pub use keys::{Keys, KeysError};
pub(crate) use person::bearer;
pub use person::{ClientIp, InPlant, Person};
pub(crate) use sign_in::wrong_credentials;
pub use sign_in::{Known, check_password};
pub use token::{TOKEN_MILLIS, TokenError};

/// What is stored of a secret that is long and random: nothing that it could be guessed from.
#[must_use]
pub fn hash_secret(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}
