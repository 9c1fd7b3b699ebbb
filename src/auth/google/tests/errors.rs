//! Each of Google's error codes: what can be done about it, and that people are told.

use jiff::{SignedDuration, Timestamp};

use crate::auth::Refusal;
use crate::auth::google::{Asked, explain, redirect_errors};
use crate::model::{Failure, FailureKind};

fn refusal(error: &str, description: &str) -> Refusal {
    Refusal { error: error.into(), description: Some(description.into()), status: 400, ..Refusal::default() }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap()
}

fn explained(refusal: &Refusal, asked: &Asked) -> Failure {
    explain(refusal, asked, "dirsync reauth corp", now())
}

fn refresh(hours_ago: i64) -> Asked {
    Asked::Refresh { signed_in_at: Some(now() - SignedDuration::from_hours(hours_ago)) }
}

fn delegation() -> Asked {
    Asked::Delegation { client_id: Some("42".into()) }
}

#[test]
fn every_way_a_refresh_token_dies_has_its_cure() {
    let revoked = refusal("invalid_grant", "Token has been expired or revoked.");
    let old = explained(&revoked, &refresh(24 * 30));
    assert_eq!((old.kind, old.hint.as_deref()), (FailureKind::SignInNeeded, Some("dirsync reauth corp")));
    assert_eq!((old.reason.as_deref(), old.status), (Some("invalid_grant"), Some(400)));
    let week = explained(&revoked, &refresh(24 * 7 + 1));
    assert!(week.hint.unwrap().contains("'Testing'"));
    let unknown = explained(&revoked, &Asked::Refresh { signed_in_at: None });
    assert!(!unknown.hint.unwrap().contains("'Testing'"));

    let subtype = Refusal { subtype: Some("invalid_rapt".into()), ..refusal("invalid_grant", "") };
    let described = refusal("invalid_grant", "reauth related error (rapt_required)");
    for rapt in [subtype, described] {
        let failure = explained(&rapt, &refresh(10));
        assert_eq!(failure.kind, FailureKind::SignInNeeded);
        let hint = failure.hint.unwrap();
        assert!(hint.contains("Exempt trusted apps") && hint.contains("--service-account"), "{hint}");
    }
    let deleted = explained(&refusal("invalid_grant", "The account has been deleted"), &refresh(10));
    assert!(deleted.message.contains("deleted") && deleted.hint.unwrap().contains("another administrator"));
}

#[test]
fn codes_are_sorted_by_what_can_be_done() {
    use FailureKind::{Blocked, ConsentNeeded, Misconfigured, Refused, Temporary};
    for (error, description, asked, kind, says) in [
        ("internal_failure", "Backend Error", refresh(10), Temporary, "of its own"),
        ("internal_failure", "Backend Error", delegation(), Temporary, "of its own"),
        ("deleted_client", "", refresh(10), Misconfigured, "has been deleted"),
        ("disabled_client", "", refresh(10), Misconfigured, "has been disabled"),
        ("invalid_client", "", Asked::Code, Misconfigured, "does not accept this OAuth client"),
        ("unauthorized_client", "", refresh(10), Misconfigured, "does not accept this OAuth client"),
        ("admin_policy_enforced", "", refresh(10), Blocked, "does not allow"),
        ("org_internal", "", Asked::Code, Blocked, "own organisation"),
        ("access_denied", "", refresh(10), Blocked, "denies"),
        ("something_new", "", refresh(10), Refused, "error"),
        (
            "unauthorized_client",
            "Unauthorized client or scope in request.",
            delegation(),
            ConsentNeeded,
            "not authorised",
        ),
        ("access_denied", "Requested client not authorized.", delegation(), ConsentNeeded, "not delegated"),
        ("invalid_grant", "Not a valid email", delegation(), Misconfigured, "does not exist"),
        ("invalid_grant", "Invalid email or User ID", delegation(), Misconfigured, "does not exist"),
        (
            "invalid_grant",
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.",
            delegation(),
            Misconfigured,
            "clock",
        ),
        ("invalid_grant", "Invalid JWT Signature.", delegation(), Misconfigured, "key has been deleted"),
        ("invalid_grant", "Invalid grant: account not found", delegation(), Misconfigured, "assertion"),
        ("invalid_scope", "", delegation(), Misconfigured, "scopes"),
        ("disabled_client", "", delegation(), Misconfigured, "disabled"),
        ("deleted_client", "", delegation(), Misconfigured, "does not exist"),
        ("invalid_client", "", delegation(), Misconfigured, "does not exist"),
        ("org_internal", "", delegation(), Blocked, "own organisation"),
        ("admin_policy_enforced", "", delegation(), Blocked, "does not allow"),
    ] {
        let failure = explained(&refusal(error, description), &asked);
        assert_eq!(failure.kind, kind, "{error} {description}: {failure}");
        assert!(failure.message.contains(says), "{error} {description}: {failure}");
        assert!(!failure.message.ends_with('.'), "{failure}");
        assert_eq!(failure.reason.as_deref(), Some(error));
        assert!(failure.hint.is_some() || kind == Temporary, "{error} has no way out");
    }
}

#[test]
fn what_the_authorize_page_refuses_is_told_with_a_way_out() {
    use FailureKind::{Blocked, Misconfigured, Refused, SignInNeeded, Temporary};
    for (error, kind) in [
        ("access_denied", SignInNeeded),
        ("admin_policy_enforced", Blocked),
        ("org_internal", Blocked),
        ("disallowed_useragent", SignInNeeded),
        ("deleted_client", Misconfigured),
        ("redirect_uri_mismatch", Misconfigured),
        ("invalid_request", Misconfigured),
        ("server_error", Temporary),
        ("<script>", Refused),
    ] {
        let failure = redirect_errors::explain(error, "dirsync add google --name corp", Some(53682));
        assert_eq!(failure.kind, kind, "{error}");
        assert!(failure.hint.is_some() && !failure.message.contains(error), "{failure:?}");
    }
    let mismatch = redirect_errors::explain("redirect_uri_mismatch", "x", Some(53682));
    assert!(mismatch.hint.unwrap().contains("http://127.0.0.1:53682/"));
}
