//! The real process under `kill -9`: what it has acknowledged must be there when it comes back (mqtt.md 14.2).
//!
//! `single` holds one promise to a test; `rounds` kills at random moments under load and compares with a model
//! (`VERNEMQ_CRASH_ROUNDS` rounds, 5 unless set). `VERNEMQ_BIN` names another program to test.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code: a panic is a failed test"
)]

mod single;
mod rounds;
mod publisher;
mod subscriber;
