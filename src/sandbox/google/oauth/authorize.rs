//! `GET /o/oauth2/v2/auth` and the decision behind it: what an app may ask for, and what a person allowed.

use url::Url;

use super::accounts::Account;
use super::issuer::Consent;
use super::{pages, scopes};
use crate::sandbox::answer::Answer;
use crate::sandbox::google::server::World;
use crate::sandbox::params::Params;

/// What the consent screen calls the app.
const APP: &str = "dirsync";

/// Shows the consent page. For tests that have no browser, `sandbox_account=ADDRESS` in the query decides at once, with
/// `sandbox_withhold=SCOPE` for a box left unticked and `sandbox_decline=true` for a refusal.
pub(in crate::sandbox) fn authorize(world: &World, query: &Params) -> Answer {
    let scopes = match check(world, query) {
        Ok(scopes) => scopes,
        Err(page) => return page,
    };
    if let Some(account) = query.get("sandbox_account") {
        let withheld: Vec<&str> = query.all("sandbox_withhold").collect();
        let granted: Vec<String> = scopes.into_iter().filter(|scope| !withheld.contains(&scope.as_str())).collect();
        return settle(world, query, account, granted, !query.is_true("sandbox_decline"));
    }
    let accounts = Account::choice(&world.tenant());
    Answer::html(200, pages::consent(query, APP, &accounts, &scopes))
}

/// `POST /o/oauth2/v2/auth/decision`: the consent form comes back.
pub(in crate::sandbox) fn decide(world: &World, form: &Params) -> Answer {
    let scopes = match check(world, form) {
        Ok(scopes) => scopes,
        Err(page) => return page,
    };
    let ticked: Vec<&str> = form.all("granted").collect();
    let granted =
        scopes.into_iter().filter(|scope| scopes::is_sign_in(scope) || ticked.contains(&scope.as_str())).collect();
    settle(world, form, form.get("account").unwrap_or_default(), granted, form.get("decision") == Some("allow"))
}

/// Checks what can only be answered with a page, since the redirect URI is not yet to be trusted; returns the scopes.
fn check(world: &World, query: &Params) -> Result<Vec<String>, Answer> {
    let refuse = |status, error, words: &str| Err(Answer::html(status, pages::failure(status, error, words)));
    let Some(client) = query.get("client_id") else {
        return refuse(400, "invalid_request", "Missing required parameter: client_id");
    };
    if client != world.client.id {
        return refuse(401, "invalid_client", "The OAuth client was not found.");
    }
    let Some(redirect) = query.get("redirect_uri") else {
        return refuse(400, "invalid_request", "Missing required parameter: redirect_uri");
    };
    if !is_loopback(redirect) {
        return refuse(400, "redirect_uri_mismatch", "You can't sign in because this app sent an invalid request.");
    }
    if query.get("response_type") != Some("code") {
        return refuse(400, "invalid_request", "Required parameter is missing or wrong: response_type");
    }
    let method = query.get("code_challenge_method").unwrap_or("plain");
    let challenge = query.get("code_challenge");
    if !matches!(method, "plain" | "S256") || challenge.is_some_and(|text| !(43..=128).contains(&text.len())) {
        return refuse(400, "invalid_request", "Invalid parameter value for code_challenge or code_challenge_method");
    }
    let mut canonical = Vec::new();
    for scope in query.get("scope").unwrap_or_default().split(' ').filter(|scope| !scope.is_empty()) {
        match scopes::canonical(scope) {
            Some(scope) if canonical.contains(&scope) => {}
            Some(scope) => canonical.push(scope),
            None => {
                return refuse(
                    400,
                    "invalid_scope",
                    &format!("Some requested scopes were invalid. {{invalid=[{scope}]}}"),
                );
            }
        }
    }
    if canonical.is_empty() {
        return refuse(400, "invalid_request", "Missing required parameter: scope");
    }
    Ok(canonical)
}

/// The page of a sign-in that policy forbids.
pub(in crate::sandbox) fn refused_page(error: &str) -> Answer {
    let words = match error {
        "admin_policy_enforced" => "Your institution's admin needs to review this app.",
        "org_internal" => "This app can only be used by people of its own organisation.",
        "deleted_client" => "The OAuth client was deleted.",
        _ => "You can't sign in to this app.",
    };
    Answer::html(if error == "deleted_client" { 401 } else { 400 }, pages::failure(400, error, words))
}

/// A Desktop client may return to the loopback interface, on any port and path.
fn is_loopback(redirect: &str) -> bool {
    Url::parse(redirect).is_ok_and(|url| {
        url.scheme() == "http"
            && matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"))
            && url.fragment().is_none()
    })
}

/// Sends the browser back with a code, or with the refusal.
fn settle(world: &World, query: &Params, account: &str, granted: Vec<String>, allowed: bool) -> Answer {
    let redirect_uri = query.get("redirect_uri").unwrap_or_default().to_owned();
    let Ok(mut target) = Url::parse(&redirect_uri) else {
        return Answer::html(400, pages::failure(400, "redirect_uri_mismatch", "Not an address."));
    };
    let answer = |target: &mut Url, pairs: &[(&str, &str)]| {
        if let Some(state) = query.get("state") {
            target.query_pairs_mut().append_pair("state", state);
        }
        target.query_pairs_mut().extend_pairs(pairs);
    };
    let Some(account) = Account::find(&world.tenant(), account) else {
        return Answer::html(400, pages::failure(400, "invalid_request", "Couldn't find that account."));
    };
    if !allowed {
        answer(&mut target, &[("error", "access_denied")]);
        return Answer::redirect(target.as_str());
    }
    let mut issuer = world.issuer();
    let first = issuer.first_consent(&account);
    let asks_consent = query.get("prompt").is_some_and(|prompt| prompt.split(' ').any(|word| word == "consent"));
    let hd = account.hd.clone();
    let scope = granted.join(" ");
    let challenge = query.get("code_challenge").map(str::to_owned);
    let method = query.get("code_challenge_method").unwrap_or("plain").to_owned();
    let consent = Consent {
        account,
        scopes: granted,
        redirect_uri,
        pkce: challenge.map(|challenge| (method, challenge)),
        nonce: query.get("nonce").map(str::to_owned),
        refreshable: query.get("access_type") == Some("offline") && (first || asks_consent),
    };
    let code = issuer.code(consent, world.stage.clock.now());
    answer(&mut target, &[("code", &code), ("scope", &scope), ("authuser", "0"), ("prompt", "consent")]);
    if let Some(hd) = hd {
        target.query_pairs_mut().append_pair("hd", &hd);
    }
    Answer::redirect(target.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn desktop_clients_return_to_loopback_only() {
        for good in ["http://127.0.0.1:4711", "http://127.0.0.1:1/", "http://[::1]:99/x/y", "http://localhost"] {
            assert!(is_loopback(good), "{good}");
        }
        for bad in [
            "https://127.0.0.1:1",
            "http://127.0.0.1.evil.example/",
            "http://evil.example",
            "urn:ietf:wg:oauth:2.0:oob",
            "http://localhost/#f",
        ] {
            assert!(!is_loopback(bad), "{bad}");
        }
    }
}
