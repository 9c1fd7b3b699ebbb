//! What Graph's error answers mean. Dispatch: the most specific code known, then the HTTP status; never the message.
//! Source: learn.microsoft.com/graph/errors and /graph/throttling.

use serde_json::Value;

use crate::http::{Answer, Verdict, claims_challenge};
use crate::model::{Failure, FailureKind};

/// Codes of a link that is worth nothing any more, in lower case, for Graph writes them both ways.
const START_ANEW: &[&str] = &[
    "syncstatenotfound",
    "syncstateinvalid",
    "resyncrequired",
    "resyncchangesapplydifferences",
    "resyncchangesuploaddifferences",
    "directory_expiredpagetoken",
];

const SIGN_IN_AGAIN: &str = "run dirsync reauth for this integration";
const UNKNOWN: &str =
    "-vv shows what was asked; https://portal.azure.com > Service health says whether Graph is in trouble";

/// What an error answer says.
struct Said {
    /// The outer code.
    code: String,
    /// All codes, the innermost first, in lower case.
    codes: Vec<String>,
    message: String,
    request_id: Option<String>,
}

impl Said {
    fn read(body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let error = &body["error"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (mut codes, mut request_id) = (Vec::new(), None);
        let mut at = Some(error);
        // Bounded, for a body may nest as deep as it likes.
        for _ in 0..8 {
            let Some(level) = at.filter(|level| level.is_object()) else { break };
            codes.extend(level["code"].as_str().filter(|code| !code.is_empty()).map(str::to_lowercase));
            request_id = level["request-id"].as_str().map(str::to_owned).or(request_id);
            at = level.get("innerError").or_else(|| level.get("innererror"));
        }
        codes.reverse();
        Self { code: text(&error["code"]), codes, message: text(&error["message"]), request_id }
    }

    fn is(&self, code: &str) -> bool {
        self.codes.iter().any(|said| said == code)
    }

    fn known(&self, known: &[&str]) -> Option<String> {
        self.codes.iter().find(|code| known.contains(&code.as_str())).cloned()
    }

    /// Graph's own sentence, which may name an id but not a person's data, cut to one line, with what support asks for.
    fn sentence(&self, status: u16) -> String {
        let line = self.message.lines().next().unwrap_or("");
        let line: String = line.chars().filter(|c| !c.is_control()).take(200).collect();
        let id = self.request_id.as_deref().filter(|id| id.len() <= 64).unwrap_or("none");
        match (line.is_empty(), self.code.as_str()) {
            (true, "") => format!("Graph refuses with HTTP {status}"),
            (true, code) => format!("Graph refuses with HTTP {status} ({code}, request-id {id})"),
            (false, code) => format!("Graph refuses: {line} ({code}, request-id {id})"),
        }
    }
}

/// Reads an answer that is not a success.
pub(super) fn judge(answer: &Answer<'_>) -> Verdict {
    let said = Said::read(answer.body);
    let failure = |kind, message: &str| {
        let failure = Failure::new(kind, message).status(answer.status);
        if said.code.is_empty() { failure } else { failure.reason(said.code.clone()) }
    };
    if let Some(code) = said.known(START_ANEW) {
        return Verdict::Final(start_anew().reason(code).status(answer.status));
    }
    match answer.status {
        _ if said.is("activitylimitreached") => Verdict::Throttled(throttled(&failure)),
        429 => Verdict::Throttled(throttled(&failure)),
        410 => Verdict::Final(start_anew().reason("gone").status(410)),
        401 => Verdict::Unauthorized(
            failure(FailureKind::SignInNeeded, "Graph does not accept the sign-in any more").hint(SIGN_IN_AGAIN),
        ),
        // A claims challenge comes with 401, under Conditional Access also with 403.
        403 if claims_challenge(answer.headers).is_some() => Verdict::Unauthorized(
            failure(FailureKind::SignInNeeded, "the organisation's policy asks for another sign-in").hint(SIGN_IN_AGAIN),
        ),
        403 if said.is("authorization_requestdenied") => Verdict::Final(
            failure(FailureKind::ConsentNeeded, &said.sentence(403)).hint(
                "grant User.Read.All and GroupMember.Read.All (delegated ones for a sign-in, application ones for an app \
                 with a certificate or secret): dirsync reauth NAME --admin-consent; the account needs a role that may \
                 read the directory, too",
            ),
        ),
        403 if said.is("authorization_identitynotfound") => Verdict::Final(
            failure(FailureKind::Misconfigured, &said.sentence(403))
                .hint("this app is not known in the organisation: check --client-id and --tenant"),
        ),
        403 => Verdict::Final(failure(FailureKind::Refused, &said.sentence(403)).hint(UNKNOWN)),
        404 => Verdict::Final(failure(FailureKind::NotFound, "it does not exist (any more)").hint(UNKNOWN)),
        _ if said.is("servicenotavailable") => Verdict::Transient(temporary(&failure, answer.status)),
        // "Not implemented" does not pass.
        501 => Verdict::Final(failure(FailureKind::Refused, &said.sentence(501)).hint(UNKNOWN)),
        408 | 500.. => Verdict::Transient(temporary(&failure, answer.status)),
        405 => Verdict::Final(
            failure(FailureKind::Refused, &said.sentence(405)).hint("check --cloud: this may be another cloud's address"),
        ),
        status => Verdict::Final(failure(FailureKind::Refused, &said.sentence(status)).hint(UNKNOWN)),
    }
}

/// Whether a stream has to begin anew.
pub(super) fn wants_everything(failure: &Failure) -> bool {
    let reason = failure.reason.as_deref();
    failure.status == Some(410) || reason.is_some_and(|reason| START_ANEW.contains(&reason.to_lowercase().as_str()))
}

/// A stored link that cannot be used.
pub(super) fn worthless_link() -> Failure {
    start_anew().reason(START_ANEW[0])
}

/// Whether the tenant has no delta queries (External ID and B2C tenants), asked at the beginning of a first round: then
/// nothing else in the request can be to blame that would not fail a plain listing just as well.
pub(super) fn refuses_to_be_followed(failure: &Failure) -> bool {
    matches!(failure.status, Some(400 | 404 | 405 | 501))
}

fn start_anew() -> Failure {
    Failure::new(FailureKind::Temporary, "Graph cannot say any more what has changed since")
        .hint("dirsync sync NAME --full reads everything")
}

fn throttled(failure: &impl Fn(FailureKind, &str) -> Failure) -> Failure {
    failure(FailureKind::Temporary, "Graph answers that there are too many requests")
        .hint("other programs of the organisation share its quota; try again later")
}

fn temporary(failure: &impl Fn(FailureKind, &str) -> Failure, status: u16) -> Failure {
    failure(FailureKind::Temporary, &format!("Graph has a fault of its own at the moment (HTTP {status})"))
        .hint("try again later")
}

#[cfg(test)]
mod tests;
