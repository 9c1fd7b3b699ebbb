//! Whatever is sent as a filter, reading it and looking at somebody with it neither panics nor runs away.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dirsync::scim::filter::fuzz(bytes));
