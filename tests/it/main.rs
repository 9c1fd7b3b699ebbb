//! Every integration test in one binary: the program as its users meet it, generated files, house rules.

mod commands;
mod generated;
mod settings;
mod tables;
mod terminal;
mod tidy;
mod world;
