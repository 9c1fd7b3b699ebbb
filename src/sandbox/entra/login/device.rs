//! Device codes: `POST /{tenant}/oauth2/v2.0/devicecode`, the page `/devicelogin`, and polling.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::accounts::{Account, Authority};
use super::authorize::{consented, may_sign_in, no_app, no_tenant};
use super::errors::Refusal;
use super::scopes::{self, Asked};
use super::{pages, token};
use crate::sandbox::answer::Answer;
use crate::sandbox::entra::server::World;
use crate::sandbox::faults::Claims;
use crate::sandbox::params::Params;

/// How long a device code can be used.
const LIFE: SignedDuration = SignedDuration::from_secs(900);

/// What became of a device code.
#[derive(Clone, Debug)]
enum Outcome {
    Pending,
    Approved(Box<Account>, Vec<String>),
    Refused(Refusal),
}

/// A device that waits for somebody to sign in elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Device {
    user_code: String,
    authority: Authority,
    asked: Asked,
    expires: Timestamp,
    outcome: Outcome,
    polled: Option<Instant>,
    /// Which of all it is, so that the latest can be told.
    number: usize,
}

/// Answers a request for a device code.
pub(super) fn begin(world: &World, tenant: &str, form: &Params) -> Answer {
    let body = Authority::named(&world.tenant(), tenant).ok_or_else(|| no_tenant(tenant)).and_then(|authority| {
        match form.get("client_id") {
            None => return Err(Refusal::missing("client_id")),
            Some(id) if id != world.app.id => return Err(no_app(id)),
            Some(_) => {}
        }
        let asked = scopes::parse(world, form.get("scope").ok_or_else(|| Refusal::missing("scope"))?)?;
        let mut issuer = world.issuer();
        let (code, user_code) = (issuer.secret("DAQABA", 90), issuer.user_code());
        let page = format!("{}/devicelogin", world.stage.base_url);
        let message = format!(
            "To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate."
        );
        let body = json!({"user_code": user_code, "device_code": code, "verification_uri": page,
            "expires_in": LIFE.as_secs(), "interval": world.device_interval.as_secs(), "message": message});
        let number = issuer.devices.len();
        let device = Device {
            user_code,
            authority,
            asked,
            expires: world.stage.clock.now() + LIFE,
            outcome: Outcome::Pending,
            polled: None,
            number,
        };
        issuer.devices.insert(code, device);
        Ok(body)
    });
    match body {
        Ok(body) => Answer::json(200, &body),
        Err(refusal) => refusal.answer(None),
    }
}

/// The page, and the decision made there; `sandbox_account` and `sandbox_decline` in the query decide at once.
pub(super) fn page(world: &World, query: &Params) -> Answer {
    let account = query.get("sandbox_account").or_else(|| query.get("account"));
    let (Some(code), Some(account)) = (query.get("user_code"), account) else {
        return Answer::html(200, pages::device(query, &Account::choice(&world.tenant())));
    };
    let declined = query.is_true("sandbox_decline") || query.get("decision") == Some("cancel");
    match approve(world, Some(code), account, declined) {
        Ok(()) => {
            let words = "You have signed in to dirsync on your device. You may now close this window.";
            Answer::html(200, pages::page("dirsync", &format!("<h1>dirsync</h1><p>{words}</p>")))
        }
        Err(words) => Answer::html(400, pages::failure(&words)),
    }
}

/// Somebody approves (or declines) a device's code; the latest one's when none is named.
pub(in crate::sandbox::entra) fn approve(
    world: &World,
    code: Option<&str>,
    account: &str,
    declined: bool,
) -> Result<(), String> {
    let found = Account::find(&world.tenant(), account);
    let account = found.ok_or_else(|| format!("there is no account {account}"))?;
    let mut issuer = world.issuer();
    let waiting = issuer.devices.iter().filter(|(_, device)| matches!(device.outcome, Outcome::Pending));
    let key = waiting
        .filter(|(_, device)| code.is_none_or(|code| device.user_code.eq_ignore_ascii_case(code.trim())))
        .max_by_key(|(_, device)| device.number)
        .map(|(key, device)| (key.clone(), device.clone()));
    let (key, device) = key.ok_or("That code didn't work. Check the code and try again.")?;
    let decided = if declined {
        Err(Refusal::new("authorization_declined", 70_018, "The end user denied the authorization request."))
    } else {
        may_sign_in(device.authority, &account).and_then(|()| consented(&mut issuer, &account, &device.asked, false))
    };
    let outcome = match decided {
        Ok(granted) => Outcome::Approved(Box::new(account), granted),
        Err(refusal) => Outcome::Refused(refusal),
    };
    issuer.devices.insert(key, Device { outcome, ..device });
    Ok(())
}

/// A device asks whether somebody has signed in.
pub(super) fn poll(world: &World, form: &Params, twists: &[Claims]) -> Result<Map<String, Value>, Refusal> {
    let code = form.get("device_code").ok_or_else(|| Refusal::missing("device_code"))?;
    let now = world.stage.clock.now();
    let outcome = {
        let mut issuer = world.issuer();
        let unknown = || Refusal::new("bad_verification_code", 70_000, "The device_code sent was not recognized.");
        let device = issuer.devices.get_mut(code).ok_or_else(unknown)?;
        if now >= device.expires {
            return Err(Refusal::new(
                "expired_token",
                70_019,
                "The device code has expired. Have the user sign in again.",
            ));
        }
        let polled = device.polled.replace(world.stage.clock.instant());
        let hurried =
            polled.is_some_and(|before| before.elapsed() + Duration::from_millis(100) < world.device_interval);
        match &device.outcome {
            Outcome::Pending if hurried => {
                return Err(Refusal::new("slow_down", 70_016, "Polling too often. Wait longer between requests."));
            }
            Outcome::Pending => {
                let words = "OAuth 2.0 device flow error. Authorization is pending. Continue polling.";
                return Err(Refusal::new("authorization_pending", 70_016, words));
            }
            Outcome::Refused(refusal) => return Err(refusal.clone()),
            Outcome::Approved(account, granted) => {
                let found = (account.clone(), granted.clone(), device.asked.clone());
                issuer.devices.remove(code);
                found
            }
        }
    };
    let (account, granted, asked) = outcome;
    token::grant(world, &account, &asked, &granted, None, twists)
}
