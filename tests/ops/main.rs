//! The control command and the process itself: verbs, signals, exit codes, the service manager. Real processes, each
//! with its own directory.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code: a panic is a failed test"
)]

mod check;
mod http;
mod status;
mod lifecycle;
mod log;
mod manual;
mod metrics;
mod reload;
mod systemd;
mod unit;
