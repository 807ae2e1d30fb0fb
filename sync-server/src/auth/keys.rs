//! The keys that sign access tokens. Made at the first start, kept in a table that only
//! `unison_system` reads.

use std::collections::BTreeMap;
use std::fmt;

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use jsonwebtoken::{DecodingKey, EncodingKey};
use sha2::{Digest as _, Sha256};

use crate::db::signing_key::{self, StoredKey};
use crate::db::{self, Pools, SystemTx};
use crate::edge;

#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error(transparent)]
    Db(#[from] db::Error),
    #[error("signing key {id} is damaged")]
    Damaged { id: String, source: ed25519_dalek::pkcs8::Error },
}

/// All keys that tokens may be signed with, and the one that new tokens are.
pub struct Keys {
    pub(super) current: (String, EncodingKey),
    pub(super) known: BTreeMap<String, DecodingKey>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("current", &self.current.0).finish_non_exhaustive()
    }
}

impl Keys {
    /// Reads the keys; makes the first one where there is none.
    ///
    /// # Errors
    /// When the database does not answer or a key is damaged.
    pub async fn load(pools: &Pools) -> Result<Self, KeysError> {
        let mut tx = SystemTx::begin(pools).await?;
        let mut stored = signing_key::in_use(&mut tx).await?;
        if stored.is_empty() {
            let key = draw()?;
            signing_key::add(&mut tx, &key).await?;
            stored.push(key);
        }
        tx.commit().await?;
        let mut known = BTreeMap::new();
        let mut current = None;
        for key in stored {
            let pair = SigningKey::from_pkcs8_der(&key.private_key)
                .map_err(|source| KeysError::Damaged { id: key.id.clone(), source })?;
            known.insert(key.id.clone(), DecodingKey::from_ed_der(pair.verifying_key().as_bytes()));
            // The newest comes first.
            current.get_or_insert_with(|| (key.id, EncodingKey::from_ed_der(&key.private_key)));
        }
        Ok(Self { current: current.expect("there is at least the key that was just made"), known })
    }
}

fn draw() -> Result<StoredKey, KeysError> {
    let pair = SigningKey::from_bytes(&edge::random());
    let digest = Sha256::digest(pair.verifying_key().as_bytes());
    let id: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    let der = pair.to_pkcs8_der().map_err(|source| KeysError::Damaged { id: id.clone(), source })?;
    Ok(StoredKey { id, private_key: der.as_bytes().to_vec() })
}
