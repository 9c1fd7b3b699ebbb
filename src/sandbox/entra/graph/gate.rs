//! Who may call: the token must be good, a permission must open the resource, and the person's own rights must reach.

use super::errors;
use super::routes::Place;
use crate::sandbox::answer::Answer;
use crate::sandbox::entra::login::{Access, Account, Home, Rights};
use crate::sandbox::entra::server::World;

/// Who calls, and with which permissions.
pub(super) struct Visitor(Access);

impl Visitor {
    /// Whether the token has a permission.
    pub(super) fn has(&self, scope: &str) -> bool {
        self.0.scopes.iter().any(|held| held.eq_ignore_ascii_case(scope))
    }

    /// The person, if there is one.
    pub(super) fn account(&self) -> Option<&Account> {
        self.0.account.as_ref()
    }

    /// Which organisation the token is for.
    pub(super) fn home(&self) -> Home {
        self.0.home
    }
}

const USERS: &[&str] = &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
const GROUPS: &[&str] = &[
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const ORGANIZATION: &[&str] = &["Organization.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"];

/// Lets a request in, or answers it.
pub(super) fn admit(world: &World, place: &Place, authorization: Option<&str>) -> Result<Visitor, Answer> {
    let token = authorization
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| errors::unauthorized("Access token is empty."))?;
    let found = world.issuer().bearer(token, world.stage.clock.now());
    let access = found.ok_or_else(|| errors::unauthorized("Lifetime validation failed, the token is expired."))?;
    let visitor = Visitor(access);
    let any = |scopes: &[&str]| scopes.iter().any(|scope| visitor.has(scope));
    let delegated = visitor.account().is_some();
    let open = match place {
        Place::Organization => any(ORGANIZATION) || (delegated && (visitor.has("User.Read") || any(USERS))),
        // That there is nobody is said by the call itself.
        Place::Me => !delegated || visitor.has("User.Read") || any(USERS),
        Place::Users | Place::UsersDelta | Place::User(_) | Place::Deleted => any(USERS),
        Place::Groups | Place::GroupsDelta | Place::Group(_) | Place::Members(_) => any(GROUPS),
    };
    // The account is looked up now, not when the token was issued: it may be gone, or disabled.
    let rights = visitor.account().map(|account| account.rights_now(&world.tenant()));
    let reaches = match rights {
        None | Some(Rights::Admin | Rights::Reader | Rights::Ordinary) => true,
        Some(Rights::Guest) => matches!(place, Place::Me | Place::Organization),
        Some(Rights::None) => false,
    };
    if open && reaches { Ok(visitor) } else { Err(errors::forbidden()) }
}
