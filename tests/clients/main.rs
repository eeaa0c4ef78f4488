//! Clients that others wrote: mosquitto, paho for Python, MQTT.js. The wire tests say what the bytes must be; these say
//! that the programs people really use get along with the broker, and what their users see when it refuses them.
//!
//! What holds: every client is a child process with a deadline (`program`), and a client that is not installed fails
//! its tests with the command that installs it. The scripts of the two libraries lie beside this file.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code: a panic is a failed test"
)]

mod program;
mod install;
mod mosquitto;
mod bridge;
mod libraries;
mod access;
