//! MQTT on the wire: one file for each subject, one test for each row of the conformance checklist.
//!
//! A test cites its clause in a line of fixed form above it, from which `CONFORMANCE.md` is generated:
//! `/// [MQTT-3.1.2-24] [MQTT5-3.1.2-22] 20.3 #41` for rows of the checklist (function `c041_...`),
//! `/// hostile #8` for rows of the list of hostile inputs (`h08_...`), `/// mqtt.md 4.4` or `/// decisions 15` for
//! what goes beyond both. Tests marked `slow` take seconds, because time is their subject.
//!
//! A test runs over TCP, TLS and WebSocket; those that do not say why, or their file is about one transport.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code: a panic is a failed test"
)]

mod packet_format;
mod connect;
mod keepalive;
mod publish;
mod qos;
mod flow;
mod sessions;
mod redelivery;
mod queues;
mod subscribe;
mod topics;
mod shared;
mod retained;
mod wills;
mod mqtt5;
mod limits;
mod auth;
mod enhanced_auth;
mod durability;
mod transport;
mod witness;
mod node;
mod websocket;
mod tls;
mod proxy;
mod hostile;
mod peers;
mod reload;
mod churn;
mod conformance;
