//! Whatever a directory answers, reading it neither panics nor makes a record that cannot be stored.

#![no_main]

/// Every provider's reading of answers; a further provider is a further line.
const WIRES: &[fn(&[u8])] = &[
    dirsync::provider::google::fuzz,
    dirsync::provider::entra::fuzz,
];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| WIRES.iter().for_each(|read| read(bytes)));
