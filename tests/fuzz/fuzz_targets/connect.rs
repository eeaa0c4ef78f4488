//! See `vmq_fuzz::connect`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vmq_fuzz::connect(data));
