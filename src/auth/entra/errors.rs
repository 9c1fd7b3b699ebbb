//! What Entra says when it gives no token, in our words. The state comes from `error` and `suberror`, as Microsoft asks
//! (reference-error-codes: "apps shouldn't take a dependency on text or number"); a number that the table knows sharpens
//! it, an unknown one changes nothing. Descriptions hold account names and are shown to nobody.

use super::app::App;
use super::error_table::{Row, row_of};
use crate::auth::Refusal;
use crate::model::{Failure, FailureKind};

/// What was asked; the same error means different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// The authorize page, by its redirect.
    Redirect,
    /// The page for the organisation's consent, by its redirect.
    Consent,
    /// To exchange a redirect's code.
    Code,
    /// To refresh.
    Refresh,
    /// For or with a device code.
    Device,
    /// For a token of the app's own right.
    Unattended,
    /// Who a tenant is.
    Discovery,
}

/// A state without a number: what can be done, a sentence, a hint with the table's placeholders.
type State = (FailureKind, &'static str, &'static str);

/// Explains `refusal` to whoever uses `app`.
pub(super) fn explain(refusal: &Refusal, asked: Asked, app: &App) -> Failure {
    let numbers: Vec<u32> = refusal.codes.iter().copied().chain(described(refusal)).collect();
    let (kind, message, hint) = state(refusal, asked);
    let known = numbers.iter().find_map(|number| Some((*number, row_of(*number)?)));
    let (number, (kind, message, hint)) = match known.filter(|(_, row)| sharpens(row, kind)) {
        Some((number, row)) => (Some(number), (row.kind, row.message, row.hint)),
        None => (numbers.first().copied(), (kind, message, hint)),
    };
    let hint = match (asked, kind) {
        (Asked::Device, FailureKind::Blocked) => {
            "the organisation may forbid sign-ins by device code: use the browser, without --device-code: {again} \
             --no-browser shows the address, to be opened elsewhere"
        }
        _ => hint,
    };
    let (message, reason) = match number {
        Some(number) => (format!("{message} (AADSTS{number})"), format!("AADSTS{number}")),
        None => (message.to_owned(), plain(&refusal.error)),
    };
    tracing::info!(
        error = plain(&refusal.error),
        suberror = refusal.subtype.as_deref().map(plain),
        ?numbers,
        correlation_id = refusal.correlation_id.as_deref().map(plain),
        "Entra refuses"
    );
    let failure = Failure::new(kind, message).hint(filled(hint, app)).reason(reason);
    if refusal.status == 0 { failure } else { failure.status(refusal.status) }
}

/// Whether a number may say more than `error` and `suberror` did: these two are sure of what passes by itself and of a
/// missing consent, and broad about all else.
fn sharpens(row: &Row, kind: FailureKind) -> bool {
    row.kind == kind || !matches!(kind, FailureKind::Temporary | FailureKind::ConsentNeeded)
}

fn state(refusal: &Refusal, asked: Asked) -> State {
    use FailureKind::{Blocked, ConsentNeeded, Misconfigured, Refused, SignInNeeded, Temporary};
    let again = "to try once more: {again}";
    match (refusal.error.as_str(), refusal.subtype.as_deref()) {
        ("server_error" | "temporarily_unavailable" | "slow_down", _) => (
            Temporary,
            "Microsoft's sign-in service has a problem of its own",
            "nothing is lost; try again later: {again}",
        ),
        ("access_denied" | "consent_required" | "permission_denied" | "interaction_required", _)
            if asked == Asked::Consent =>
        {
            (
                ConsentNeeded,
                "the organisation's consent was not given",
                "somebody who may (a Privileged Role Administrator, for instance) has to: {again} --admin-consent, or pass \
                 this on: {consent}",
            )
        }
        ("consent_required" | "permission_denied", _) | (_, Some("consent_required")) => (
            ConsentNeeded,
            "the organisation has not consented to what dirsync reads",
            "{again} --admin-consent, or pass this on to an administrator: {consent}",
        ),
        // What a person can do nothing about, in a sign-in or outside of it (MSAL's classification of `suberror`).
        ("invalid_grant" | "interaction_required" | "access_denied", Some("message_only" | "additional_action")) => (
            Blocked,
            "the organisation's policy does not let this sign-in in",
            "an administrator has to allow it ({portal}, Sign-in logs name the policy), then: {again}",
        ),
        ("invalid_grant", Some("client_mismatch")) | ("unauthorized_client", _) => (
            Misconfigured,
            "the app is unknown in this organisation, or may not sign in this way",
            "check --client-id, --tenant and --cloud, and the registration at {portal} (App registrations > {client} > \
             Authentication), then: {again}",
        ),
        ("invalid_grant", _) if asked == Asked::Unattended => (
            Misconfigured,
            "Microsoft does not accept the app's sign-in",
            "check its certificate or secret, --tenant and --cloud ({portal}, App registrations > {client}), then: {again}",
        ),
        ("invalid_grant", _) if asked == Asked::Code => {
            (SignInNeeded, "Microsoft no longer accepts this sign-in: it took too long or was used twice", again)
        }
        ("expired_token" | "code_expired", _) => (SignInNeeded, "nobody typed the code in time", again),
        ("authorization_declined", _) => (SignInNeeded, "the sign-in was declined", again),
        ("access_denied", _) if matches!(asked, Asked::Redirect | Asked::Device) => {
            (SignInNeeded, "the sign-in was declined in the browser", again)
        }
        ("access_denied", _) => (
            Blocked,
            "Microsoft denies this app access",
            "an administrator has to allow it ({portal}, Sign-in logs name the policy), then: {again}",
        ),
        ("invalid_grant" | "interaction_required" | "login_required", _) => {
            (SignInNeeded, "the sign-in has expired or was revoked, or the organisation demands a new one", "{again}")
        }
        ("invalid_client", _) => (
            Misconfigured,
            "Microsoft does not accept how the app proves itself",
            "check the app's certificate or secret, and for a sign-in by browser that it is public ({portal}, App \
             registrations > {client}), then: {again}",
        ),
        ("invalid_tenant", _) => {
            (Misconfigured, "there is no such organisation in this cloud", "check --tenant and --cloud: {again}")
        }
        ("invalid_request" | "invalid_scope" | "invalid_resource" | "unsupported_response_type", _)
        | ("unsupported_grant_type", _) => (
            Misconfigured,
            "Microsoft does not accept the sign-in request",
            "check the app registration ({portal}, App registrations > {client}), --tenant and --cloud, then: {again}",
        ),
        _ => (Refused, "Microsoft ended the sign-in with an error", again),
    }
}

/// The number in a description: a redirect has no other place for it.
fn described(refusal: &Refusal) -> Option<u32> {
    let (_, rest) = refusal.description.as_deref()?.split_once("AADSTS")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    rest[..digits].parse().ok()
}

fn filled(hint: &str, app: &App) -> String {
    let mut hint = hint.replace("{again}", &app.again).replace("{portal}", app.cloud.portal());
    hint = hint.replace("{client}", &app.client_id);
    if hint.contains("{consent}") { hint.replace("{consent}", &app.consent_link()) } else { hint }
}

/// A word that is one; what comes by a redirect can be anything.
fn plain(word: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !word.is_empty() && word.len() <= 64 && word.chars().all(fits) { word.to_owned() } else { "unknown".to_owned() }
}
