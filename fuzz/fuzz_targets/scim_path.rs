//! Whatever is sent as the path of a PATCH operation, reading it neither panics nor runs away.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dirsync::scim::filter::fuzz_path(bytes));
