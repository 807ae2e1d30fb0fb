//! Passwords: Argon2id, with the parameters that OWASP asks for (19 MiB, two passes).

use std::sync::OnceLock;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};

use tokio::sync::Semaphore;

use crate::edge;

/// How many passwords are hashed at a time: each takes 19 MiB and all of a core.
static HASHING: Semaphore = Semaphore::const_new(4);
/// The shortest password that is accepted, in characters.
pub const CHARACTERS_MIN: usize = 10;
/// Longer ones are cut off nowhere, but refused: hashing them would be work for nothing.
pub const BYTES_MAX: usize = 1024;

#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("a password has at least {CHARACTERS_MIN} characters")]
    TooShort,
    #[error("a password has at most {BYTES_MAX} bytes")]
    TooLong,
    #[error("the password cannot be hashed")]
    Hash(#[source] argon2::password_hash::Error),
    #[error("hashing was interrupted")]
    Interrupted(#[from] tokio::task::JoinError),
}

/// A password for somebody who is to be told it: four groups of four letters and digits that are not
/// mistaken for one another, which can be typed on a tablet; 79 bits.
#[must_use]
pub fn draw() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    let groups = edge::random::<16>();
    groups.chunks(4).map(|group| group.iter().map(letter).collect()).collect::<Vec<String>>().join("-")
}

/// The PHC string of a password. Takes tens of milliseconds of a core, off the runtime's threads.
///
/// # Errors
/// When the password is too short or too long.
pub async fn hash(password: String) -> Result<String, PasswordError> {
    if password.chars().count() < CHARACTERS_MIN {
        return Err(PasswordError::TooShort);
    }
    if password.len() > BYTES_MAX {
        return Err(PasswordError::TooLong);
    }
    let _turn = HASHING.acquire().await.expect("it is never closed");
    tokio::task::spawn_blocking(move || hash_now(&password)).await?.map_err(PasswordError::Hash)
}

/// Whether a password is the one of a hash. Without a hash the answer is no, after the same work:
/// the time that it takes does not tell whether there is such an account.
///
/// # Errors
/// When the hash is damaged.
pub async fn verify(password: String, hash: Option<String>) -> Result<bool, PasswordError> {
    if password.len() > BYTES_MAX {
        return Ok(false);
    }
    let _turn = HASHING.acquire().await.expect("it is never closed");
    tokio::task::spawn_blocking(move || {
        let known = hash.is_some();
        // Asked for in either case: the first time it takes as long as another password.
        let nobodys = nobodys()?;
        let hash = hash.as_ref().unwrap_or(nobodys);
        match Argon2::default().verify_password(password.as_bytes(), hash.as_str()) {
            Ok(()) => Ok(known),
            Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(PasswordError::Hash(error)),
        }
    })
    .await?
}

fn hash_now(password: &str) -> Result<String, argon2::password_hash::Error> {
    let salt = edge::random::<16>();
    Ok(Argon2::default().hash_password_with_salt(password.as_bytes(), &salt)?.to_string())
}

/// The hash of a password that nobody has.
fn nobodys() -> Result<&'static String, PasswordError> {
    static HASH: OnceLock<String> = OnceLock::new();
    if let Some(hash) = HASH.get() {
        return Ok(hash);
    }
    let hash = hash_now(&edge::secret()).map_err(PasswordError::Hash)?;
    Ok(HASH.get_or_init(|| hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_again_and_another_one_is_not() {
        let phc = hash("correct horse".to_owned()).await.expect("hashes");
        assert!(phc.starts_with("$argon2id$"));
        assert!(verify("correct horse".to_owned(), Some(phc.clone())).await.expect("verifies"));
        assert!(!verify("battery staple".to_owned(), Some(phc)).await.expect("verifies"));
        assert!(!verify("anything at all".to_owned(), None).await.expect("verifies"));
    }

    #[tokio::test]
    async fn a_short_password_is_refused_and_a_damaged_hash_is_a_fault() {
        assert!(matches!(hash("short".to_owned()).await, Err(PasswordError::TooShort)));
        assert!(verify("correct horse".to_owned(), Some("nonsense".to_owned())).await.is_err());
    }
}
