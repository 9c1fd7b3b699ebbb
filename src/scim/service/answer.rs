//! Answers as they are sent: the standard's content type, entity tags, and errors as it words them (RFC 7644 §3.8,
//! §3.12, §3.14).

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::scim::Problem;

/// Sent without a charset, which the type does not have.
pub(super) const SCIM_JSON: &str = "application/scim+json";
const PLAIN_JSON: &str = "application/json";

/// An answer before it is sent.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    body: Option<Value>,
    headers: Vec<(header::HeaderName, String)>,
}

impl Answer {
    /// 200 and a body.
    pub(super) fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, body: Some(body), headers: Vec::new() }
    }

    /// A status alone.
    pub(super) fn empty(status: StatusCode) -> Self {
        Self { status, body: None, headers: Vec::new() }
    }

    /// 200 and a resource with its entity tag, or 304 if the client has this version.
    pub(super) fn resource(resource: Value, version: &str) -> Self {
        Self::ok(resource).with(header::ETAG, version)
    }

    /// 201 and the resource, with where it is.
    pub(super) fn created(resource: Value, version: &str, location: &str) -> Self {
        let answer = Self { status: StatusCode::CREATED, ..Self::resource(resource, version) };
        answer.with(header::LOCATION, location)
    }

    pub(super) fn with(mut self, name: header::HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The status, for a bulk answer and the log.
    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// The body, for a bulk answer.
    pub(super) fn into_body(self) -> Option<Value> {
        self.body
    }

    /// A header that was set.
    pub(super) fn header(&self, name: &header::HeaderName) -> Option<&str> {
        self.headers.iter().find(|(set, _)| set == name).map(|(_, value)| value.as_str())
    }

    /// As it goes out. A client that takes plain JSON only is sent its name for the same thing.
    pub(super) fn send(self, plain_json: bool) -> Response<Body> {
        let body = self.body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let has_body = self.status != StatusCode::NO_CONTENT && self.status != StatusCode::NOT_MODIFIED;
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if has_body {
            let kind = if plain_json { PLAIN_JSON } else { SCIM_JSON };
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        // Answers hold people's data, and are of a moment.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": status.as_str(),
            "detail": problem.detail,
        });
        if let Some(kind) = problem.kind {
            body["scimType"] = kind.as_str().into();
        }
        let answer = Self { status, body: Some(body), headers: Vec::new() };
        match status {
            StatusCode::UNAUTHORIZED => answer.with(header::WWW_AUTHENTICATE, "Bearer realm=\"SCIM\""),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                answer.with(header::RETRY_AFTER, problem.retry_after.unwrap_or(10).to_string())
            }
            _ => answer,
        }
    }
}

/// Whether the `Accept` header names plain JSON and nothing that means SCIM's own type.
pub(super) fn wants_plain_json(accept: Option<&str>) -> bool {
    accept.is_some_and(|accept| {
        let kinds = || accept.split(',').filter_map(|kind| kind.split(';').next()).map(str::trim);
        kinds().any(|kind| kind.eq_ignore_ascii_case(PLAIN_JSON))
            && !kinds().any(|kind| kind == "*/*" || kind == "application/*" || kind.eq_ignore_ascii_case(SCIM_JSON))
    })
}

/// Whether a list of entity tags (`If-Match`, `If-None-Match`) names `version`, compared weakly.
pub(super) fn names_version(tags: &str, version: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    tags.split(',').any(|tag| tag.trim() == "*" || bare(tag) == bare(version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::ScimType;

    #[test]
    fn a_problem_is_sent_as_the_standard_words_it() {
        let answer = Answer::from(Problem::of(ScimType::Uniqueness, "taken"));
        assert_eq!(answer.status(), StatusCode::CONFLICT);
        let body = answer.into_body().unwrap();
        assert_eq!(body["status"], "409", "a string, not a number");
        assert_eq!(body["scimType"], "uniqueness");
        let answer = Answer::from(Problem::new(401, "no token"));
        assert!(answer.header(&header::WWW_AUTHENTICATE).unwrap().starts_with("Bearer"));
        assert!(answer.into_body().unwrap().get("scimType").is_none());
    }

    #[test]
    fn only_a_client_that_takes_nothing_else_gets_plain_json() {
        assert!(wants_plain_json(Some("application/json")));
        assert!(wants_plain_json(Some("text/html, application/json; charset=utf-8")));
        for other in [None, Some("*/*"), Some("application/scim+json, application/json"), Some("application/*")] {
            assert!(!wants_plain_json(other), "{other:?}");
        }
    }

    #[test]
    fn entity_tags_are_compared_weakly_and_in_lists() {
        for tags in ["W/\"3\"", "\"3\"", "\"1\", W/\"3\"", "*", "3"] {
            assert!(names_version(tags, "W/\"3\""), "{tags}");
        }
        assert!(!names_version("W/\"33\", \"2\"", "W/\"3\""));
    }
}
