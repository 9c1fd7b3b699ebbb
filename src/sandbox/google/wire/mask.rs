//! The `fields` parameter: `nextPageToken,users(id,name/fullName)`; parsing, and pruning a finished answer by it.

use std::collections::BTreeMap;

use serde_json::Value;

/// What is asked for below one point of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::sandbox) enum Mask {
    /// Everything from here down.
    All,
    /// Only these keys, each with its own mask.
    Keys(BTreeMap<String, Mask>),
}

/// The mask of a request without `fields`.
pub(in crate::sandbox) static ALL: Mask = Mask::All;

impl Mask {
    /// Parses a mask; `None` when it is malformed.
    pub(in crate::sandbox) fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        let mask = keys(&mut rest)?;
        rest.is_empty().then_some(mask)
    }

    pub(in crate::sandbox) fn allows(&self, key: &str) -> bool {
        match self {
            Self::All => true,
            Self::Keys(keys) => keys.contains_key(key) || keys.contains_key("*"),
        }
    }

    /// The mask that holds below `key`.
    pub(in crate::sandbox) fn below(&self, key: &str) -> &Mask {
        match self {
            Self::All => &ALL,
            Self::Keys(keys) => keys.get(key).or_else(|| keys.get("*")).unwrap_or(&ALL),
        }
    }

    /// Whether naming top-level keys says all there is to say, so that a record need not be pruned after writing.
    pub(in crate::sandbox) fn is_flat(&self) -> bool {
        match self {
            Self::All => true,
            Self::Keys(keys) => keys.values().all(|mask| *mask == Self::All),
        }
    }

    /// The keys named at this level.
    pub(in crate::sandbox) fn named(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::All => None,
            Self::Keys(keys) => Some(keys.keys().map(String::as_str).filter(|key| *key != "*")),
        }
        .into_iter()
        .flatten()
    }

    /// Removes what was not asked for; a mask reaches through lists, as Google's does.
    pub(in crate::sandbox) fn prune(&self, value: &mut Value) {
        match (self, value) {
            (Self::All, _) => {}
            (Self::Keys(_), Value::Array(items)) => items.iter_mut().for_each(|item| self.prune(item)),
            (Self::Keys(_), Value::Object(object)) => {
                object.retain(|key, _| self.allows(key));
                object.iter_mut().for_each(|(key, value)| self.below(key).prune(value));
            }
            (Self::Keys(_), _) => {}
        }
    }
}

fn keys(rest: &mut &str) -> Option<Mask> {
    let mut found = BTreeMap::new();
    loop {
        let end = rest.find([',', '(', ')', '/']).unwrap_or(rest.len());
        let key = rest[..end].trim();
        if key.is_empty() {
            return None;
        }
        *rest = &rest[end..];
        let below = tail(rest)?;
        merge(&mut found, key.to_owned(), below);
        match rest.strip_prefix(',') {
            Some(after) => *rest = after,
            None => return Some(Mask::Keys(found)),
        }
    }
}

/// What follows a key: `(a,b)`, `/a`, or nothing.
fn tail(rest: &mut &str) -> Option<Mask> {
    if let Some(after) = rest.strip_prefix('(') {
        *rest = after;
        let mask = keys(rest)?;
        *rest = rest.strip_prefix(')')?;
        return Some(mask);
    }
    if let Some(after) = rest.strip_prefix('/') {
        let end = after.find([',', '(', ')', '/']).unwrap_or(after.len());
        let key = after[..end].trim();
        if key.is_empty() {
            return None;
        }
        *rest = &after[end..];
        let below = tail(rest)?;
        return Some(Mask::Keys(BTreeMap::from([(key.to_owned(), below)])));
    }
    Some(Mask::All)
}

fn merge(found: &mut BTreeMap<String, Mask>, key: String, below: Mask) {
    match (found.get_mut(&key), below) {
        (Some(Mask::Keys(old)), Mask::Keys(new)) => new.into_iter().for_each(|(key, mask)| merge(old, key, mask)),
        (_, below) => {
            found.insert(key, below);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn prunes_nested_selections_through_lists() {
        let mask = Mask::parse("nextPageToken,users(id,name/fullName,emails(address)),users/etag").unwrap();
        let mut value = json!({"kind": "k", "nextPageToken": "t", "users": [
            {"id": "1", "etag": "e", "name": {"fullName": "A B", "givenName": "A"}, "emails": [{"address": "a", "type": "work"}], "aliases": []}
        ]});
        mask.prune(&mut value);
        assert_eq!(
            value,
            json!({"nextPageToken": "t", "users": [{"id": "1", "etag": "e", "name": {"fullName": "A B"}, "emails": [{"address": "a"}]}]})
        );
        assert!(!mask.below("users").is_flat());
        assert!(Mask::parse("users(id,name)").unwrap().below("users").is_flat());
    }

    #[test]
    fn refuses_malformed_masks() {
        for bad in ["", "users(", "users(id", "a,,b", "a)b", "a/"] {
            assert_eq!(Mask::parse(bad), None, "{bad}");
        }
        assert_eq!(Mask::parse("*").unwrap().below("users"), &Mask::All);
    }
}
