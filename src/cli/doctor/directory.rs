//! What the doctor asks of one integration: the way there, the clock, the token, the scopes, a little of every listing.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::finding::Finding;
use crate::auth::secrets::Vault;
use crate::auth::{self, reauth_command, shell_word};
use crate::cli::online::{Online, spec};
use crate::cli::{CliError, Context};
use crate::model::{Integration, Standing};
use crate::output::ago;
use crate::store::{Overview, Store};

/// Assertions and id tokens are good for minutes: services allow about five (RFC 7519 4.1.4 leaves it to them).
const WRONG_CLOCK: SignedDuration = SignedDuration::from_mins(5);
/// From here on it is worth mending.
const INEXACT_CLOCK: SignedDuration = SignedDuration::from_secs(30);

/// Everything that has to be right for `integration` to sync.
pub(super) async fn examine(
    online: &Online<'_>,
    integration: &Integration,
    vault: Option<&Arc<Vault>>,
) -> Result<Vec<Finding>, CliError> {
    let (spec, service) = (spec(&integration.kind)?, auth::service(&integration.kind)?);
    let mut findings = Vec::new();
    let urls =
        [(service.token_url)(&integration.credentials, &online.access)?, online.api(spec, &integration.credentials)?];
    let mut time = None;
    let mut all_reached = true;
    for url in urls {
        let host = host(&url);
        let reached = online.client.reach(url).await;
        all_reached &= reached.is_ok();
        findings.push(Finding::of("network", reached, |date| {
            time = time.or(date.map(|date| (date, online.context.clock.now())));
            Finding::ok("network", format!("{host} answers"))
        }));
    }
    findings.extend(time.map(|(there, here)| clock(there, here)));
    let Some(vault) = vault.filter(|_| all_reached) else { return Ok(findings) };
    let stored = online.context.stored(integration.clone(), vault)?;
    let tokens = match (service.tokens)(&stored, &online.access) {
        Ok(tokens) => tokens,
        Err(failure) => {
            findings.push(Finding::failure("sign-in", failure));
            return Ok(findings);
        }
    };
    let token = tokens.bearer().await;
    let signed_in = token.is_ok();
    let who = integration.admin_email.as_deref().map_or(String::new(), |who| format!(" as {who}"));
    findings.push(Finding::of("sign-in", token, |_| Finding::ok("sign-in", format!("works{who}"))));
    findings.push(scopes(integration, service));
    if signed_in {
        let directory = online.stored_directory(&stored)?;
        findings.push(Finding::of("listings", directory.probe().await, |_| {
            Finding::ok("listings", "people, groups and members can be read")
        }));
    }
    Ok(findings)
}

fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or("?");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Their time against ours.
fn clock(there: Timestamp, here: Timestamp) -> Finding {
    let skew = here.duration_since(there).abs();
    let said = format!("this machine's clock is {skew:#} off");
    let remedy = "set the clock (timedatectl set-ntp true)";
    if skew >= WRONG_CLOCK {
        Finding::failure("clock", CliError::new(crate::cli::ErrorKind::Failed, said).hint(remedy))
    } else if skew >= INEXACT_CLOCK {
        Finding::warning("clock", said, remedy)
    } else {
        Finding::ok("clock", "agrees with theirs")
    }
}

/// What was granted against what is needed, where the service tells.
fn scopes(integration: &Integration, service: &auth::Service) -> Finding {
    let described = (service.describe)(&integration.credentials);
    let missing: Vec<&str> =
        described.needed.iter().copied().filter(|needed| !described.scopes.iter().any(|it| it == needed)).collect();
    if described.scopes.is_empty() {
        Finding::ok("permissions", "the directory tells by answering")
    } else if missing.is_empty() {
        Finding::ok("permissions", format!("all {} granted", described.needed.len()))
    } else {
        let error = CliError::new(crate::cli::ErrorKind::ConsentNeeded, format!("not granted: {}", missing.join(", ")));
        Finding::failure("permissions", error.hint(reauth_command(&integration.name)))
    }
}

/// How its syncs went until now.
pub(super) fn past(
    context: &Context,
    store: &Store,
    integration: &Integration,
    overview: &Overview,
) -> Result<Vec<Finding>, CliError> {
    let (now, name) = (context.clock.now(), shell_word(&integration.name));
    let mut findings = Vec::new();
    if integration.standing != Standing::Connected {
        let reason = integration.standing_reason.as_deref().unwrap_or("the last sync could not sign in");
        let error = CliError::new(crate::cli::ErrorKind::SignInNeeded, format!("{}: {reason}", overview.status));
        findings.push(Finding::failure("standing", error.hint(reauth_command(&integration.name))));
    }
    findings.push(match overview.last_sync_at {
        None => Finding::warning("last sync", "there was none yet", format!("dirsync sync {name}")),
        Some(at) if now.duration_since(at) > integration.interval * 3 && !integration.interval.is_zero() => {
            let said = format!("the last complete one began {}", ago(at, now));
            Finding::warning("last sync", said, "what starts 'dirsync sync' does not, or it fails: dirsync runs")
        }
        Some(at) => Finding::ok("last sync", format!("complete, began {}", ago(at, now))),
    });
    if let Some(plan) = store.held_plan(integration.id)? {
        let remedy = format!("dirsync plans show {plan}");
        findings.push(Finding::warning("held plan", format!("plan {plan} waits for approval"), remedy));
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn a_clock_is_wrong_either_way_and_only_when_it_matters() {
        let there: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        for (seconds, state) in
            [(0, State::Ok), (29, State::Ok), (-31, State::Warning), (299, State::Warning), (-300, State::Failure)]
        {
            let here = there.checked_add(SignedDuration::from_secs(seconds)).unwrap();
            assert_eq!(clock(there, here).state, state, "{seconds}");
        }
    }
}
