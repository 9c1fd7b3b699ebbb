//! Finding what a name means: without regard to case, and an attribute that only an extension has without its URN.

use super::attribute::{Attribute, Schema};
use super::path::AttributePath;
use super::resource_type::{COMMON, ResourceType};

/// Where a name leads.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The extension the attribute is in; `None`: the resource itself.
    pub extension: Option<&'static Schema>,
    /// The attribute.
    pub attribute: &'static Attribute,
    /// The part of it that is named.
    pub sub: Option<&'static Attribute>,
}

impl Found {
    /// What is named in the end: the sub-attribute, else the attribute.
    pub fn leaf(&self) -> &'static Attribute {
        self.sub.unwrap_or(self.attribute)
    }
}

impl ResourceType {
    /// The type's own schema, then its extensions.
    pub fn schemas(&self) -> impl Iterator<Item = &'static Schema> {
        std::iter::once(self.schema).chain(self.extensions.iter().copied())
    }

    /// The extension of this URN, without regard to case.
    pub fn extension(&self, urn: &str) -> Option<&'static Schema> {
        self.extensions.iter().copied().find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }

    /// What `path` names, if the type knows it.
    pub fn find(&self, path: &AttributePath) -> Option<Found> {
        let own = |name: &str| {
            let common = || COMMON.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name));
            self.schema.attribute(name).or_else(common).map(|attribute| (None, attribute))
        };
        let of = |schema: &'static Schema| schema.attribute(&path.name).map(|attribute| (Some(schema), attribute));
        let (extension, attribute) = match &path.urn {
            Some(urn) if self.schema.id.eq_ignore_ascii_case(urn) => own(&path.name)?,
            Some(urn) => of(self.extension(urn)?)?,
            None => own(&path.name).or_else(|| self.extensions.iter().copied().find_map(of))?,
        };
        let sub = match &path.sub {
            Some(name) => Some(attribute.sub(name)?),
            None => None,
        };
        Some(Found { extension, attribute, sub })
    }
}
