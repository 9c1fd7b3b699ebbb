//! Single objects: the organisation, the person signed in, a user, a group.

use serde_json::{Value, json};

use super::gate::Visitor;
use super::{errors, lists, query};
use crate::sandbox::answer::Answer;
use crate::sandbox::entra::login::Home;
use crate::sandbox::entra::server::World;
use crate::sandbox::entra::wire::fields::{USER, USER_DEFAULT};
use crate::sandbox::entra::wire::user::Boss;
use crate::sandbox::entra::wire::writer::Manner;
use crate::sandbox::entra::wire::{group, user};
use crate::sandbox::stage::Call;

const DIRECTORY: &[&str] = &["Directory.Read.All", "Organization.Read.All", "Directory.ReadWrite.All"];

/// `GET /organization`: one organisation, in a list.
pub(super) fn organization(world: &World, call: &Call, visitor: &Visitor) -> Result<Answer, Answer> {
    query::check(&call.params, &["$select", "$top", "$count"])?;
    let whole = DIRECTORY.iter().any(|scope| visitor.has(scope));
    let mut body = world.tenant().organization(whole);
    if visitor.home() == Home::Elsewhere {
        let id = Home::Elsewhere.tenant_id(&world.tenant());
        body["id"] = json!(id);
        body["displayName"] = json!("Elsewhere Ltd");
        body["verifiedDomains"] = json!([{"name": "elsewhere.example", "isDefault": true, "isInitial": true,
            "type": "Managed", "capabilities": "Email"}]);
    }
    let context = "https://graph.microsoft.com/v1.0/$metadata#organization";
    Ok(Answer::json(200, &json!({"@odata.context": context, "value": [body]})))
}

/// `GET /me`: the person behind a delegated token.
pub(super) fn me(world: &World, call: &Call, visitor: &Visitor) -> Result<Answer, Answer> {
    query::check(&call.params, &["$select", "$expand"])?;
    let Some(account) = visitor.account() else {
        return Err(errors::bad_request("/me request is only valid with delegated authentication flow."));
    };
    let tenant = world.tenant();
    match tenant.find_person(&account.oid) {
        Some(slot) => {
            let wanted = query::select(&call.params, USER, "user")?.unwrap_or(USER_DEFAULT);
            Ok(written(|out| user::write(out, &tenant, slot, wanted, Manner::Listed, Boss::Expanded)))
        }
        None => Ok(Answer::json(200, &stranger(account))),
    }
}

/// Somebody of another organisation, as that shows them.
pub(super) fn stranger(account: &crate::sandbox::entra::login::Account) -> Value {
    json!({"id": account.oid, "userPrincipalName": account.upn, "displayName": account.name, "mail": account.upn})
}

/// `GET /users/{key}`.
pub(super) fn user(world: &World, call: &Call, key: &str) -> Result<Answer, Answer> {
    query::check(&call.params, &["$select", "$expand"])?;
    let tenant = world.tenant();
    let slot = tenant.find_person(key).filter(|slot| tenant.person(*slot).is_present());
    let slot = slot.ok_or_else(|| errors::not_found(key))?;
    let wanted = query::select(&call.params, USER, "user")?.unwrap_or(USER_DEFAULT);
    Ok(written(|out| user::write(out, &tenant, slot, wanted, Manner::Listed, Boss::Expanded)))
}

/// `GET /groups/{id}`.
pub(super) fn group(world: &World, call: &Call, key: &str) -> Result<Answer, Answer> {
    query::check(&call.params, &["$select"])?;
    let tenant = world.tenant();
    let slot = tenant.find_group(key).ok_or_else(|| errors::not_found(key))?;
    let wanted = lists::wanted_of_group(&call.params)?;
    Ok(written(|out| group::open(out, tenant.group(slot), wanted, Manner::Listed).close()))
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> Answer {
    let mut out = Vec::new();
    write(&mut out);
    Answer::written(out)
}
