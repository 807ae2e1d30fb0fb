//! Who is there: passwords, tokens, device keys.

pub mod password;
