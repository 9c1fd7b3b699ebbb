//! `GET /{tenant}/oauth2/v2.0/authorize` and the decision behind it: what an app may ask for, and what a person allowed.

use super::accounts::{Account, Authority, Home, Rights};
use super::errors::{Refusal, back_with};
use super::issuer::Consent;
use super::pages;
use super::scopes::{self, Asked};
use crate::sandbox::answer::Answer;
use crate::sandbox::entra::server::World;
use crate::sandbox::params::Params;

/// Shows the consent page, or settles the request when it says what a person would decide: `sandbox_account=UPN`, with
/// `sandbox_organization=true` for the box ticked, `sandbox_withhold=SCOPE` for a permission that is not granted, and
/// `sandbox_decline=true` for Cancel.
pub(in crate::sandbox::entra) fn authorize(world: &World, tenant: &str, query: &Params) -> Answer {
    let (authority, asked) = match check(world, tenant, query) {
        Ok(checked) => checked,
        Err(answer) => return answer,
    };
    let decided = query.get("decision").map(|decision| decision == "accept");
    let shortcut = query.get("sandbox_account").map(|_| !query.is_true("sandbox_decline"));
    let account = query.get("sandbox_account").or_else(|| query.get("account"));
    match (shortcut.or(decided), account) {
        (Some(allowed), Some(account)) => settle(world, authority, query, account, asked, allowed),
        _ if query.get("prompt") == Some("none") => {
            let words = "Silent sign-in request was sent but no user is signed in.";
            Refusal::new("login_required", 50_058, words).back(query)
        }
        _ => {
            let accounts = Account::choice(&world.tenant());
            let action = format!("/{}/oauth2/v2.0/authorize", pages::escape(tenant));
            Answer::html(200, pages::consent(&action, query, &accounts, &asked.graph, false))
        }
    }
}

/// Which app asks, and whether it may be returned to: what can only be answered with a page.
pub(super) fn check_app(world: &World, tenant: &str, query: &Params) -> Result<Authority, Answer> {
    let refuse = |refusal: &Refusal| Err(refused(refusal));
    let authority = Authority::named(&world.tenant(), tenant);
    let Some(authority) = authority else { return refuse(&no_tenant(tenant)) };
    match query.get("client_id") {
        None => return refuse(&Refusal::missing("client_id")),
        Some(id) if id == world.app.id => {}
        Some(id) => return refuse(&no_app(id)),
    }
    match query.get("redirect_uri") {
        Some(redirect) if world.app.may_return_to(redirect) => Ok(authority),
        Some(redirect) => {
            let words = format!(
                "The redirect URI '{redirect}' specified in the request does not match the redirect URIs configured for the application."
            );
            refuse(&Refusal::new("invalid_request", 50_011, &words))
        }
        None => refuse(&Refusal::missing("redirect_uri")),
    }
}

pub(super) fn no_tenant(name: &str) -> Refusal {
    let words = format!(
        "Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."
    );
    Refusal::new("invalid_request", 90_002, &words)
}

pub(super) fn no_app(id: &str) -> Refusal {
    let words = format!("Application with identifier '{id}' was not found in the directory 'Brightwater'.");
    Refusal::new("unauthorized_client", 700_016, &words)
}

/// The page of a refusal.
pub(super) fn refused(refusal: &Refusal) -> Answer {
    Answer::html(400, pages::failure(&refusal.description()))
}

/// The page of a sign-in that is refused with this number.
pub(in crate::sandbox::entra) fn refused_page(number: &str) -> Answer {
    let code = number.trim_start_matches("AADSTS").parse().unwrap_or(50_105);
    refused(&Refusal::new("access_denied", code, "You can't sign in to this app."))
}

