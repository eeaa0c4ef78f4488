//! The console as somebody uses it: the real program in a pseudo-terminal, a real broker, real clients (console.md 11).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code: a panic is a failed test"
)]

mod terminal;
mod end_to_end;
mod incidents;
mod nodes;
mod only_looks;
mod plain;
