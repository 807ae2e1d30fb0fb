//! The sync engines: what is said ([`wire`]), how the server judges a command ([`judge`]), and what
//! a device does when ([`client`]); which time holds ([`clock`]); whether both hold the same ([`fingerprint`]). Pure; drivers in `replica` and `sync-server` do the IO.

pub mod client;
pub mod clock;
pub mod fingerprint;
pub mod judge;
pub mod turns;
pub mod unsent;
pub mod wire;

/// Internally tagged enums travel as JSON text inside binary frames: serde loses the difference
/// between text and binary formats inside them, and JSON is also how they are stored.
pub mod json_text {
    use serde::de::{DeserializeOwned, Error as _};
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// # Errors
    /// When the value has no JSON form.
    pub fn serialize<T: Serialize, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&serde_json::to_string(value).map_err(S::Error::custom)?)
    }

    /// # Errors
    /// When the text is not JSON of the type.
    pub fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        serde_json::from_str(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}
