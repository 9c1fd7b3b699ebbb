//! `dirsync users show` and `dirsync users history`: one person, by whatever they are or were called.

use clap::Args;
use serde::Serialize;

use super::{CliError, Context, ErrorKind, Exit, changes, users, values};
use crate::model::{LinkVerdict, PersonLink, User, UserStatus};
use crate::output::{Cell, Column, Listing};
use crate::store::{Store, UserExtras, UserMatch};

/// Show everything about one person
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dirsync users show ada@example.com\n  dirsync users show 17 -o json")]
pub(super) struct ShowArgs {
    #[command(flatten)]
    who: Who,
}

/// Show what happened to one person, oldest first, their places in groups included
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dirsync users history ada@example.com")]
pub(super) struct HistoryArgs {
    #[command(flatten)]
    who: Who,
}

#[derive(Debug, Args)]
struct Who {
    /// Their address (present, alias or former), sign-in name, id, or id in the directory
    #[arg(value_name = "USER")]
    user: Option<String>,
    /// Only look in this integration
    #[arg(long, value_name = "NAME", add = values::integration_names())]
    integration: Option<String>,
}

pub(super) fn show(context: &Context, args: &ShowArgs) -> Result<Exit, CliError> {
    let store = context.reader()?;
    let user = args.who.the_one(context, &store)?;
    let extras = store.user_extras(user.id)?;
    let links = store.links_of(user.id)?;
    let told = links.iter().map(told).collect();
    context.ui.one(&listing(), &Shown { user, extras, links, told })?;
    Ok(Exit::Done)
}

/// One person in full; field names are the keys of the JSON output.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    user: User,
    #[serde(flatten)]
    extras: UserExtras,
    links: Vec<PersonLink>,
    /// The same in words, for columns.
    #[serde(skip)]
    told: Vec<String>,
}

fn told(link: &PersonLink) -> String {
    let how = match (link.verdict, link.is_kept) {
        (LinkVerdict::Same, true) => "was",
        (LinkVerdict::Same, false) => "is",
        (LinkVerdict::Different, _) => "is not",
    };
    format!("{how} user {} ({}): {}", link.id, link.integration, link.label.as_deref().unwrap_or("no name"))
}

fn listing() -> Listing<Shown> {
    users::listing().over(
        |shown: &Shown| &shown.user,
        vec![
            Column::new("status_reason", |it: &Shown| (&it.extras.status_reason).into()),
            Column::new("attributes", |it: &Shown| match &it.extras.attributes {
                Some(kept) => Cell::Text(kept.to_string().into()),
                None => Cell::Empty,
            }),
            Column::new("links", |it: &Shown| (&it.told).into()),
        ],
    )
}

pub(super) fn history(context: &Context, args: &HistoryArgs) -> Result<Exit, CliError> {
    let store = context.reader()?;
    let user = args.who.the_one(context, &store)?;
    let listing = changes::listing().when_empty("nothing has changed since they came");
    let mut rows = context.ui.rows(&listing)?;
    store.each_change_of_user(user.id, |change| Ok::<_, CliError>(rows.push(&change)?))?;
    rows.finish()?;
    Ok(Exit::Done)
}

impl Who {
    fn the_one(&self, context: &Context, store: &Store) -> Result<User, CliError> {
        let asked = context.given_or_typed(self.user.as_deref(), "Who (address or id)?", "USER")?;
        the_one(context, store, &asked, self.integration.as_deref())
    }
}

/// How well somebody fits what was asked for, and who it is.
pub(super) type Found = (UserMatch, User);

/// The one person meant. An id beats an address, a present address an alias, an alias a former one, and among equals
/// those still here beat tombstones; what is left must be one.
pub(super) fn the_one(
    context: &Context,
    store: &Store,
    asked: &str,
    integration: Option<&str>,
) -> Result<User, CliError> {
    let integrations = context.narrowed(store, integration)?;
    let mut found = store.find_users(asked, integrations.as_deref())?;
    found.sort_by_key(|(rank, user)| (*rank, user.status == UserStatus::Removed, user.id));
    let Some((best, gone)) = found.first().map(|(rank, user)| (*rank, user.status == UserStatus::Removed)) else {
        return Err(CliError::not_found(format!("there is nobody called '{}'", asked))
            .hint(format!("'dirsync users --search {}' looks for parts of names", asked)));
    };
    let (mut meant, mut others): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|(rank, user)| *rank == best && (user.status == UserStatus::Removed) == gone);
    if integration.is_some() {
        others.extend(prefer_live(store, &mut meant)?);
    }
    if meant.len() > 1 {
        let candidates: Vec<String> = meant.iter().map(|(_, user)| candidate(user)).collect();
        let message = format!("'{}' may mean {} people:\n{}", asked, meant.len(), candidates.join("\n"));
        return Err(CliError::new(ErrorKind::Ambiguous, message).hint("use the id, or --integration NAME"));
    }
    if best == UserMatch::Former {
        context.ui.aside(&format!("'{}' is an address they had before", asked));
    }
    for (rank, user) in others {
        let how = if rank == UserMatch::Former { "was once" } else { "is also" };
        context.ui.aside(&format!("'{}' {how} that of user {} ({})", asked, user.id, user.integration));
    }
    match meant.pop() {
        Some((_, user)) => Ok(user),
        None => Err(CliError::not_found(format!("there is nobody called '{}'", asked))),
    }
}

/// Of an integration that is named, and deleted ones that had its name before, people of the live one are meant first;
/// returns the others.
pub(super) fn prefer_live(store: &Store, meant: &mut Vec<Found>) -> Result<Vec<Found>, CliError> {
    let (mut live, mut others) = (Vec::new(), Vec::new());
    for found in std::mem::take(meant) {
        let side = if store.integration_of_user(found.1.id)?.is_some() { &mut live } else { &mut others };
        side.push(found);
    }
    if live.is_empty() {
        std::mem::swap(&mut live, &mut others);
    }
    *meant = live;
    Ok(others)
}

fn candidate(user: &User) -> String {
    let name = user.display_name.as_deref().or(user.email.as_deref()).unwrap_or("no name");
    format!("{}  {}  {}  {}", user.id, name, user.integration, user.status.as_str())
}
