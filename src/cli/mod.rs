//! The command line: the one room that knows clap, dialoguer and exit codes. One file per command, whose doc comment is
//! its help; what they share stands beside them.

mod args;
mod ask;
mod command;
mod config_file;
mod context;
mod credentials;
mod early;
mod environment;
mod error;
mod exit;
mod logging;
mod online;
mod probe;
mod prompt;
mod remember;
mod settings;
mod sign_in;
mod start;
mod stop;
mod values;
mod ways;

mod add;
mod changes;
mod completions;
mod delete;
mod demo;
mod details;
mod devices;
mod groups;
mod list;
mod man;
mod paths;
mod plans;
mod query;
mod reauth;
mod run_summary;
mod runs;
mod sync;
mod users;
mod users_show;

pub use args::{Cli, EndpointArgs, GlobalArgs};
pub use command::Command;
pub use context::{Context, no_integration};
pub use credentials::{BrowserArgs, EntraArgs, GoogleArgs};
pub use error::{CliError, ErrorKind};
pub use exit::Exit;
pub use online::KeyStoreArgs;
pub use prompt::Prompt;
pub use start::main;
pub use stop::Stop;
