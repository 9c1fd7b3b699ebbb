//! The integration tests: one binary.

mod conformance;
mod engine;
mod faults;
