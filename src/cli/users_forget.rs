//! `dirsync users forget`: erases what is personal of somebody, everywhere.

use clap::Args;
use serde::Serialize;

use super::users_show::the_one;
use super::{CliError, Context, ErrorKind, Exit, plans, values};
use crate::auth;
use crate::model::{Integration, User, UserStatus};
use crate::output::{Cell, Column, Listing};
use crate::people::LIFE_CYCLE;
use crate::store::{Forget, Forgetting, Store, WriteTurn};
use crate::sync::IntegrationLock;

/// Erase what is personal of somebody, everywhere, their history included
///
/// What is left is a tombstone without a name: ids (a pushed person's externalId as a hash), times and kinds of change.
/// Other directories' members, managers and history that name them are erased too, and so are the tombstones of those they
/// are known to have been ('users link'). Nobody who holds a device is forgotten, unless --unassign takes it from them.
/// Whoever their directory still has comes back with its next sync, the same person by that id: delete them there first.
/// Backups and copies of the database are not touched, nor is the account that an integration signs in by.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync users forget ada@example.com
  dirsync users forget ada@example.com --unassign --dry-run
  dirsync users forget 17 --confirm 17    in a script")]
pub(super) struct ForgetArgs {
    /// Their address (present, alias or former), sign-in name, id, or id in the directory
    #[arg(value_name = "USER")]
    user: Option<String>,
    /// Only look in this integration
    #[arg(long, value_name = "NAME", add = values::integration_names())]
    integration: Option<String>,
    /// Take their devices from them first
    #[arg(long)]
    unassign: bool,
    /// Their address or id once more, instead of typing it
    #[arg(long, value_name = "WHO")]
    confirm: Option<String>,
    /// Show what would be done, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &Context, args: &ForgetArgs) -> Result<Exit, CliError> {
    let mut store = context.writer()?;
    let asked = context.given_or_typed(args.user.as_deref(), "Who (address or id)?", "USER")?;
    let user = the_one(context, &store, &asked, args.integration.as_deref())?;
    if !user.devices.is_empty() && !args.unassign {
        return Err(held(&user, &user.devices));
    }
    let live = store.integration_of_user(user.id)?;
    let at_home = still_there(&user, live.as_ref());
    if at_home {
        context.ui.warn(&format!(
            "{0} still has them: whatever it tells next brings them back, unless they are deleted there",
            user.integration
        ));
    }
    if !args.dry_run {
        confirm(context, args, &user)?;
    }
    // A sync under way has read them already.
    let lock = |it: Integration| IntegrationLock::acquire(&context.paths.locks, it.id, "forget", context.clock.now());
    let _lock = live.map(lock).transpose().map_err(|busy| CliError::from(busy).of(&user.integration))?;
    let _turn = WriteTurn::wait(&context.paths.locks)?;
    let by = plans::who();
    let how = Forget { unassign: args.unassign, pretend: args.dry_run, actor: &by };
    let devices = match store.forget(LIFE_CYCLE, user.id, how, context.clock.now())? {
        Forgetting::Held(devices) => return Err(held(&user, &devices)),
        Forgetting::Done { devices } => devices,
    };
    let taken = if devices.is_empty() { String::new() } else { format!("; taken from them: {}", devices.join(", ")) };
    if args.dry_run {
        context.ui.say(&format!("user {}: would be forgotten{taken}", user.id));
    } else {
        context.ui.say(&format!("user {}: forgotten{taken}", user.id));
        wipe(context, &mut store, user.id);
        let theirs =
            |it: &Integration| it.admin_email.is_some() && [&user.email, &user.user_name].contains(&&it.admin_email);
        for integration in store.integrations()?.iter().filter(|it| theirs(it)) {
            let renew = auth::reauth_command(&integration.name);
            context.ui.warn(&format!("{} still signs in by their account: '{renew}' changes that", integration.name));
        }
    }
    if context.ui.options().format.is_some() || args.dry_run {
        let (id, external_id, integration) = (user.id, user.external_id, user.integration);
        context.ui.one(&listing(), &Shown { id, integration, external_id, devices, still_there: at_home })?;
    }
    Ok(Exit::Done)
}

/// Whether a connected directory had them at last.
fn still_there(user: &User, live: Option<&Integration>) -> bool {
    live.is_some() && matches!(user.status, UserStatus::Active | UserStatus::Suspended | UserStatus::OutOfScope)
}

fn held(user: &User, devices: &[String]) -> CliError {
    let message = format!("user {} holds {} and is not forgotten", user.id, devices.join(", "));
    CliError::new(ErrorKind::Failed, message)
        .hint(format!("'dirsync users forget {} --unassign' takes it from them first", user.id))
}

fn confirm(context: &Context, args: &ForgetArgs, user: &User) -> Result<(), CliError> {
    let id = user.id.to_string();
    let names = [user.email.as_deref(), user.user_name.as_deref(), Some(id.as_str())];
    let name = user.email.as_deref().or(user.user_name.as_deref()).unwrap_or(&id);
    let agreed = match &args.confirm {
        Some(typed) => names.contains(&Some(typed.as_str())),
        None if context.prompt.allowed() => {
            context.prompt.typed_name(&format!("Type {name} to forget them"), "--confirm WHO", name)?
        }
        None => {
            return Err(CliError::usage("forgetting somebody needs their address or id as confirmation")
                .hint(format!("dirsync users forget {id} --confirm {id}")));
        }
    };
    let other = || CliError::usage(format!("that is not user {id}; nobody was forgotten"));
    if agreed { Ok(()) } else { Err(other().hint("give their address, sign-in name or id exactly as it is")) }
}

/// They are forgotten; what is left is what the file still has of the past.
fn wipe(context: &Context, store: &mut Store, id: i64) {
    let problem = match store.wipe() {
        Ok(true) => return,
        Ok(false) => "another program is reading it".to_owned(),
        Err(error) => error.to_string(),
    };
    context.ui.warn(&format!(
        "user {id} is in no table any more, but remnants may be left in the files of the database ({problem}); \
         run it again with 'dirsync users forget {id} --confirm {id}'"
    ));
}

/// What was done, or would be.
#[derive(Serialize)]
struct Shown {
    id: i64,
    integration: String,
    external_id: String,
    /// Serial numbers of the devices taken from them.
    devices: Vec<String>,
    still_there: bool,
}

fn listing() -> Listing<Shown> {
    Listing::new(vec![
        Column::new("id", |it: &Shown| Cell::Id(it.id)),
        Column::new("integration", |it: &Shown| (&it.integration).into()).header("FROM"),
        Column::new("external_id", |it: &Shown| (&it.external_id).into()),
        Column::new("devices", |it: &Shown| (&it.devices).into()),
        Column::new("still_there", |it: &Shown| it.still_there.into()),
    ])
}
