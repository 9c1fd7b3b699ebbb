//! The faults. To add one: an arm in [`Fault`], and an arm in [`Fault::effect`] that says what it does.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::sandbox::api::errors;
use crate::sandbox::oauth::{Death, invalid_grant, refused_page};
use crate::sandbox::stage::{Answer, Call};
use crate::sandbox::tenant::Tenant;
use crate::sandbox::wire::mask::ALL;
use crate::sandbox::wire::user::{self, Projection};

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// Any error of the Directory API; `text` or `json` in place of Google's usual body.
    Status {
        /// The HTTP status.
        code: u16,
        /// `errors[0].reason`; chosen by the status when absent.
        #[serde(default)]
        reason: Option<String>,
        /// The message.
        #[serde(default)]
        message: Option<String>,
        /// A whole body that is not JSON.
        #[serde(default)]
        text: Option<String>,
        /// A whole body that is.
        #[serde(default)]
        json: Option<Value>,
        /// The `Retry-After` header.
        #[serde(default)]
        retry_after: Option<String>,
    },
    /// 403 with a reason in domain `usageLimits`: `userRateLimitExceeded`, `rateLimitExceeded`, `quotaExceeded` …
    Throttle {
        /// The reason.
        #[serde(default = "user_rate")]
        reason: String,
        /// The `Retry-After` header.
        #[serde(default)]
        retry_after: Option<String>,
    },
    /// 429 with a line of text.
    TooManyText {
        /// The `Retry-After` header.
        #[serde(default)]
        retry_after: Option<String>,
    },
    /// 503 with a page of HTML.
    UnavailableHtml,
    /// The connection breaks in the middle of the body.
    ResetMidBody,
    /// The body ends in the middle, inside intact HTTP (and gzip).
    TruncatedJson,
    /// The packed body ends in the middle, inside intact HTTP.
    TruncatedGzip,
    /// 200 with a page of HTML, as captive portals and proxies send it.
    HtmlOk,
    /// The listing's items are a text (`whole: true`), or its second item's `id` is a number.
    WrongType {
        /// Whether the whole page is wrong.
        #[serde(default)]
        whole: bool,
    },
    /// Never answers.
    Hang,
    /// Answers late.
    Slow {
        /// By so many milliseconds.
        ms: u64,
    },
    /// The next page's token is this page's own.
    RepeatToken,
    /// 400 for every request that carries a page token.
    ExpiredPageToken,
    /// The listing's key is missing; a next page's token stays.
    MissingKey,
    /// The listing is an empty list, and the last page.
    EmptyListing,
    /// An empty page that says go on; what it should have held comes with the next.
    EmptyPageWithToken,
    /// A next page's token full of what does not belong in an URL.
    EvilNextPage,
    /// The first user once more on the last page.
    DuplicatePerson,
    /// 401 `authError`.
    Unauthorized,
    /// 404, although the group is listed.
    DeletedGroupWhileListed,
    /// 302 to somewhere else.
    Redirect {
        /// Where to.
        to: String,
    },
    /// Every resource claims to belong to this customer.
    OtherCustomer {
        /// The other customer's id.
        customer_id: String,
    },
    /// The token answer lacks a scope.
    DropScope {
        /// Scopes that contain this text go.
        scope: String,
    },
    /// The token answer has no refresh token.
    NoRefreshToken,
    /// The token answer has no id token.
    NoIdToken,
    /// The id token has no `hd`, as for consumer accounts.
    NoHd,
    /// The id token's nonce is another.
    WrongNonce,
    /// The id token is for another client.
    WrongAudience,
    /// The id token is another issuer's.
    WrongIssuer,
    /// The id token has expired.
    ExpiredIdToken,
    /// Refreshing fails for good. `subtype`: `invalid_rapt`, `rapt_required` or `deleted`; revoked when absent.
    InvalidGrant {
        /// Why.
        #[serde(default)]
        subtype: Option<String>,
    },
    /// The sign-in page refuses: `admin_policy_enforced`, `org_internal`, `deleted_client` …
    SignInRefused {
        /// Google's word for it.
        error: String,
    },
}

fn user_rate() -> String {
    "userRateLimitExceeded".to_owned()
}

/// A change of an answer's JSON.
pub(in crate::sandbox) type Edit = Box<dyn Fn(&mut Value, &Tenant) + Send + Sync>;

/// A change of an id token's claims.
pub(in crate::sandbox) type Claims = Box<dyn Fn(&mut Map<String, Value>) + Send + Sync>;

/// Where an answer breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Cut {
    Json,
    Gzip,
    Connection,
}

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

