//! `vernemq.conf`: one table of settings, from text to typed configuration.
//!
//! The table (`table`) holds each setting once: key, type, bounds, default, whether it may change while running,
//! and its prose. Parser, checks, the shipped file, `describe` and the manual come from it. Past this crate there
//! are durations, sizes, addresses and enums, never strings.

pub mod sections;
pub use sections::*;

mod table;
mod key;
mod fault;
// The way of a file, in order.
mod load;
mod syntax;
mod source;
mod companion;
mod rename;
mod resolve;
mod suggest;
mod substitute;
mod value;
mod build;
// What tools print.
mod describe;
mod internal;
mod shipped;

pub use describe::{choices, describe, effective_text, explain, generate_text, type_phrase};
pub use fault::{Fault, Faults, Notice, Position};
pub use internal::Internal;
pub use load::{
    Change, Diff, EffectiveSetting, ListenerRefusal, Loaded, applies, deprecation, diff, is_secret, load,
    load_str,
};
pub use resolve::Origin;
pub use shipped::shipped_conf;
pub use table::{Applies, Area, Check, Feature, Row, Status, Type, rows};
