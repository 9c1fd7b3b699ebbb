//! `/{tenant}/v2.0/adminconsent` and the classic `/{tenant}/adminconsent`: an administrator consents for everybody.

use super::accounts::{Account, Authority, Rights};
use super::authorize::{check_app, refused};
use super::errors::{Refusal, back_with};
use super::{pages, scopes};
use crate::sandbox::answer::Answer;
use crate::sandbox::entra::server::World;
use crate::sandbox::params::Params;

/// Shows the page, or settles the request, by the same parameters as the consent page's.
pub(super) fn admin_consent(world: &World, tenant: &str, query: &Params, classic: bool) -> Answer {
    let authority = match check_app(world, tenant, query) {
        Ok(authority) => authority,
        Err(page) => return page,
    };
    if authority == Authority::Common && !classic {
        let words = "The admin consent endpoint cannot be used with /common. Use the tenant's id or /organizations.";
        return refused(&Refusal::new("invalid_request", 90_130, words));
    }
    let everything = "https://graph.microsoft.com/.default";
    let scope = match (query.get("scope"), classic) {
        (_, true) => everything,
        (Some(scope), false) => scope,
        (None, false) => return refused(&Refusal::missing("scope")),
    };
    let asked = match scopes::parse(world, scope) {
        Ok(asked) => asked,
        Err(refusal) => return refusal.back(query),
    };
    let account = query.get("sandbox_account").or_else(|| query.get("account"));
    let Some(account) = account else {
        let version = if classic { "" } else { "/v2.0" };
        let action = format!("/{}{version}/adminconsent", pages::escape(tenant));
        let accounts = Account::choice(&world.tenant());
        return Answer::html(200, pages::consent(&action, query, &accounts, &asked.graph, true));
    };
    let declined = query.is_true("sandbox_decline") || query.get("decision") == Some("cancel");
    let found = Account::find(&world.tenant(), account);
    let account = found.filter(|account| account.rights == Rights::Admin && authority.admits(account.home));
    match account {
        Some(account) if !declined => {
            let mut issuer = world.issuer();
            issuer.consent(&account, &asked.graph, true);
            if scopes::is_default(world, scope) {
                issuer.is_app_granted = true;
            }
            drop(issuer);
            let id = account.home.tenant_id(&world.tenant());
            let mut pairs = vec![("admin_consent", "True"), ("tenant", &*id)];
            if !classic {
                pairs.push(("scope", scope));
            }
            back_with(query, &pairs)
        }
        _ => failed(query, classic),
    }
}

/// `admin_consent=True` is there all the same.
fn failed(query: &Params, classic: bool) -> Answer {
    let refusal = Refusal::new("consent_required", 65_004, "User declined to consent to access the app.");
    let error = if classic { "permission_denied" } else { "consent_required" };
    back_with(query, &[("error", error), ("error_description", &refusal.description()), ("admin_consent", "True")])
}
