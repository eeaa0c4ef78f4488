//! See `vmq_fuzz::admin_socket`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vmq_fuzz::admin_socket::admin_socket(data));
