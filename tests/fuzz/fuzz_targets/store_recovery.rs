//! See `vmq_fuzz::store_recovery`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vmq_fuzz::store_recovery::store_recovery(data));
