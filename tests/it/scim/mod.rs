//! Directories that push, by the real program: what each client really sends, what the standard asks for, what must not
//! happen.

mod client;
mod commands;
mod entra;
mod entra_groups;
mod entra_people;
mod entra_validator;
mod entra_validator_groups;
mod life;
mod okta;
mod onelogin;
mod others;
mod postman;
mod server;
mod serving;
