//! Everything that looks at the whole: the simulation, the harness that stories are told with, and
//! the benchmarks. The stories themselves are in `tests/`.

pub mod bench;
pub mod harness;
pub mod sim;
