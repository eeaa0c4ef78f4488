//! See `vmq_fuzz::websocket_frames`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vmq_fuzz::websocket_frames::websocket_frames(data));
