//! Graph's error answers, one by one.

use http::HeaderMap;

use super::*;

fn verdict(status: u16, body: &str) -> Verdict {
    judge(&Answer { status, headers: &HeaderMap::new(), body: body.as_bytes() })
}

fn failure(verdict: Verdict) -> Failure {
    match verdict {
        Verdict::Transient(failure)
        | Verdict::Doubtful(failure)
        | Verdict::Throttled(failure)
        | Verdict::Unauthorized(failure)
        | Verdict::Final(failure) => failure,
    }
}

#[test]
fn a_worthless_link_is_known_in_either_case_at_any_depth_and_with_410() {
    for (status, body) in [
        (400, r#"{"error":{"code":"syncStateNotFound","message":"m"}}"#),
        (410, r#"{"error":{"code":"SyncStateNotFound"}}"#),
        (400, r#"{"error":{"code":"BadRequest","innerError":{"code":"resyncRequired"}}}"#),
        (400, r#"{"error":{"code":"x","innererror":{"innerError":{"code":"Directory_ExpiredPageToken"}}}}"#),
        (410, "<html>"),
    ] {
        assert!(wants_everything(&failure(verdict(status, body))), "{status} {body}");
    }
    assert!(!wants_everything(&failure(verdict(400, r#"{"error":{"code":"Request_BadRequest"}}"#))));
    assert!(wants_everything(&worthless_link()));
}

#[test]
fn throttling_and_faults_pass_and_refusals_do_not() {
    let body = |code: &str| format!(r#"{{"error":{{"code":"{code}","message":"Insufficient privileges"}}}}"#);
    for status in [429, 503] {
        assert!(matches!(verdict(status, &body("activityLimitReached")), Verdict::Throttled(_)));
    }
    assert!(matches!(verdict(429, "slow down"), Verdict::Throttled(_)));
    for status in [408, 500, 502, 503, 504, 509] {
        assert!(matches!(verdict(status, "<html>"), Verdict::Transient(_)), "{status}");
    }
    for (status, code, kind) in [
        (403, "Authorization_RequestDenied", FailureKind::ConsentNeeded),
        (403, "Authorization_IdentityNotFound", FailureKind::Misconfigured),
        (403, "accessDenied", FailureKind::Refused),
        (404, "Request_ResourceNotFound", FailureKind::NotFound),
        (400, "Request_UnsupportedQuery", FailureKind::Refused),
        (405, "Request_BadRequest", FailureKind::Refused),
        (501, "NotImplemented", FailureKind::Refused),
    ] {
        let Verdict::Final(failure) = verdict(status, &body(code)) else { panic!("{status} {code}") };
        assert_eq!((failure.kind, failure.reason.as_deref(), failure.status), (kind, Some(code), Some(status)));
        assert!(failure.hint.is_some(), "{status} {code} has no way out");
    }
}

#[test]
fn a_refused_token_is_renewed_and_so_is_one_that_lacks_claims() {
    assert!(matches!(verdict(401, r#"{"error":{"code":"InvalidAuthenticationToken"}}"#), Verdict::Unauthorized(_)));
    let mut headers = HeaderMap::new();
    headers.append("www-authenticate", "Bearer realm=\"\"".parse().unwrap());
    headers.append("www-authenticate", "Bearer error=\"insufficient_claims\", claims=\"e30=\"".parse().unwrap());
    let told = judge(&Answer { status: 403, headers: &headers, body: b"{}" });
    assert!(matches!(told, Verdict::Unauthorized(failure) if failure.kind == FailureKind::SignInNeeded));
}

#[test]
fn the_sentence_names_code_and_request_id_and_is_short() {
    let body = r#"{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges\nto","innerError":{"request-id":"r-1"}}}"#;
    let told = failure(verdict(403, body)).message;
    assert_eq!(told, "Graph refuses: Insufficient privileges (Authorization_RequestDenied, request-id r-1)");
}
