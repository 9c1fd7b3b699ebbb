//! Every command, in the order of the help; a new one is an arm in the enum and an arm below.

use clap::Subcommand;

use super::{CliError, Context, Exit, changes, completions, groups, list, man, paths, query, runs, users};

/// What to do.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the doc comment of its arguments is a command's help; one here would replace it")]
pub enum Command {
    List(list::ListArgs),
    Users(users::UsersArgs),
    Groups(groups::GroupsArgs),
    Changes(changes::ChangesArgs),
    Runs(runs::RunsArgs),
    Query(query::QueryArgs),
    Paths(paths::PathsArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

impl Command {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::List(args) => list::run(context, args),
            Self::Users(args) => users::run(context, args),
            Self::Groups(args) => groups::run(context, args),
            Self::Changes(args) => changes::run(context, args),
            Self::Runs(args) => runs::run(context, args),
            Self::Query(args) => query::run(context, args),
            Self::Paths(args) => paths::run(context, args),
            Self::Completions(args) => completions::run(context, args),
            Self::Man(args) => man::run(context, args),
        }
    }
}
