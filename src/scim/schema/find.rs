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

    /// The schema whose URN `path` is as a whole: `urn:…:enterprise:2.0:User`, which also reads as the attribute
    /// `User` of a schema `…:2.0`.
    pub fn whole_schema(&self, path: &AttributePath) -> Option<&'static Schema> {
        path.urn.as_ref()?;
        let urn = path.to_string();
        self.schemas().find(|schema| schema.id.eq_ignore_ascii_case(&urn))
    }

    /// What `path` names, if the type knows it. After a URN a dot is taken for the colon, where that helps.
    pub fn find(&self, path: &AttributePath) -> Option<Found> {
        self.find_as_written(path).or_else(|| {
            let AttributePath { urn: Some(urn), name, sub: Some(sub) } = path else { return None };
            let path = AttributePath { urn: Some(format!("{urn}:{name}")), name: sub.clone(), sub: None };
            self.find_as_written(&path)
        })
    }

    fn find_as_written(&self, path: &AttributePath) -> Option<Found> {
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

#[cfg(test)]
mod tests {
    use super::super::{GROUP, USER};
    use super::*;

    fn found(kind: &ResourceType, text: &str) -> Option<(Option<&'static str>, String)> {
        let found = kind.find(&AttributePath::parse(text).unwrap())?;
        let name = match found.sub {
            Some(sub) => format!("{}.{}", found.attribute.name, sub.name),
            None => found.attribute.name.to_owned(),
        };
        Some((found.extension.map(|schema| schema.name), name))
    }

    #[test]
    fn names_lead_where_they_should() {
        let own = |name: &str| Some((None, name.to_owned()));
        let enterprise = |name: &str| Some((Some("EnterpriseUser"), name.to_owned()));
        assert_eq!(found(&USER, "EMAILS.Value"), own("emails.value"));
        assert_eq!(found(&USER, "urn:IETF:params:scim:schemas:core:2.0:User:username"), own("userName"));
        assert_eq!(found(&USER, "meta.Created"), own("meta.created"));
        assert_eq!(found(&USER, "manager.$ref"), enterprise("manager.$ref"));
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        assert_eq!(found(&USER, &format!("{urn}:manager")), enterprise("manager"));
        assert_eq!(found(&USER, &format!("{urn}.department")), enterprise("department"));
        assert_eq!(found(&USER, &format!("{urn}:userName")), None);
        assert_eq!(found(&GROUP, "manager"), None);
        assert_eq!(found(&USER, urn), None);
    }

    #[test]
    fn a_schema_is_known_by_its_whole_urn() {
        let path = |text: &str| AttributePath::parse(text).unwrap();
        let urn = "URN:ietf:params:scim:schemas:extension:Enterprise:2.0:User";
        assert_eq!(USER.whole_schema(&path(urn)).map(|schema| schema.name), Some("EnterpriseUser"));
        assert_eq!(USER.whole_schema(&path(USER.schema.id)).map(|schema| schema.name), Some("User"));
        assert!(USER.whole_schema(&path("User")).is_none() && GROUP.whole_schema(&path(urn)).is_none());
    }
}
