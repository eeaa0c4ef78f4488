//! See `vmq_fuzz::topic_filter`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vmq_fuzz::topic_filter(data));