impl Fault {
    /// What this fault does to `call`; `None` when it does not concern it (and then it does not count as met).
    pub(in crate::sandbox) fn effect(&self, call: &Call) -> Option<Effect> {
        let paged = call.params.get("pageToken").is_some();
        Some(match self.clone() {
            Self::Status { code, reason, message, text, json, retry_after } => {
                let answer = match (text, json) {
                    (Some(text), _) => Answer::text(code, &text),
                    (None, Some(json)) => Answer::json(code, &json),
                    (None, None) => errors::plain(code, reason.as_deref(), message.as_deref()),
                };
                Effect::Answer(patience(answer, retry_after))
            }
            Self::Throttle { reason, retry_after } => Effect::Answer(patience(errors::throttle(&reason), retry_after)),
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
            Self::WrongType { whole } => items(move |_, items| {
                if whole {
                    *items = json!("none of your business");
                } else if let Some(item) = items.as_array_mut().and_then(|items| items.get_mut(1)) {
                    item["id"] = json!(42);
                }
            }),
            Self::RepeatToken => {
                let here = call.here.clone();
                edit(move |body, _| body["nextPageToken"] = json!(here))
            }
            Self::ExpiredPageToken if paged => Effect::Answer(errors::page_token()),
            Self::ExpiredPageToken => return None,
            Self::MissingKey => edit(|body, _| {
                listing(body).map(|key| body.as_object_mut().map(|body| body.remove(key)));
            }),
            Self::EmptyListing => edit(|body, _| {
                if let Some(key) = listing(body) {
                    body[key] = json!([]);
                    body.as_object_mut().map(|body| body.remove("nextPageToken"));
                }
            }),
            Self::EmptyPageWithToken => {
                let here = call.here.clone();
                edit(move |body, _| {
                    listing(body).map(|key| body.as_object_mut().map(|body| body.remove(key)));
                    body["nextPageToken"] = json!(here);
                })
            }
            Self::EvilNextPage => edit(|body, _| {
                body["nextPageToken"] = json!("https://evil.example/?a=b&pageToken=../../x#\r\nX-Evil: 1\0");
            }),
            Self::DuplicatePerson if call.area == "users" => edit(|body, tenant| {
                if body.get("nextPageToken").is_none()
                    && let Some(&first) = tenant.order.first()
                    && let Some(users) = body.get_mut("users").and_then(Value::as_array_mut)
                {
                    let mut written = Vec::new();
                    user::write(&mut written, tenant, first, &ALL, &Projection::Full);
                    users.push(serde_json::from_slice(&written).unwrap_or_default());
                }
            }),
            Self::DuplicatePerson => return None,
            Self::Unauthorized => Effect::Answer(errors::unauthorized()),
            Self::DeletedGroupWhileListed => Effect::Answer(errors::not_found("groupKey")),
            Self::Redirect { to } => Effect::Answer(Answer::redirect(&to)),
            Self::OtherCustomer { customer_id } => {
                edit(move |body, tenant| replace(body, &tenant.customer_id, &customer_id))
            }
            Self::DropScope { scope } if call.area == "token" => edit(move |body, _| {
                if let Some(granted) = body.get("scope").and_then(Value::as_str) {
                    let kept: Vec<&str> = granted.split(' ').filter(|granted| !granted.contains(&scope)).collect();
                    body["scope"] = json!(kept.join(" "));
                }
            }),
            Self::NoRefreshToken if call.area == "token" => without("refresh_token"),
            Self::NoIdToken if call.area == "token" => without("id_token"),
            Self::DropScope { .. } | Self::NoRefreshToken | Self::NoIdToken => return None,
            Self::NoHd => Effect::Claims(Box::new(|claims| drop(claims.remove("hd")))),
            Self::WrongNonce => claim("nonce", json!("not-the-nonce-you-sent")),
            Self::WrongAudience => claim("aud", json!("somebody-else.apps.googleusercontent.com")),
            Self::WrongIssuer => claim("iss", json!("https://accounts.evil.example")),
            Self::ExpiredIdToken => claim("exp", json!(call.now.as_second() - 7200)),
            Self::InvalidGrant { subtype } if call.params.get("grant_type").is_some() => {
                Effect::Answer(invalid_grant(Death::named(subtype.as_deref())))
            }
            Self::InvalidGrant { .. } => return None,
            Self::SignInRefused { error } if call.area == "auth" => Effect::Answer(refused_page(&error)),
            Self::SignInRefused { .. } => return None,
        })
    }
}

fn edit(change: impl Fn(&mut Value, &Tenant) + Send + Sync + 'static) -> Effect {
    Effect::Edit(Box::new(change))
}

fn without(key: &'static str) -> Effect {
    edit(move |body, _| {
        body.as_object_mut().map(|body| body.remove(key));
    })
}

fn claim(key: &'static str, value: Value) -> Effect {
    Effect::Claims(Box::new(move |claims| drop(claims.insert(key.to_owned(), value.clone()))))
}

/// A change of a page's items; answers that are no listing stay.
fn items(change: impl Fn(&Tenant, &mut Value) + Send + Sync + 'static) -> Effect {
    edit(move |body, tenant| {
        if let Some(key) = listing(body) {
            change(tenant, &mut body[key]);
        }
    })
}

/// The key a listing's items are under.
fn listing(body: &Value) -> Option<&'static str> {
    ["users", "groups", "members", "organizationUnits", "domains"].into_iter().find(|key| body.get(key).is_some())
}

fn replace(value: &mut Value, old: &str, new: &str) {
    match value {
        Value::String(text) if text == old => new.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, old, new)),
        Value::Object(object) => object.values_mut().for_each(|item| replace(item, old, new)),
        _ => {}
    }
}

fn patience(answer: Answer, retry_after: Option<String>) -> Answer {
    match retry_after {
        Some(time) => answer.header("retry-after", time),
        None => answer,
    }
}

fn html(words: &str) -> String {
    format!("<!DOCTYPE html>\n<html lang=en><meta charset=utf-8><title>{words}</title><p>{words}</p></html>\n")
}
