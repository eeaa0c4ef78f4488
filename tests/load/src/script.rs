//! Scenario files: pools of clients and what each of them does, in TOML. `tests/load/README.md` has the language, `scenarios/`
//! samples of it.
//!
//! Holds: a file is read and judged whole before the first client connects; what is wrong is told with its line, its key,
//! and what may stand there.

// In reading order: how a file is read, what it means, one client, all clients.
mod node;
mod amount;
mod text;
mod program;
mod read;
mod board;
mod lanes;
mod inbox;
mod worker;
mod play;
mod beside;

pub(crate) use play::{PlayArgs, play};
pub(crate) use read::check;
