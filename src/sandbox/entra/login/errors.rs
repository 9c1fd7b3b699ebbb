//! Refusals in the sign-in service's words: as JSON, or on the way back to the app.

use serde_json::{Value, json};
use url::Url;

use crate::sandbox::answer::Answer;
use crate::sandbox::entra::tenant::Guid;
use crate::sandbox::params::Params;

/// A refusal: the OAuth error, the number after `AADSTS`, and words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox::entra) struct Refusal {
    pub(in crate::sandbox::entra) error: String,
    pub(in crate::sandbox::entra) code: u32,
    pub(in crate::sandbox::entra) words: String,
    pub(in crate::sandbox::entra) suberror: Option<String>,
    pub(in crate::sandbox::entra) claims: Option<String>,
}

impl Refusal {
    pub(in crate::sandbox::entra) fn new(error: &str, code: u32, words: &str) -> Self {
        Self { error: error.to_owned(), code, words: words.to_owned(), suberror: None, claims: None }
    }

    /// Nobody consented to what is asked for.
    pub(super) fn no_consent() -> Self {
        let words = "The user or administrator has not consented to use the application. Send an interactive authorization \
                     request for this user and resource.";
        Self { suberror: Some("consent_required".to_owned()), ..Self::new("invalid_grant", 65_001, words) }
    }

    /// A parameter is missing.
    pub(super) fn missing(name: &str) -> Self {
        let words = format!("The request body must contain the following parameter: '{name}'.");
        Self::new("invalid_request", 900_144, &words)
    }

    fn ids(&self) -> (String, String) {
        let trace = Guid::new(u64::from(self.code) ^ 0x7ACE).to_string();
        let correlation = Guid::new(u64::from(self.code) ^ 0xC088).to_string();
        (trace, correlation)
    }

    /// The whole text, as it stands in `error_description`.
    pub(super) fn description(&self) -> String {
        let (trace, correlation) = self.ids();
        format!(
            "AADSTS{}: {}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: 2026-07-01 12:00:00Z",
            self.code, self.words
        )
    }

    /// The answer of an endpoint that speaks JSON.
    pub(in crate::sandbox::entra) fn answer(&self, status: Option<u16>) -> Answer {
        let (trace, correlation) = self.ids();
        let mut body: Value = json!({
            "error": self.error,
            "error_description": self.description(),
            "error_codes": [self.code],
            "timestamp": "2026-07-01 12:00:00Z",
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.code),
        });
        if let Some(suberror) = &self.suberror {
            body["suberror"] = json!(suberror);
        }
        if let Some(claims) = &self.claims {
            body["claims"] = json!(claims);
        }
        let usual = if self.error == "invalid_client" { 401 } else { 400 };
        Answer::json(status.unwrap_or(usual), &body).header("x-ms-request-id", trace)
    }

    /// The browser goes back to the app with the refusal, as the request's `response_mode` says.
    pub(in crate::sandbox::entra) fn back(&self, query: &Params) -> Answer {
        let description = self.description();
        let uri = format!("https://login.microsoftonline.com/error?code={}", self.code);
        let mut pairs = vec![("error", &*self.error), ("error_description", &description), ("error_uri", &uri)];
        if let Some(suberror) = &self.suberror {
            pairs.push(("error_subcode", suberror));
        }
        back_with(query, &pairs)
    }
}

/// Sends the browser back to the app with `pairs` and the request's state.
pub(in crate::sandbox::entra) fn back_with(query: &Params, pairs: &[(&str, &str)]) -> Answer {
    let redirect = query.get("redirect_uri").unwrap_or_default();
    let Ok(mut target) = Url::parse(redirect) else {
        return Answer::html(400, "<!DOCTYPE html><title>AADSTS50011</title><p>Not an address.".to_owned());
    };
    let state = query.get("state").map(|state| ("state", state));
    let pairs = pairs.iter().copied().chain(state);
    match query.get("response_mode") {
        Some("form_post") => {
            let inputs: String = pairs
                .map(|(key, value)| {
                    format!("<input type=\"hidden\" name=\"{key}\" value=\"{}\">", super::pages::escape(value))
                })
                .collect();
            let target = super::pages::escape(target.as_str());
            Answer::html(
                200,
                format!(
                    "<!DOCTYPE html><title>Working...</title><form method=\"post\" action=\"{target}\">{inputs}\
                 <button>Continue</button></form><script>document.forms[0].submit()</script>"
                ),
            )
        }
        Some("fragment") => {
            let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            target.set_fragment(Some(&text));
            Answer::redirect(target.as_str())
        }
        _ => {
            target.query_pairs_mut().extend_pairs(pairs);
            Answer::redirect(target.as_str())
        }
    }
}
