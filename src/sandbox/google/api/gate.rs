//! Who may call a method: the token must be good, a scope must open it, and the person's admin role must allow it.

use super::errors;
use super::method::Method;
use crate::sandbox::answer::Answer;
use crate::sandbox::google::server::World;
use crate::sandbox::google::tenant::Standing;

/// Lets a request in, or answers it.
pub(super) fn admit(world: &World, method: &Method, authorization: Option<&str>) -> Result<(), Answer> {
    let token = authorization
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(errors::unauthorized)?;
    let access = world.issuer().bearer(token, world.stage.clock.now()).ok_or_else(errors::unauthorized)?;
    let scopes = method.scopes();
    if !scopes.iter().any(|scope| access.scopes.contains(scope)) {
        return Err(errors::insufficient_scope(&scopes));
    }
    let tenant = world.tenant();
    // The role is looked up now, not when the token was issued: it may have been taken away, or the person suspended.
    let person = tenant.find_person(&access.account.sub).map(|slot| tenant.person(slot));
    let allowed = person.is_some_and(|person| {
        person.suspended.is_none()
            && match person.standing {
                Standing::Super | Standing::Delegated => true,
                Standing::UsersOnly => matches!(method.area(), "users" | "schemas"),
                Standing::Ordinary => false,
            }
    });
    if allowed { Ok(()) } else { Err(errors::forbidden()) }
}
