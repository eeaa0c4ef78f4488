//! Clients and proxies that others wrote: mosquitto, paho for Python, MQTT.js in Node.js and in a browser, haproxy,
//! openssl, carbon, Prometheus, rsyslog. The wire tests say what the bytes must be; these say that the programs people really use get along with the
//! broker, and what their users see when it refuses them.
//!
//! What holds: every client is a child process with a deadline (`program`), and a client that is not installed fails
//! its tests with the command that installs it. Scripts and pages lie beside this file.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "test code: a panic is a failed test"
)]

mod program;
mod install;
mod files;
mod mosquitto;
mod bridge;
mod libraries;
mod access;
mod tls;
mod browser;
#[path = "../mqtt/witness.rs"]
mod witness;
mod haproxy;
mod probes;
mod monitors;
