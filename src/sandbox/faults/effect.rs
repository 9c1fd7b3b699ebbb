//! What faults do to a request, and those whose doing is the same at every vendor's.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::Fault;
use crate::sandbox::answer::{Answer, Cut};
use crate::sandbox::stage::Call;

/// A change of an answer's JSON.
pub(in crate::sandbox) type Edit = Box<dyn Fn(&mut Value) + Send + Sync>;

/// A change of an id token's claims.
pub(in crate::sandbox) type Claims = Box<dyn Fn(&mut Map<String, Value>) + Send + Sync>;

/// What a fault does to one request.
pub(in crate::sandbox) enum Effect {
    /// This is the answer.
    Answer(Answer),
    Wait(Duration),
    Hang,
    Edit(Edit),
    Claims(Claims),
    Cut(Cut),
}

/// How a vendor's listings look.
pub(in crate::sandbox) struct Shape {
    /// The keys a listing's items may be under.
    pub(in crate::sandbox) lists: &'static [&'static str],
    /// The key of what leads to the next page.
    pub(in crate::sandbox) next: &'static str,
}

impl Shape {
    /// The key this listing's items are under.
    pub(in crate::sandbox) fn list(&self, body: &Value) -> Option<&'static str> {
        self.lists.iter().copied().find(|key| body.get(key).is_some())
    }
}

impl Fault {
    /// What this fault does to `call`, whoever is asked; `None` when that depends on who is, or when it does nothing.
    pub(in crate::sandbox) fn anywhere(&self, call: &Call, shape: &'static Shape) -> Option<Effect> {
        Some(match self.clone() {
            Self::TooManyText { retry_after } => {
                Effect::Answer(patience(Answer::text(429, "Request rate higher than configured."), retry_after))
            }
            Self::UnavailableHtml => {
                Effect::Answer(Answer::html(503, html("503. That's an error. The service is unavailable.")))
            }
            Self::HtmlOk => Effect::Answer(Answer::html(200, html("Welcome to the hotel. Please accept our terms."))),
            Self::ResetMidBody => Effect::Cut(Cut::Connection),
            Self::TruncatedJson => Effect::Cut(Cut::Json),
            Self::TruncatedGzip => Effect::Cut(Cut::Gzip),
            Self::Hang => Effect::Hang,
            Self::Slow { ms } => Effect::Wait(Duration::from_millis(ms)),
            Self::Redirect { to } => Effect::Answer(Answer::redirect(&to)),
            Self::WrongType { whole } => edit(move |body| {
                let Some(items) = shape.list(body).map(|key| &mut body[key]) else { return };
                if whole {
                    *items = json!("none of your business");
                } else if let Some(item) = items.as_array_mut().and_then(|items| items.get_mut(1)) {
                    item["id"] = json!(42);
                }
            }),
            Self::RepeatToken => {
                let here = call.here.clone();
                edit(move |body| body[shape.next] = json!(here))
            }
            Self::MissingKey => edit(|body| {
                shape.list(body).map(|key| body.as_object_mut().map(|body| body.remove(key)));
            }),
            Self::EmptyPageWithToken => {
                let here = call.here.clone();
                edit(move |body| {
                    shape.list(body).map(|key| body.as_object_mut().map(|body| body.remove(key)));
                    body[shape.next] = json!(here);
                })
            }
            Self::DropScope { scope } if call.area == "token" => edit(move |body| {
                if let Some(granted) = body.get("scope").and_then(Value::as_str) {
                    let kept: Vec<&str> = granted.split(' ').filter(|granted| !granted.contains(&scope)).collect();
                    body["scope"] = json!(kept.join(" "));
                }
            }),
            Self::NoRefreshToken if call.area == "token" => without("refresh_token"),
            Self::NoIdToken if call.area == "token" => without("id_token"),
            Self::WrongNonce => claim("nonce", json!("not-the-nonce-you-sent")),
            Self::WrongAudience => claim("aud", json!("somebody-else.apps.googleusercontent.com")),
            Self::WrongIssuer => claim("iss", json!("https://accounts.evil.example")),
            Self::ExpiredIdToken => claim("exp", json!(call.now.as_second() - 7200)),
            Self::Claim { name, value } => claim(&name, value),
            _ => return None,
        })
    }
}

pub(in crate::sandbox) fn edit(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Effect {
    Effect::Edit(Box::new(change))
}

fn without(key: &'static str) -> Effect {
    edit(move |body| {
        body.as_object_mut().map(|body| body.remove(key));
    })
}

fn claim(key: &str, value: Value) -> Effect {
    let key = key.to_owned();
    Effect::Claims(Box::new(move |claims| drop(claims.insert(key.clone(), value.clone()))))
}

/// An answer that says how long to wait, if told to.
pub(in crate::sandbox) fn patience(answer: Answer, retry_after: Option<String>) -> Answer {
    match retry_after {
        Some(time) => answer.header("retry-after", time),
        None => answer,
    }
}

fn html(words: &str) -> String {
    format!("<!DOCTYPE html>\n<html lang=en><meta charset=utf-8><title>{words}</title><p>{words}</p></html>\n")
}
