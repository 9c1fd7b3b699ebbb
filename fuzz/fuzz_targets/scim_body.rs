//! Whatever is sent as a resource, it is refused or becomes one that reads the same the next time.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dirsync::scim::resource::fuzz(bytes));
