//! Which people come in: whom a scope takes in, what setting one says and does, and syncs under one.

mod commands;
mod matching;
mod refusals;
mod syncs;
#[cfg(unix)]
mod terminal;
