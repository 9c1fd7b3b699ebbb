//! Every command, in the order of the help; a new one is an arm in the enum and an arm below.

use clap::Subcommand;

use super::{
    CliError, Context, Exit, add, backup, changes, check, completions, conflicts, delete, demo, details, devices,
    doctor, groups, list, man, paths, plans, query, reauth, rename, report, restore, runs, schedule, scope, secrets,
    serve, set, sync, users,
};

/// What to do.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the doc comment of its arguments is a command's help; one here would replace it")]
pub enum Command {
    Add(add::AddArgs),
    List(list::ListArgs),
    Details(details::DetailsArgs),
    Sync(sync::SyncArgs),
    Reauth(reauth::ReauthArgs),
    Delete(delete::DeleteArgs),
    Rename(rename::RenameArgs),
    Set(set::SetArgs),
    Scope(scope::ScopeArgs),
    Users(users::UsersArgs),
    Groups(groups::GroupsArgs),
    Devices(Box<devices::DevicesArgs>),
    Conflicts(conflicts::ConflictsArgs),
    Report(report::ReportArgs),
    Changes(changes::ChangesArgs),
    Runs(runs::RunsArgs),
    Plans(plans::PlansArgs),
    Query(query::QueryArgs),
    Serve(serve::ServeArgs),
    Doctor(doctor::DoctorArgs),
    Secrets(secrets::SecretsArgs),
    Backup(backup::BackupArgs),
    Restore(restore::RestoreArgs),
    Schedule(schedule::ScheduleArgs),
    Check(check::CheckArgs),
    Paths(paths::PathsArgs),
    Demo(demo::DemoArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

impl Command {
    /// Whether it goes on until it is stopped, and tells its log what it does meanwhile.
    pub(super) fn serves(&self) -> bool {
        matches!(self, Self::Serve(_))
    }

    /// Whether what it says is about directories; what other commands say to whoever calls them may name people.
    pub(super) fn syncs(&self) -> bool {
        matches!(self, Self::Serve(_) | Self::Sync(_))
    }

    pub(super) fn run(&self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::Add(args) => add::run(context, args),
            Self::Details(args) => details::run(context, args),
            Self::Sync(args) => sync::run(context, args),
            Self::Reauth(args) => reauth::run(context, args),
            Self::Delete(args) => delete::run(context, args),
            Self::Rename(args) => rename::run(context, args),
            Self::Set(args) => set::run(context, args),
            Self::Scope(args) => scope::run(context, args),
            Self::Plans(args) => plans::run(context, args),
            Self::List(args) => list::run(context, args),
            Self::Users(args) => users::run(context, args),
            Self::Groups(args) => groups::run(context, args),
            Self::Devices(args) => devices::run(context, args),
            Self::Conflicts(args) => conflicts::run(context, args),
            Self::Report(args) => report::run(context, args),
            Self::Changes(args) => changes::run(context, args),
            Self::Runs(args) => runs::run(context, args),
            Self::Query(args) => query::run(context, args),
            Self::Serve(args) => serve::run(context, args),
            Self::Doctor(args) => doctor::run(context, args),
            Self::Secrets(args) => secrets::run(context, args),
            Self::Backup(args) => backup::run(context, args),
            Self::Restore(args) => restore::run(context, args),
            Self::Schedule(args) => schedule::run(context, args),
            Self::Check(args) => Ok(check::run(context, args)),
            Self::Paths(args) => paths::run(context, args),
            Self::Demo(args) => demo::run(context, args),
            Self::Completions(args) => completions::run(context, args),
            Self::Man(args) => man::run(context, args),
        }
    }
}
