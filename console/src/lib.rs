//! `vmq-console`: the broker, living, on a terminal (console.md).
//!
//! Three places (style.md 8): `feed` asks the broker, `update` alone changes the state in `app`, `view` and `pane` read
//! it. What is on the screen depends on the state alone, so every pane can be drawn from a fixture.

// -- what is said
pub mod text;
pub mod spark;
pub mod filter;
pub mod edit;
pub mod payload;
// -- the state
pub mod place;
pub mod table;
pub mod app;
pub mod settings;
pub mod keys;
pub mod deed;
pub mod wants;
pub mod update;
// -- what is asked
pub mod feed;
// -- what is seen
pub mod theme;
pub mod pane;
pub mod view;
// -- the program
pub mod args;
pub mod terminal;
pub mod export;
pub mod once;
pub mod run;
