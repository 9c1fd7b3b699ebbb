//! Errors in the Directory API's words.

use serde_json::{Value, json};

use crate::sandbox::answer::Answer;

/// The body and status of an error.
fn body(code: u16, domain: &str, reason: &str, message: &str, location: Option<(&str, &str)>) -> Value {
    let mut detail = json!({"domain": domain, "reason": reason, "message": message});
    if let Some((kind, name)) = location {
        detail["locationType"] = json!(kind);
        detail["location"] = json!(name);
    }
    json!({"error": {"code": code, "message": message, "errors": [detail]}})
}

fn global(code: u16, reason: &str, message: &str) -> Answer {
    Answer::json(code, &body(code, "global", reason, message, None))
}

/// An error by its status, with what is customary where nothing is said.
pub(in crate::sandbox) fn plain(code: u16, reason: Option<&str>, message: Option<&str>) -> Answer {
    let (usual, words) = match code {
        400 => ("invalid", "Invalid Input"),
        401 => return unauthorized(),
        403 => ("forbidden", "Not Authorized to access this resource/api"),
        404 => ("notFound", "Resource Not Found"),
        408 => ("requestTimeout", "Request Timeout"),
        412 => ("conditionNotMet", "User is deleted."),
        429 => ("rateLimitExceeded", "Resource has been exhausted (e.g. check quota)."),
        503 => ("backendError", "The service is currently unavailable."),
        _ => ("backendError", "Internal error encountered."),
    };
    let mut body = body(code, "global", reason.unwrap_or(usual), message.unwrap_or(words), None);
    let status = match code {
        429 => "RESOURCE_EXHAUSTED",
        503 => "UNAVAILABLE",
        500 => "INTERNAL",
        _ => return Answer::json(code, &body),
    };
    body["error"]["status"] = json!(status);
    Answer::json(code, &body)
}

/// Throttling, which at the Directory API is a 403.
pub(in crate::sandbox) fn throttle(reason: &str) -> Answer {
    let message = match reason {
        "quotaExceeded" => "Request rate higher than configured.",
        "dailyLimitExceeded" => "Daily Limit Exceeded",
        "rateLimitExceeded" => "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user'",
        _ => "User Rate Limit Exceeded",
    };
    Answer::json(403, &body(403, "usageLimits", reason, message, None))
}

/// A token that is missing, wrong or too old.
pub(in crate::sandbox) fn unauthorized() -> Answer {
    let mut body = body(401, "global", "authError", "Invalid Credentials", Some(("header", "Authorization")));
    body["error"]["status"] = json!("UNAUTHENTICATED");
    Answer::json(401, &body)
        .header("www-authenticate", "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"")
}

/// A token without any of the scopes that would do.
pub(in crate::sandbox) fn insufficient_scope(scopes: &[String]) -> Answer {
    let message = "Request had insufficient authentication scopes.";
    let mut body = body(403, "global", "insufficientPermissions", "Insufficient Permission", None);
    body["error"]["message"] = json!(message);
    body["error"]["status"] = json!("PERMISSION_DENIED");
    body["error"]["details"] = json!([{
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
        "metadata": {"service": "admin.googleapis.com"},
    }]);
    let challenge = format!(
        "Bearer realm=\"https://accounts.google.com/\", error=\"insufficient_scope\", scope=\"{}\"",
        scopes.join(" ")
    );
    Answer::json(403, &body).header("www-authenticate", challenge)
}

/// A person without the admin rights for it.
pub(in crate::sandbox) fn forbidden() -> Answer {
    global(403, "forbidden", "Not Authorized to access this resource/api")
}

/// No such user, group or member.
pub(in crate::sandbox) fn not_found(what: &str) -> Answer {
    global(404, "notFound", &format!("Resource Not Found: {what}"))
}

/// A domain of somebody else.
pub(in crate::sandbox) fn domain_not_found() -> Answer {
    global(404, "notFound", "Domain not found.")
}

/// A user in the 20 days before the end.
pub(in crate::sandbox) fn deleted() -> Answer {
    let body = body(412, "global", "conditionNotMet", "User is deleted.", Some(("header", "If-Match")));
    Answer::json(412, &body)
}

/// A request without what it needs.
pub(in crate::sandbox) fn bad_request() -> Answer {
    global(400, "badRequest", "Bad Request")
}

/// A value that does not do, in Google's curt way.
pub(in crate::sandbox) fn invalid(message: &str) -> Answer {
    global(400, "invalid", message)
}

/// A parameter out of range or not of its type.
pub(in crate::sandbox) fn invalid_parameter(name: &str, message: &str) -> Answer {
    Answer::json(400, &body(400, "global", "invalidParameter", message, Some(("parameter", name))))
}

/// A page token that is too old, or of another query.
pub(in crate::sandbox) fn page_token() -> Answer {
    Answer::json(400, &body(400, "global", "invalid", "Invalid Input: pageToken", Some(("parameter", "pageToken"))))
}