/// Checks the rest, with which the browser can go back to the app.
fn check(world: &World, tenant: &str, query: &Params) -> Result<(Authority, Asked), Answer> {
    let authority = check_app(world, tenant, query)?;
    let refuse = |refusal: Refusal| Err(refusal.back(query));
    match query.get("response_type") {
        Some("code") => {}
        None => return refuse(Refusal::missing("response_type")),
        Some(_) => {
            let words = "The response_type is not supported for this application.";
            return refuse(Refusal::new("unsupported_response_type", 700_051, words));
        }
    }
    if query.get("response_mode").is_some_and(|mode| !matches!(mode, "query" | "fragment" | "form_post")) {
        return refuse(Refusal::new("invalid_request", 90_015, "The requested response mode is not supported."));
    }
    if query.get("prompt").is_some_and(|prompt| !matches!(prompt, "login" | "none" | "consent" | "select_account")) {
        return refuse(Refusal::new("invalid_request", 90_023, "Invalid prompt."));
    }
    let method = query.get("code_challenge_method").unwrap_or("plain");
    let challenge = query.get("code_challenge").unwrap_or_default();
    if !matches!(method, "plain" | "S256") || !(43..=128).contains(&challenge.len()) {
        let words = "Proof Key for Code Exchange is required, with a challenge of 43 to 128 characters.";
        return refuse(Refusal::new("invalid_request", 9_002_325, words));
    }
    let Some(scope) = query.get("scope") else { return refuse(Refusal::missing("scope")) };
    scopes::parse(world, scope).map(|asked| (authority, asked)).map_err(|refusal| refusal.back(query))
}

/// Sends the browser back with a code or a refusal; or leaves it on a page.
fn settle(world: &World, authority: Authority, query: &Params, account: &str, asked: Asked, allowed: bool) -> Answer {
    let found = Account::find(&world.tenant(), account);
    let Some(account) = found else {
        return refused(&Refusal::new("invalid_request", 50_034, "The user account does not exist in the directory."));
    };
    if let Err(refusal) = may_sign_in(authority, &account) {
        return refused(&refusal);
    }
    if !allowed {
        let refusal =
            Refusal::new("access_denied", 65_004, "The resource owner or authorization server denied the request.");
        return Refusal { suberror: Some("cancel".to_owned()), ..refusal }.back(query);
    }
    let mut issuer = world.issuer();
    let for_all = query.is_true("sandbox_organization") || query.is_true("organization");
    let granted = match consented(&mut issuer, &account, &asked, for_all) {
        Ok(granted) => granted,
        Err(refusal) => return refusal.back(query),
    };
    let withheld: Vec<&str> = query.all("sandbox_withhold").collect();
    let granted = granted.into_iter().filter(|scope| !withheld.contains(&scope.as_str())).collect();
    let consent = Consent {
        account,
        asked,
        granted,
        redirect_uri: query.get("redirect_uri").unwrap_or_default().to_owned(),
        pkce: (
            query.get("code_challenge_method").unwrap_or("plain").to_owned(),
            query.get("code_challenge").unwrap_or_default().to_owned(),
        ),
        nonce: query.get("nonce").map(str::to_owned),
    };
    let code = issuer.code(consent, world.stage.clock.now());
    drop(issuer);
    back_with(query, &[("code", &code), ("session_state", "5b2e7a1c-0000-4000-8000-000000000000")])
}

/// Whether an account can sign in at this authority at all.
pub(super) fn may_sign_in(authority: Authority, account: &Account) -> Result<(), Refusal> {
    if !authority.admits(account.home) {
        let words = format!(
            "User account '{}' from identity provider does not exist in tenant 'Brightwater' and cannot access the application. The account needs to be added as an external user in the tenant first.",
            account.upn
        );
        return Err(Refusal::new("invalid_grant", 50_020, &words));
    }
    if account.rights == Rights::None {
        return Err(Refusal::new("invalid_grant", 50_057, "The user account is disabled."));
    }
    Ok(())
}

/// Consents as far as the account can; the permissions it then has.
pub(super) fn consented(
    issuer: &mut super::Issuer,
    account: &Account,
    asked: &Asked,
    for_all: bool,
) -> Result<Vec<String>, Refusal> {
    if account.home == Home::Personal {
        // What only organisations have is not granted, and nobody says so.
        return Ok(asked.graph.iter().filter(|scope| !scopes::needs_admin(scope)).cloned().collect());
    }
    let is_admin = account.rights == Rights::Admin;
    let granted = issuer.granted(account, &asked.graph);
    let open: Vec<String> = asked.graph.iter().filter(|scope| !granted.contains(scope)).cloned().collect();
    if !is_admin && open.iter().any(|scope| scopes::needs_admin(scope)) {
        let words =
            "The grant requires admin permission. An administrator of 'Brightwater' has to consent to the application.";
        return Err(Refusal::new("consent_required", 90_094, words));
    }
    issuer.consent(account, &asked.graph, for_all && is_admin);
    Ok(asked.graph.clone())
}
