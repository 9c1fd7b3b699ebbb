//! Whatever is sent as a PATCH, it is applied whole or not at all, and leaves a resource that can be stored.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dirsync::scim::patch::fuzz(bytes));
