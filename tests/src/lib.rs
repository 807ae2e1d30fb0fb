//! Everything that looks at the whole: the simulation, the harness that stories are told with, and
//! the benchmarks. The stories themselves are in `tests/`.

#[cfg(feature = "stories")]
pub mod bench;
#[cfg(feature = "stories")]
pub mod harness;
pub mod sim;
