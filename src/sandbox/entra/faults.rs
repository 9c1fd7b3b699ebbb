//! What faults do at Microsoft's.

use serde_json::{Value, json};

use super::graph::{errors, link};
use super::login::{self, Refusal};
use super::server::World;
use crate::sandbox::answer::Answer;
use crate::sandbox::faults::{Effect, Fault, Shape, edit, patience};
use crate::sandbox::stage::Call;

const NEXT: &str = "@odata.nextLink";
const DELTA: &str = "@odata.deltaLink";

static SHAPE: Shape = Shape { lists: &["value"], next: NEXT };

/// What a fault does to `call`; `None` when it does not concern it (and then it does not count as met).
pub(super) fn effect(fault: &Fault, call: &Call, world: &World) -> Option<Effect> {
    if call.is_api { in_graph(fault, call, world) } else { in_sign_in(fault, call, world) }
}

fn in_graph(fault: &Fault, call: &Call, world: &World) -> Option<Effect> {
    let stream = match call.area {
        "users/delta" => Some(link::Stream::Users),
        "groups/delta" => Some(link::Stream::Groups),
        _ => None,
    };
    let goes_on = call.params.get("$skiptoken").is_some();
    let has_token = goes_on || call.params.get("$deltatoken").is_some_and(|token| token != "latest");
    Some(match fault.clone() {
        Fault::Status { code, reason, message, text, json, retry_after } => {
            let answer =
                body(text, json, code).unwrap_or_else(|| errors::plain(code, reason.as_deref(), message.as_deref()));
            Effect::Answer(patience(answer, retry_after))
        }
        Fault::Throttle { retry_after, .. } => {
            let answer = errors::plain(429, None, None)
                .header("x-ms-throttle-scope", "Tenant_Application/ReadWrite/sandbox")
                .header("x-ms-throttle-information", "ResourceUnitLimitExceeded");
            Effect::Answer(patience(answer, retry_after))
        }
        Fault::Unauthorized => {
            Effect::Answer(errors::unauthorized("Lifetime validation failed, the token is expired."))
        }
        Fault::ClaimsChallenge => Effect::Answer(errors::challenge(call.now)),
        Fault::DeletedGroupWhileListed => {
            Effect::Answer(errors::not_found(call.keys.first().map_or("", String::as_str)))
        }
        Fault::ExpiredPageToken if goes_on => Effect::Answer(errors::expired_page()),
        Fault::ExpiredCursor { code, nested } if stream.is_some() && has_token => {
            Effect::Answer(errors::sync_state(&code, nested))
        }
        Fault::Gone { location } if has_token => {
            let location = stream.map(|stream| link::start(world, stream)).filter(|_| location);
            Effect::Answer(errors::gone(location.as_deref()))
        }
        Fault::DeltaRefused { code } if stream.is_some() => {
            let words = "Delta query is not supported for this tenant type.";
            Effect::Answer(errors::plain(code, (code == 400).then_some("Request_UnsupportedQuery"), Some(words)))
        }
        Fault::RepeatToken => leads_to(call.here.clone()),
        Fault::LoopToken => leads_to(match stream {
            Some(stream) => link::start(world, stream),
            None => call.here.split('?').next().unwrap_or_default().to_owned(),
        }),
        Fault::EvilNextPage => leads_to("https://evil.example/v1.0/users?$skiptoken=../../x".to_owned()),
        Fault::ForeignNextLink { to } => leads_to(to),
        Fault::EmptyPageWithToken => {
            let here = call.here.clone();
            edit(move |body| {
                body["value"] = json!([]);
                remove(body, DELTA);
                body[NEXT] = json!(here);
            })
        }
        Fault::EmptyListing => {
            let now = stream.map(|stream| link::now(world, stream));
            edit(move |body| {
                body["value"] = json!([]);
                remove(body, NEXT);
                if let Some(now) = &now {
                    body[DELTA] = json!(now);
                }
            })
        }
        Fault::MissingLink => edit(|body| {
            remove(body, NEXT);
            remove(body, DELTA);
        }),
        Fault::DuplicatePerson if matches!(call.area, "users" | "users/delta") => edit(|body| {
            if let Some(items) = body.get_mut("value").and_then(Value::as_array_mut)
                && let Some(first) = items.first().cloned()
            {
                items.push(first);
            }
        }),
        Fault::OtherCustomer { customer_id } if call.area == "organization" => edit(move |body| {
            if let Some(organization) = body.get_mut("value").and_then(|value| value.get_mut(0)) {
                organization["id"] = json!(customer_id);
            }
        }),
        _ => return fault.anywhere(call, &SHAPE),
    })
}

fn in_sign_in(fault: &Fault, call: &Call, world: &World) -> Option<Effect> {
    let on_page = matches!(call.area, "authorize" | "adminconsent");
    let refuse = |refusal: Refusal, status: Option<u16>| {
        Effect::Answer(if on_page { refusal.back(&call.params) } else { refusal.answer(status) })
    };
    Some(match fault.clone() {
        Fault::Status { code, text, json, retry_after, .. } => {
            let usual = || Refusal::new("server_error", 90_033, "A transient error has occurred.").answer(Some(code));
            Effect::Answer(patience(body(text, json, code).unwrap_or_else(usual), retry_after))
        }
        Fault::Throttle { retry_after, .. } => {
            let words = "The tenant is throttled. Wait and try again.";
            let answer = Refusal::new("temporarily_unavailable", 90_055, words).answer(Some(429));
            Effect::Answer(patience(answer, retry_after))
        }
        Fault::TokenError { error, code, suberror, claims, status } => {
            let status = status.or(match &*error {
                "temporarily_unavailable" => Some(503),
                "server_error" => Some(500),
                _ => None,
            });
            let words = "Something is not as it should be.".to_owned();
            refuse(Refusal { error, code, words, suberror, claims }, status)
        }
        Fault::InvalidGrant { subtype } if call.params.get("grant_type") == Some("refresh_token") => {
            let words = "The provided grant has expired due to it being revoked, a fresh auth token is needed.";
            refuse(Refusal { suberror: subtype, ..Refusal::new("invalid_grant", 50_173, words) }, None)
        }
        Fault::SignInRefused { error } if on_page => Effect::Answer(login::refused_page(&error)),
        Fault::WrongState if call.area == "authorize" && call.params.get("state").is_some() => {
            let tenant = call.keys.first().map_or("", String::as_str);
            let params = call.params.clone().with("state", "not-the-state-you-sent");
            Effect::Answer(login::authorize(world, tenant, &params))
        }
        _ => return fault.anywhere(call, &SHAPE),
    })
}

/// The whole body a fault brings along.
fn body(text: Option<String>, json: Option<Value>, code: u16) -> Option<Answer> {
    match (text, json) {
        (Some(text), _) => Some(Answer::text(code, &text)),
        (None, Some(json)) => Some(Answer::json(code, &json)),
        (None, None) => None,
    }
}

fn remove(body: &mut Value, key: &str) {
    body.as_object_mut().map(|body| body.remove(key));
}

/// The page goes on at this address.
fn leads_to(address: String) -> Effect {
    edit(move |body| {
        remove(body, DELTA);
        body[NEXT] = json!(address);
    })
}
