//! The admin protocol, shared by the daemon and its tools: the commands, the lines on the socket, the client.
//!
//! A command line becomes a [`Command`] on the client's side (`argv`, `command`), crosses the socket as one bounded
//! JSON line (`wire`), and comes back as [`Element`]s, which the client renders. The daemon links this library without
//! the feature `cli`.

pub mod element;
pub mod argv;
pub mod command;
pub mod wire;
pub mod live;
pub mod client;
pub mod web;
pub mod locate;
#[cfg(feature = "cli")]
pub mod render;
#[cfg(feature = "cli")]
pub mod cli;

pub use client::{Client, ClientError, Outcome};
pub use command::{Access, Command};
pub use element::{Element, Row, Value};
pub use wire::{Hello, State};
