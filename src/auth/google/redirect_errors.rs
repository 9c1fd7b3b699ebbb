//! What Google's authorize page says when it sends the browser back without a code, in our words. Source:
//! developers.google.com/identity/protocols/oauth2/native-app, "Errors".

use super::facts::redirect_uri;
use crate::model::{Failure, FailureKind};

/// Where clients and their consent screen are kept.
pub(super) const CONSOLE: &str = "https://console.cloud.google.com/auth/clients";
/// Where an organisation decides which apps it trusts.
pub(super) const APP_ACCESS: &str = "Admin console > Security > Access and data control > API controls > Manage app access \
                                     (https://admin.google.com/ac/owl/list)";

/// Explains `error`. `again` is the command that signs in once more, `port` that of
/// the redirect address, where there was one.
pub(super) fn explain(error: &str, again: &str, port: Option<u16>) -> Failure {
    use FailureKind::{Blocked, Misconfigured, Refused, SignInNeeded, Temporary};
    let (kind, message, hint) = match error {
        "access_denied" => {
            (SignInNeeded, "the sign-in was declined in the browser".to_owned(), format!("to try once more: {again}"))
        }
        "admin_policy_enforced" => (
            Blocked,
            "the Workspace organisation does not allow this app to read its directory".to_owned(),
            format!("mark the OAuth client as Trusted in {APP_ACCESS}, then: {again}"),
        ),
        "org_internal" => (
            Blocked,
            "this OAuth client takes accounts of its own organisation only".to_owned(),
            format!("sign in with an account of that organisation, or make a client in the other one, then: {again}"),
        ),
        "disallowed_useragent" => (
            SignInNeeded,
            "Google refuses to sign in inside an embedded browser".to_owned(),
            format!("open the address in a normal browser (--no-browser shows it): {again}"),
        ),
        "deleted_client" => (
            Misconfigured,
            "this OAuth client has been deleted".to_owned(),
            format!("restore it within 30 days or make another at {CONSOLE}, then: {again} --client-secrets FILE"),
        ),
        "disabled_client" => (
            Misconfigured,
            "this OAuth client has been disabled".to_owned(),
            format!("enable it or make another at {CONSOLE}, then: {again} --client-secrets FILE"),
        ),
        "invalid_client" | "unauthorized_client" => (
            Misconfigured,
            "Google does not accept this OAuth client".to_owned(),
            format!("download the JSON of a 'Desktop app' client at {CONSOLE}, then: {again} --client-secrets FILE"),
        ),
        "redirect_uri_mismatch" => (
            Misconfigured,
            "this OAuth client does not take the redirect address of this machine".to_owned(),
            format!(
                "use a client of type 'Desktop app', or register {} with it at {CONSOLE}",
                port.map_or("its redirect address".into(), redirect_uri)
            ),
        ),
        "invalid_request" => (
            Misconfigured,
            "Google did not accept the sign-in request".to_owned(),
            format!("the client must be of type 'Desktop app': check it at {CONSOLE}"),
        ),
        "invalid_scope" => (
            Misconfigured,
            "Google does not know one of the permissions asked for".to_owned(),
            format!("enable the Admin SDK API in the client's project, then: {again}"),
        ),
        "server_error" | "temporarily_unavailable" => {
            (Temporary, "Google's sign-in has a problem of its own".to_owned(), format!("try again later: {again}"))
        }
        _ => (Refused, "Google ended the sign-in with an error".to_owned(), format!("to try once more: {again}")),
    };
    Failure::new(kind, message).hint(hint).reason(error)
}
