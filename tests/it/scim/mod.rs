//! Directories that push, by the real program: what each client really sends, what the standard asks for, what must not
//! happen.

mod commands;
mod server;
mod serving;
