//! What the Directory API's error answers mean. Dispatch: `errors[0].reason`, then `error.status`, then the HTTP
//! status; Google throttles with 403 as well as 429 (developers.google.com/workspace/admin/directory/v1/limits).

use serde::Deserialize;

use crate::http::{Answer, Verdict};
use crate::model::{Failure, FailureKind};

#[derive(Default, Deserialize)]
struct Envelope {
    #[serde(default)]
    error: ErrorBody,
}

#[derive(Default, Deserialize)]
struct ErrorBody {
    #[serde(default)]
    message: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    errors: Vec<ErrorItem>,
}

#[derive(Default, Deserialize)]
struct ErrorItem {
    #[serde(default)]
    reason: String,
}

const ADMIN_ROLE: &str = "sign in with an account that may read users and groups (Admin console > Account > Admin \
    roles: Users > Read and Groups > Read), or give --admin such an account";
const UNKNOWN: &str = "-vv shows what was asked; https://www.google.com/appsstatus says whether Google is in trouble";
const SIGN_IN_AGAIN: &str = "run dirsync reauth for this integration";

/// Reads an answer that is not a success.
pub(super) fn judge(answer: &Answer<'_>) -> Verdict {
    // A proxy's or front end's page of text or HTML has no reason of its own; the status has to do.
    let body = serde_json::from_slice::<Envelope>(answer.body).unwrap_or_default().error;
    let reason = body.errors.first().map_or("", |item| item.reason.as_str());
    let word = if reason.is_empty() { body.status.as_str() } else { reason };
    let failure = |kind, message: &str| {
        let failure = Failure::new(kind, message).status(answer.status);
        if word.is_empty() { failure } else { failure.reason(word) }
    };
    let refused = || failure(FailureKind::Refused, &said(answer.status, &body.message)).hint(UNKNOWN);
    match (answer.status, word) {
        (_, "dailyLimitExceeded") => Verdict::Final(
            failure(FailureKind::Temporary, "the project's daily quota of the Admin SDK API is used up")
                .hint("it is renewed at midnight Pacific time; ask for more in the Cloud console under Quotas"),
        ),
        (_, "userRateLimitExceeded" | "rateLimitExceeded" | "quotaExceeded" | "RESOURCE_EXHAUSTED") | (429, _) => {
            Verdict::Throttled(throttled(&failure))
        }
        (403, _) if is_quota_text(&body.message) || is_quota_text(&String::from_utf8_lossy(answer.body)) => {
            Verdict::Throttled(throttled(&failure))
        }
        (403, "accessNotConfigured" | "SERVICE_DISABLED") => Verdict::Final(
            failure(FailureKind::Misconfigured, "the Admin SDK API is not enabled in the Cloud project of this client")
                .hint(
                    "enable it at https://console.cloud.google.com/apis/library/admin.googleapis.com in that project, \
                       wait a few minutes and try again",
                ),
        ),
        (403, "domainCannotUseApis") => Verdict::Final(
            failure(FailureKind::Blocked, "this Workspace does not allow its data to be read by API").hint(
                "Admin console > Security > Access and data control > API controls: allow API access; \
                       after a change wait a few minutes",
            ),
        ),
        (401 | 403, "insufficientPermissions" | "ACCESS_TOKEN_SCOPE_INSUFFICIENT") | (401, _)
            if missing_scope(answer) || word == "insufficientPermissions" =>
        {
            Verdict::Final(
                failure(FailureKind::ConsentNeeded, "the sign-in does not cover reading users, groups and members")
                    .hint("run dirsync reauth for this integration and leave every box ticked"),
            )
        }
        (401, _) => Verdict::Unauthorized(
            failure(FailureKind::SignInNeeded, "Google does not accept the sign-in any more").hint(SIGN_IN_AGAIN),
        ),
        (403, "forbidden" | "PERMISSION_DENIED") => Verdict::Final(
            failure(FailureKind::Refused, "Google refuses: this account may not read the directory").hint(ADMIN_ROLE),
        ),
        (404, _) if body.message.contains("Domain not found") => Verdict::Final(
            failure(FailureKind::Misconfigured, "Google finds no Workspace behind this account").hint(
                "with a service account, --admin must name an administrator of the Workspace and the account's \
                       numeric client ID must be delegated to",
            ),
        ),
        (404, _) => Verdict::Final(failure(FailureKind::NotFound, "it does not exist (any more)").hint(UNKNOWN)),
        // users.get of somebody in the 20-day trash.
        (412, "conditionNotMet") => Verdict::Final(failure(FailureKind::NotFound, "it was deleted")),
        (408 | 500 | 502 | 503 | 504, "unknownError") => Verdict::Doubtful(temporary(&failure, answer.status)),
        (_, "backendError" | "internalError" | "transientError" | "UNAVAILABLE") | (408 | 500.., _) => {
            Verdict::Transient(temporary(&failure, answer.status))
        }
        (400, "failedPrecondition" | "FAILED_PRECONDITION") => Verdict::Doubtful(refused()),
        (400, _) if body.message.contains("system error") => Verdict::Transient(temporary(&failure, answer.status)),
        // A token lasts three days; whatever became of it, a new listing gets new ones.
        (400, _) if body.message.contains("pageToken") => Verdict::Final(
            failure(FailureKind::Temporary, "Google does not accept the next page's token any more")
                .hint("start again: run dirsync sync once more"),
        ),
        (400, "invalid" | "INVALID_ARGUMENT") if body.message.contains("Invalid Input") => Verdict::Final(
            failure(FailureKind::Misconfigured, "Google answers \"Invalid Input\" to the request for the directory").hint(
                "with a service account this often means that --admin does not name an administrator of the Workspace",
            ),
        ),
        _ => Verdict::Final(refused()),
    }
}

