//! What Google's token endpoint says when it gives no token, in our words. Sources: developers.google.com/identity/
//! protocols/oauth2 (native-app, service-account "Errors") and the strings that GAM and others met.

use jiff::{SignedDuration, Timestamp};

use super::facts::DELEGATED_SCOPES;
use super::redirect_errors::{APP_ACCESS, explain as explain_as_redirect};
use crate::auth::Refusal;
use crate::model::{Failure, FailureKind};

/// A refresh token of an app whose consent screen is "External, Testing" dies after 7 days; a day's grace, since nobody
/// notices at once.
const TESTING_LIFE: SignedDuration = SignedDuration::from_hours(8 * 24);

/// What was asked of the token endpoint; the same error means different things.
#[derive(Clone, Debug)]
pub enum Asked {
    /// To exchange a redirect's code.
    Code,
    /// To refresh; when somebody last signed in, if known.
    Refresh {
        /// When the refresh token was granted.
        signed_in_at: Option<Timestamp>,
    },
    /// To act for an administrator by delegation.
    Delegation {
        /// The service account's numeric id.
        client_id: Option<String>,
    },
}

/// Explains `refusal`. `again` is the command that mends it by signing in: `dirsync reauth corp`.
pub fn explain(refusal: &Refusal, asked: &Asked, again: &str, now: Timestamp) -> Failure {
    let failure = match (refusal.error.as_str(), asked) {
        (
            "internal_failure" | "server_error" | "temporarily_unavailable" | "rate_limit_exceeded" | "backend_error",
            _,
        ) => Failure::new(FailureKind::Temporary, "Google's sign-in service has a problem of its own"),
        (_, Asked::Delegation { client_id }) => delegation(refusal, client_id.as_deref(), again),
        ("invalid_grant", Asked::Code) => Failure::new(
            FailureKind::SignInNeeded,
            "Google no longer accepts this sign-in: it took too long or was used twice",
        )
        .hint(format!("to try once more: {again}")),
        ("invalid_grant", Asked::Refresh { signed_in_at }) => dead(refusal, *signed_in_at, again, now),
        ("access_denied", _) => Failure::new(FailureKind::Blocked, "Google denies this app access to the account")
            .hint(format!("look in {APP_ACCESS}, then: {again}")),
        // The codes about clients and policies mean what they mean on the authorize page.
        (error, _) => explain_as_redirect(error, again, None),
    };
    failure.reason(refusal.subtype.as_deref().unwrap_or(&refusal.error)).status(refusal.status)
}

fn says(refusal: &Refusal, words: &str) -> bool {
    refusal.description.as_deref().is_some_and(|description| description.to_ascii_lowercase().contains(words))
}

fn dead(refusal: &Refusal, signed_in_at: Option<Timestamp>, again: &str, now: Timestamp) -> Failure {
    let needed = |message: &str, hint: String| Failure::new(FailureKind::SignInNeeded, message).hint(hint);
    let reauthentication = matches!(refusal.subtype.as_deref(), Some("invalid_rapt" | "rapt_required"))
        || says(refusal, "invalid_rapt")
        || says(refusal, "rapt_required");
    if reauthentication {
        return needed(
            "the organisation's session control demands that the administrator signs in again",
            format!(
                "{again}; for good: mark the OAuth client as Trusted in {APP_ACCESS} and tick 'Exempt trusted apps' under \
                 Google Cloud session control, or use a service account (--service-account)"
            ),
        );
    }
    if says(refusal, "account has been deleted") {
        return needed(
            "the account that signed in has been deleted",
            format!("sign in with another administrator: {again}"),
        );
    }
    let age = signed_in_at.map(|at| now.duration_since(at));
    if age.is_some_and(|age| age < TESTING_LIFE) {
        return needed(
            "the sign-in has expired or was revoked within days of being given",
            format!(
                "if the OAuth consent screen is in 'Testing', Google ends every sign-in after 7 days: set it to 'Internal' \
                 or publish it (https://console.cloud.google.com/auth/audience), then: {again}"
            ),
        );
    }
    needed("the sign-in has expired or was revoked", again.to_owned())
}

fn delegation(refusal: &Refusal, client_id: Option<&str>, again: &str) -> Failure {
    use FailureKind::{Blocked, ConsentNeeded, Misconfigured, Refused};
    let delegate = || {
        format!(
            "Admin console > Security > Access and data control > API controls > Domain-wide delegation \
             (https://admin.google.com/ac/owl/domainwidedelegation): add client ID {} with the scopes {} (takes effect \
             within minutes, at times 24 hours)",
            client_id.unwrap_or("(client_id in the key file, the number)"),
            DELEGATED_SCOPES.join(",")
        )
    };
    let new_key = || format!("make a new key of the service account, then: {again} --service-account KEY");
    let failure = |kind, message: &str, hint: String| Failure::new(kind, message).hint(hint);
    match refusal.error.as_str() {
        "unauthorized_client" => failure(
            ConsentNeeded,
            "the service account is not authorised for this organisation, or not for all scopes",
            delegate(),
        ),
        "access_denied" => {
            failure(ConsentNeeded, "a scope that dirsync needs is not delegated to the service account", delegate())
        }
        "invalid_grant"
            if says(refusal, "email") && (says(refusal, "not a valid") || says(refusal, "invalid email")) =>
        {
            failure(
                Misconfigured,
                "the administrator to act for does not exist in this organisation",
                format!("give an existing one: {again} --admin EMAIL"),
            )
        }
        "invalid_grant" if says(refusal, "account has been deleted") => failure(
            Misconfigured,
            "the administrator to act for has been deleted",
            format!("give another one: {again} --admin EMAIL"),
        ),
        "invalid_grant" if says(refusal, "short-lived") || says(refusal, "timeframe") => failure(
            Misconfigured,
            "this machine's clock disagrees with Google's",
            "set the clock (Linux: `timedatectl set-ntp true`)".to_owned(),
        ),
        "invalid_grant" if says(refusal, "signature") => {
            failure(Misconfigured, "the service account's key has been deleted or disabled", new_key())
        }
        "invalid_grant" => failure(Misconfigured, "Google does not accept the service account's assertion", new_key()),
        "invalid_client" | "deleted_client" => {
            failure(Misconfigured, "the service account does not exist any more", new_key())
        }
        "disabled_client" => failure(
            Misconfigured,
            "the service account is disabled",
            "enable it at https://console.cloud.google.com/iam-admin/serviceaccounts".to_owned(),
        ),
        "admin_policy_enforced" => failure(
            Blocked,
            "the Workspace organisation does not allow this service account to read its directory",
            format!("look in {APP_ACCESS}"),
        ),
        "org_internal" => {
            failure(Blocked, "the service account's project serves its own organisation only", delegate())
        }
        "invalid_scope" => failure(Misconfigured, "Google does not know one of the scopes asked for", delegate()),
        _ => failure(Refused, "Google refuses the service account", delegate()),
    }
}
