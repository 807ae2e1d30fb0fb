//! The replica in a browser: a dedicated worker that owns the files in the origin's private file
//! system, which only workers can write and wait for.
//!
//! **Invariant:** what is answered as saved is on disk. Where the browser keeps nothing, the worker
//! says so and answers no command from memory.

mod channels;
mod edge;
mod js;
mod key;
mod lock;
mod pool;
mod post;
mod socket;
mod storage;
mod worker;

pub use worker::start;
