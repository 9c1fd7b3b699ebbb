//! Directories that push, by the real program: what each client really sends, what the standard asks for, what must not
//! happen.

mod bulk;
mod caller;
mod client;
mod commands;
mod differential;
mod discovery;
mod edges;
mod entra;
mod entra_groups;
mod entra_people;
mod entra_validator;
mod entra_validator_groups;
mod errors;
mod etags;
mod examples;
mod filters;
mod isolation;
mod killed;
mod life;
mod listing;
mod okta;
mod onelogin;
mod others;
mod patching;
mod postman;
pub(crate) mod server;
mod serving;
mod soak;
mod sorting;
mod strict;
mod together;
