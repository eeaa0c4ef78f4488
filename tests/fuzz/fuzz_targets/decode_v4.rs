//! See `vmq_fuzz::decode_v4`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vmq_fuzz::decode_v4(data));
