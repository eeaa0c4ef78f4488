//! The broker, declared in reading order: first the life of a PUBLISH, then what stands around it.

pub mod broker;

// The life of a PUBLISH, top to bottom.
pub mod listener;
pub mod connection;
pub mod session;
pub mod hooks;
pub mod message;
pub mod publish;
pub mod router;
pub mod retain;
pub mod registry;
pub mod mailbox;
pub mod queue;
pub mod store;

// Around it.
pub mod core;
pub mod overload;
pub mod file_stamp;
mod replace_file;
pub mod metrics;
pub mod events;
pub mod history;
pub mod inquiry;
pub mod logging;
pub mod trace;
pub mod topics;

// The process and its operators.
pub mod api_keys;
pub mod http;
pub mod admin;
pub mod shutdown;
pub mod cli;

pub use broker::Broker;
