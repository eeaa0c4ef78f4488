//! `vernemq.conf`: one table of settings, from text to typed configuration.
//!
//! The table (`table`) holds each setting once: key, type, bounds, default, whether it may change while running,
//! and its prose. Parser, checks, the shipped file, `describe` and the manual come from it. Past this crate there
//! are durations, sizes, addresses and enums, never strings.

pub mod sections;
pub use sections::*;
