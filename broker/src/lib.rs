//! The broker, declared in reading order: first the life of a PUBLISH, then what stands around it.

pub mod message;
pub mod store;
