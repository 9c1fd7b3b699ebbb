//! `dirsync rename`.

use clap::Args;

use super::{CliError, Context, Exit, details, values};
use crate::model::IntegrationName;
use crate::store::StoreError;

/// Give a directory another name here
///
/// Its people, groups, devices, history and sign-in stay with it; a directory that pushes keeps its address and its
/// token. Scripts and filters that name it have to follow.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dirsync rename corp headquarters")]
pub struct RenameArgs {
    /// The integration
    #[arg(value_name = "OLD", add = values::integration_names())]
    old: String,
    /// Its new name: unique, shown as the directory a person comes from
    #[arg(value_name = "NEW")]
    new: IntegrationName,
}

pub(super) fn run(context: &Context, args: &RenameArgs) -> Result<Exit, CliError> {
    let mut store = context.writer()?;
    let integration = context.integration(&store, &args.old)?;
    if integration.name == args.new.as_str() {
        context.ui.remark(&format!("it is called {} already", args.new));
    } else {
        store.rename_integration(integration.id, &args.new).map_err(|error| match error {
            StoreError::NameTaken(_) => CliError::usage(error.to_string()).hint("'dirsync list' shows which are taken"),
            error => error.into(),
        })?;
        context.ui.say(&format!("{}: is called {} from now on", integration.name, args.new));
    }
    if context.ui.options().format.is_some() {
        details::show(context, &store, args.new.as_str())?;
    }
    Ok(Exit::Done)
}
