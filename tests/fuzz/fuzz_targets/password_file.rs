//! See `vmq_fuzz::password_file`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vmq_fuzz::password_file::password_file(data));
