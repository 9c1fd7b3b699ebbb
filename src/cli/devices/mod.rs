//! `dirsync devices`: one file per group of subcommands.

mod assign;
mod auto;
mod command;
mod edit;
mod evidence;
mod explain;
mod export;
mod history;
mod import;
mod list;
mod rules;
mod rules_files;
mod show;

pub(super) use command::{DevicesArgs, run};
