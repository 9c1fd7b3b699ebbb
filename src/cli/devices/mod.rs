//! `dirsync devices`: one file per group of subcommands.

mod assign;
mod command;
mod edit;
mod export;
mod history;
mod import;
mod list;
mod show;

pub(super) use command::{DevicesArgs, run};
