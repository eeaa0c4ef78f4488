//! The admin socket from the other side: the documented lines, limits, hostile input, and the first commands.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code: a panic is a failed test"
)]

mod tool;
mod web;
mod api_key;
mod http;
mod http_hostile;
mod http_lookup;
mod commands;
mod usage;
mod complete;
mod index;
mod session;
mod history;
mod inspect;
mod authz;
mod disconnect;
mod retain;
mod listing;
mod hostile;
mod listener;
mod live;
mod metrics;
mod node;
mod permission;
mod plugin;
mod settings;
mod subscription;
mod support;
mod tls;
mod topics;
mod typed;
mod watch;
mod why;
mod trace;
mod trace_ends;
mod trace_lines;
mod trace_options;
