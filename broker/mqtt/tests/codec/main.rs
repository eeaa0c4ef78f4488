//! The codec against itself, against hostile bytes and against a second opinion.

mod packets;
mod roundtrip;
mod hostile;
mod second_opinion;
