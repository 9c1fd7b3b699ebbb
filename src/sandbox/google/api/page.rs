//! Paging: page tokens that are opaque, last three days and belong to one query; and the envelope of a listing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};

use super::errors;
use crate::sandbox::answer::Answer;
use crate::sandbox::google::tenant::Tenant;
use crate::sandbox::google::wire::mask::Mask;
use crate::sandbox::google::wire::writer::{Object, etag, json};
use crate::sandbox::params::Params;
use crate::sandbox::random::fingerprint;
use crate::sandbox::stage::Call;

/// How long a token can be used.
const TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(72);

/// Parameters that may differ from page to page.
const INCIDENTAL: &[&str] =
    &["pageToken", "maxResults", "fields", "prettyPrint", "alt", "key", "quotaUser", "access_token"];

/// A number that stands for a query: its path and all parameters that decide what is listed.
pub(super) fn query_print(path: &str, params: &Params) -> u64 {
    let mut pairs: Vec<_> = params.pairs().filter(|(key, _)| !INCIDENTAL.contains(key)).collect();
    pairs.sort_unstable();
    fingerprint(&format!("{path}{pairs:?}"))
}

/// A token that leads to `position`.
pub(super) fn mint(print: u64, position: &str, now: Timestamp) -> String {
    let text = format!("{print:x}.{:x}.{position}", now.as_second());
    URL_SAFE_NO_PAD.encode(format!("{:x}.{text}", fingerprint(&text)))
}

/// The position a token leads to, if it is one of this query's and not too old.
fn read(token: &str, print: u64, now: Timestamp) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (check, text) = text.split_once('.')?;
    let mut parts = text.splitn(3, '.');
    let (of, issued, position) = (parts.next()?, parts.next()?, parts.next()?);
    let issued = Timestamp::from_second(i64::from_str_radix(issued, 16).ok()?).ok()?;
    let good = check == format!("{:x}", fingerprint(text)) && of == format!("{print:x}") && now < issued + TOKEN_LIFE;
    good.then(|| position.to_owned())
}

/// One page's worth of a listing under way.
pub(super) struct Page<'a> {
    print: u64,
    now: Timestamp,
    /// Where the page begins; empty for the first.
    pub(super) position: String,
    pub(super) limit: usize,
    mask: &'a Mask,
}

impl<'a> Page<'a> {
    /// Reads `pageToken` and `maxResults`. Values above the maximum count as the maximum.
    pub(super) fn of(call: &Call, print: u64, mask: &'a Mask, default: usize, most: usize) -> Result<Self, Answer> {
        let limit = match call.params.get("maxResults") {
            None => default,
            Some(text) => match text.parse::<usize>() {
                Ok(count) if count > 0 => count.min(most),
                _ => {
                    let words = format!("Invalid value '{text}'. Values must be within the range: [1, {most}]");
                    return Err(errors::invalid_parameter("maxResults", &words));
                }
            },
        };
        let position = match call.params.get("pageToken") {
            None => String::new(),
            Some(token) => read(token, print, call.now).ok_or_else(errors::page_token)?,
        };
        Ok(Self { print, now: call.now, position, limit, mask })
    }

    /// The position as a count of what came before.
    pub(super) fn offset(&self) -> usize {
        self.position.parse().unwrap_or(0)
    }

    /// Writes the listing: `items` under `key`, which is left out when there are none; `next` is where to go on.
    pub(super) fn write<T>(
        &self,
        tenant: &Tenant,
        (kind, key): (&str, &'static str),
        items: &[T],
        next: Option<&str>,
        mut write: impl FnMut(&mut Vec<u8>, &T, &Mask),
    ) -> Answer {
        let below = self.mask.below(key);
        let mut out = Vec::with_capacity(64 + items.len() * 256);
        let mut object = Object::open(&mut out, self.mask, None);
        object.text("kind", kind);
        if let Some(out) = object.slot("etag") {
            json(out, &etag(tenant.seed, tenant.generation ^ self.print ^ fingerprint(&self.position)));
        }
        if !items.is_empty()
            && let Some(out) = object.slot(key)
        {
            out.push(b'[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                write(out, item, below);
            }
            out.push(b']');
        }
        if let Some(position) = next {
            object.text("nextPageToken", &mint(self.print, position, self.now));
        }
        object.close();
        if !below.is_flat() {
            prune(&mut out, self.mask);
        }
        Answer::written(out)
    }
}

/// Removes what a deep mask leaves out.
pub(super) fn prune(out: &mut Vec<u8>, mask: &Mask) {
    if let Ok(mut value) = serde_json::from_slice(out) {
        mask.prune(&mut value);
        *out = value.to_string().into_bytes();
    }
}

/// The mask a request asks for; `known` are the names it may use at the top, `below` those inside its list.
pub(super) fn mask(params: &Params, known: &[&str], list: Option<(&str, &[&str])>) -> Result<Mask, Answer> {
    let Some(text) = params.get("fields") else { return Ok(Mask::All) };
    let wrong = |name: &str| errors::invalid_parameter("fields", &format!("Invalid field selection {name}"));
    let mask = Mask::parse(text).ok_or_else(|| wrong(text))?;
    let list_key = list.map(|(key, _)| key);
    if let Some(name) = mask.named().find(|name| !known.contains(name) && Some(*name) != list_key) {
        return Err(wrong(name));
    }
    if let Some((key, keys)) = list
        && mask.allows(key)
        && let Some(name) = mask.below(key).named().find(|name| !keys.contains(name))
    {
        return Err(wrong(name));
    }
    Ok(mask)
}

/// What the envelope of a listing has besides its items.
pub(super) const ENVELOPE: &[&str] = &["kind", "etag", "nextPageToken"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_belong_to_one_query_for_three_days() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let print = query_print("users", &Params::parse(b"customer=my_customer&maxResults=5"));
        let token = mint(print, "a.b@c", now);
        assert_eq!(read(&token, print, now), Some("a.b@c".to_owned()));
        assert_eq!(query_print("users", &Params::parse(b"pageToken=x&customer=my_customer")), print);
        assert_eq!(read(&token, print ^ 1, now), None);
        assert_eq!(read(&token, print, now + TOKEN_LIFE), None);
        assert_eq!(read("bm9uc2Vuc2U", print, now), None);
    }

    #[test]
    fn masks_name_what_exists() {
        let fields =
            |text: &str| mask(&Params::parse(format!("fields={text}").as_bytes()), ENVELOPE, Some(("users", &["id"])));
        assert!(fields("nextPageToken,users(id)").is_ok());
        assert!(fields("users(nope)").is_err() && fields("groups").is_err() && fields("users(").is_err());
    }
}
