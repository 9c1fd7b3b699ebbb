//! Every integration test in one binary: the program as its users meet it, the engine, generated files, house rules.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod commands;
mod conformance;
mod devices;
mod engine;

mod entra;
mod everywhere;
mod faults;
mod fuzzed;
mod generated;
mod google;
mod hidden;
mod kept;
mod life;
mod program;
mod readme;
mod real;
mod returning;
mod rules;
mod running;
mod scim;
mod scope;
mod settings;
mod sign_in_flags;
mod tables;
mod terminal;
mod tidy;
mod unattended;
mod upgrades;
mod world;
mod year;
