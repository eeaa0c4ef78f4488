//! See `vmq_fuzz::acl_file`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vmq_fuzz::acl_file::acl_file(data));