fn throttled(failure: &impl Fn(FailureKind, &str) -> Failure) -> Failure {
    failure(FailureKind::Temporary, "Google answers that there are too many requests")
        .hint("lower [google] requests_per_minute in the configuration, or try again later")
}

fn temporary(failure: &impl Fn(FailureKind, &str) -> Failure, status: u16) -> Failure {
    failure(FailureKind::Temporary, &format!("Google has a fault of its own at the moment (HTTP {status})"))
        .hint("try again later")
}

/// Google's own sentence, which may name a key but not a person's data, cut to one line.
fn said(status: u16, message: &str) -> String {
    let line: String = message.lines().next().unwrap_or("").chars().filter(|c| !c.is_control()).take(200).collect();
    if line.is_empty() { format!("Google refuses with HTTP {status}") } else { format!("Google refuses: {line}") }
}

/// `Quota exceeded for quota metric 'Queries' …` and `Request rate higher than configured` come as text, too.
fn is_quota_text(text: &str) -> bool {
    let text = &text[..text.floor_char_boundary(400)];
    text.contains("Quota exceeded") || text.contains("rate higher than configured")
}

fn missing_scope(answer: &Answer<'_>) -> bool {
    let told = answer.headers.get(http::header::WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
    told.is_some_and(|value| value.contains("insufficient_scope"))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn verdict(status: u16, body: &str) -> Verdict {
        judge(&Answer { status, headers: &HeaderMap::new(), body: body.as_bytes() })
    }

    fn with_reason(status: u16, reason: &str) -> Verdict {
        verdict(status, &format!(r#"{{"error":{{"code":{status},"message":"m","errors":[{{"reason":"{reason}"}}]}}}}"#))
    }

    #[test]
    fn throttling_comes_in_many_dresses() {
        for reason in ["userRateLimitExceeded", "rateLimitExceeded", "quotaExceeded"] {
            assert!(matches!(with_reason(403, reason), Verdict::Throttled(_)), "{reason}");
        }
        for (status, body) in [
            (429, "Request rate higher than configured."),
            (429, r#"{"error":{"status":"RESOURCE_EXHAUSTED"}}"#),
            (403, "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user'"),
            (403, r#"{"error":{"message":"Request rate higher than configured.","errors":[{"reason":"other"}]}}"#),
        ] {
            assert!(matches!(verdict(status, body), Verdict::Throttled(_)), "{body}");
        }
    }

    #[test]
    fn faults_of_the_other_side_pass_and_refusals_do_not() {
        for (status, body) in [(503, "<html>"), (502, ""), (500, "{}"), (504, ""), (408, "")] {
            assert!(matches!(verdict(status, body), Verdict::Transient(_)), "{status}");
        }
        assert!(matches!(with_reason(500, "unknownError"), Verdict::Doubtful(_)));
        assert!(matches!(with_reason(400, "failedPrecondition"), Verdict::Doubtful(_)));
        assert!(matches!(
            verdict(400, r#"{"error":{"message":"A system error has occurred"}}"#),
            Verdict::Transient(_)
        ));
        for (status, reason, kind) in [
            (403, "forbidden", FailureKind::Refused),
            (403, "insufficientPermissions", FailureKind::ConsentNeeded),
            (403, "accessNotConfigured", FailureKind::Misconfigured),
            (403, "domainCannotUseApis", FailureKind::Blocked),
            (403, "dailyLimitExceeded", FailureKind::Temporary),
            (403, "somethingNew", FailureKind::Refused),
            (404, "notFound", FailureKind::NotFound),
            (412, "conditionNotMet", FailureKind::NotFound),
        ] {
            match with_reason(status, reason) {
                Verdict::Final(failure) => assert_eq!(failure.kind, kind, "{reason}"),
                other => panic!("{reason}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_page_token_that_is_not_accepted_says_nothing_about_the_settings() {
        for (message, kind) in [
            ("Invalid Input: pageToken", FailureKind::Temporary),
            ("Invalid Input: my_customer", FailureKind::Misconfigured),
        ] {
            let body = format!(r#"{{"error":{{"message":"{message}","errors":[{{"reason":"invalid"}}]}}}}"#);
            let told = verdict(400, &body);
            assert!(matches!(&told, Verdict::Final(failure) if failure.kind == kind), "{told:?}");
        }
    }

    #[test]
    fn a_refused_token_is_renewed_unless_the_scope_is_what_is_missing() {
        assert!(matches!(with_reason(401, "authError"), Verdict::Unauthorized(_)));
        let mut headers = HeaderMap::new();
        headers.insert("www-authenticate", r#"Bearer error="insufficient_scope", scope="x""#.parse().unwrap());
        let told = judge(&Answer { status: 401, headers: &headers, body: b"{}" });
        assert!(matches!(told, Verdict::Final(failure) if failure.kind == FailureKind::ConsentNeeded));
    }
}
