//! The name of an attribute as clients write it: a URN before it, a sub-attribute after it, both optional.

use std::fmt;

/// `emails.value`, `urn:…:User:manager.value`, `userName`. Spelt as written; compared without regard to case.
///
/// A schema's own URN reads as one as well (`urn:…:enterprise:2.0` and the name `User`): ask
/// [`ResourceType::whole_schema`](super::ResourceType::whole_schema) first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributePath {
    /// The schema's URN.
    pub urn: Option<String>,
    /// The attribute.
    pub name: String,
    /// The sub-attribute.
    pub sub: Option<String>,
}

impl AttributePath {
    /// Reads the name of an attribute, as in `attributes`, `excludedAttributes` and `sortBy`; space around it is
    /// nothing. `None`: it is no name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::read(text.trim(), true)
    }

    /// `dollar`: names may have a `$` (`members.$ref`), which RFC 7643 §2.1 knows and the grammar of RFC 7644 forgot.
    pub(in crate::scim) fn read(text: &str, dollar: bool) -> Option<Self> {
        // A URN has dots and colons of its own; what follows its last colon has none.
        let (urn, rest) = match text.rsplit_once(':') {
            Some((urn, rest)) => (Some(urn), rest),
            None => (None, text),
        };
        let (name, sub) = match rest.split_once('.') {
            Some((name, sub)) => (name, Some(sub)),
            None => (rest, None),
        };
        let named = is_name(name, dollar) && sub.is_none_or(|sub| is_name(sub, dollar));
        (named && urn.is_none_or(is_uri)).then(|| Self {
            urn: urn.map(str::to_owned),
            name: name.to_owned(),
            sub: sub.map(str::to_owned),
        })
    }
}

/// Whether `text` is the name of an attribute (ATTRNAME).
pub(in crate::scim) fn is_name(text: &str, dollar: bool) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|first| first.is_ascii_alphabetic() || (dollar && first == '$'))
        && chars.all(|char| char.is_ascii_alphanumeric() || "-_".contains(char) || (dollar && char == '$'))
}

/// Whether it is a URI as far as schemas have one: a scheme, then characters that need no escape.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|char| char.is_ascii_alphanumeric() || "-.".contains(char))
        && rest.chars().all(|char| char.is_ascii_alphanumeric() || "-._~:/".contains(char))
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(urn) = &self.urn {
            write!(f, "{urn}:")?;
        }
        f.write_str(&self.name)?;
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_urns_and_parts_are_told_apart() {
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let read = |text: &str| AttributePath::parse(text).map(|path| (path.urn, path.name, path.sub));
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(read("userName"), Some((None, "userName".into(), None)));
        assert_eq!(read(" members.$ref "), Some((None, "members".into(), some("$ref"))));
        assert_eq!(
            read(&format!("{enterprise}:manager.value")),
            Some((some(enterprise), "manager".into(), some("value")))
        );
        for text in
            ["", ".", "a.", ".a", "a.b.c", "1a", "_a", "a b", "a:", "a:b", "urn:::", "name[x]", "\u{e4}", "a_b:c:d"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_read_prints_as_it_was() {
        for text in ["emails.value", "urn:x:2.0:User:manager.$ref", "a-b_c"] {
            assert_eq!(AttributePath::parse(text).unwrap().to_string(), text);
        }
    }
}
