//! The http room against a directory that misbehaves: patience, broken answers, refused tokens, endless listings.

mod broken;
mod flood;
mod pages;
mod patience;
mod room;
mod script;
mod tokens;
