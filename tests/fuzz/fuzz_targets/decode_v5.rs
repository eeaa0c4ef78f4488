//! See `vmq_fuzz::decode_v5`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vmq_fuzz::decode_v5(data));
