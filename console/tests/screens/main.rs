//! Every pane on a terminal that is none: empty, busy and disconnected, at 80x24, 120x40 and 200x60 (console.md 11).
//! Colours are left out: what can only be seen by its colour is not there.

mod fixture;
mod deeds;
mod keys;
mod orders;
mod panes;
mod topics;
mod traces;
mod small;
mod verdict;
