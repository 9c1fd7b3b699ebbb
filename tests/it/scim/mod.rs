//! Directories that push, by the real program: what each client really sends, what the standard asks for, what must not
//! happen.

mod bulk;
mod client;
mod commands;
mod discovery;
mod errors;
mod etags;
mod examples;
mod filters;
mod isolation;
mod killed;
mod listing;
mod patching;
mod server;
mod serving;
mod soak;
mod sorting;
mod together;
