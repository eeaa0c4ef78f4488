//! The test harness: a real broker in the test's process, and a client that speaks packets and bytes.
//!
//! What holds: every broker has its own directory and port 0, so that all tests run in parallel; nothing sleeps, a
//! test waits for a fact with a deadline (`eventually`, `RawClient::recv`) or asserts that a connection stays quiet
//! for a time (`RawClient::quiet_for`). No client library is used: it would hide the very faults we look for.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "test code: a panic is a failed test"
)]

pub mod wire;
pub mod packets;
pub mod transport;
pub mod certificates;
pub mod tls;
pub mod websocket;
pub mod stream;
mod home;
pub mod broker;
pub mod connect;
pub mod client;
pub mod exchange;
pub mod wait;
pub mod versions;
pub mod process;
pub mod control;
pub mod stranger;
pub mod random;

pub use broker::{BrokerBuilder, TestBroker};
pub use certificates::{Authority, Identity};
pub use client::RawClient;
pub use connect::ConnectBuilder;
pub use control::Node;
pub use packets::{QOS0, QOS1, QOS2, id, options, properties, publish};
pub use process::Daemon;
pub use random::Random;
pub use tls::ClientTls;
pub use transport::{Transport, over};
pub use versions::{V3, V4, V5, together};
pub use wait::{DEADLINE, eventually, within};
pub use wire::hex;

pub use vmq_mqtt::{
    Ack, ConnAck, Disconnect, Packet, PacketId, Properties, Publish, QoS, ReasonCode, RetainHandling, SubAck,
    Subscribe, SubscribeFilter, SubscribeOptions, Unsubscribe, Version,
};
