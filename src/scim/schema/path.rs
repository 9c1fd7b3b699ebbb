//! The name of an attribute as clients write it: a URN before it, a sub-attribute after it, both optional.

use std::fmt;

/// `emails.value`, `urn:…:User:manager.value`, `userName`. Spelt as written; compared without regard to case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributePath {
    /// The schema's URN.
    pub urn: Option<String>,
    /// The attribute.
    pub name: String,
    /// The sub-attribute.
    pub sub: Option<String>,
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
