//! See `vmq_fuzz::session_pair`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vmq_fuzz::session_pair::session_pair(data));
