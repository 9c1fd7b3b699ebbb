//! What an address below an integration's base means, and which methods go there (RFC 7644 §3.2, §4).

use axum::http::Method;

use crate::scim::schema::{GROUP, ResourceType, USER};
use crate::store::scim::ResourceKind;

/// What a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// All resources of a type.
    All(Type),
    /// One resource, by id.
    One(Type, String),
    /// All resources of all types.
    Everything,
    /// A search, in a type or in all.
    Search(Option<Type>),
    /// Several operations at once.
    Bulk,
    /// The account of whoever asks; a directory's token is nobody's.
    Me,
    /// What this server can do.
    ServiceProviderConfig,
    /// The types of resources, or one by name.
    ResourceTypes(Option<String>),
    /// The schemas, or one by URN.
    Schemas(Option<String>),
}

/// A type of resource that is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    User,
    Group,
}

impl Type {
    pub(super) const ALL: [Self; 2] = [Self::User, Self::Group];

    /// Its line in the table of schemas.
    pub(super) fn schema(self) -> &'static ResourceType {
        match self {
            Self::User => &USER,
            Self::Group => &GROUP,
        }
    }

    /// Its kind in the store.
    pub(super) fn stored(self) -> ResourceKind {
        match self {
            Self::User => ResourceKind::User,
            Self::Group => ResourceKind::Group,
        }
    }

    fn of_endpoint(segment: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.schema().endpoint.trim_start_matches('/').eq_ignore_ascii_case(segment))
    }
}

impl Target {
    /// What `path`, everything after the base, means; `None`: nothing here. A slash at the end means nothing, and case
    /// matters only in ids.
    pub(super) fn of(path: &str) -> Option<Self> {
        let path = path.trim_matches('/');
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        let rest = decoded(rest)?;
        let is = |name: &str| first.eq_ignore_ascii_case(name);
        if let Some(kind) = Type::of_endpoint(first) {
            return match rest.as_str() {
                "" => Some(Self::All(kind)),
                ".search" => Some(Self::Search(Some(kind))),
                id if !id.contains('/') => Some(Self::One(kind, rest)),
                _ => None,
            };
        }
        let one = (!rest.is_empty()).then_some(rest);
        match one {
            one if is("ResourceTypes") => Some(Self::ResourceTypes(one)),
            one if is("Schemas") => Some(Self::Schemas(one)),
            None if first.is_empty() => Some(Self::Everything),
            None if is(".search") => Some(Self::Search(None)),
            None if is("Bulk") => Some(Self::Bulk),
            None if is("Me") => Some(Self::Me),
            // The second is its name in a draft, which Microsoft's collection of requests still asks for.
            None if is("ServiceProviderConfig") || is("serviceConfiguration") => Some(Self::ServiceProviderConfig),
            _ => None,
        }
    }

    /// The methods that go there, for `Allow`.
    pub(super) fn methods(&self) -> &'static [Method] {
        match self {
            Self::All(_) => &[Method::GET, Method::POST],
            Self::One(..) => &[Method::GET, Method::PUT, Method::PATCH, Method::DELETE],
            Self::Everything => &[Method::GET],
            Self::Search(_) | Self::Bulk => &[Method::POST],
            // Whatever it is asked, it is not there.
            Self::Me => &[Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE],
            Self::ServiceProviderConfig | Self::ResourceTypes(_) | Self::Schemas(_) => &[Method::GET],
        }
    }

    /// For the log: what, not which.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::All(kind) | Self::One(kind, _) | Self::Search(Some(kind)) => kind.schema().endpoint,
            Self::Everything => "/",
            Self::Search(None) => "/.search",
            Self::Bulk => "/Bulk",
            Self::Me => "/Me",
            Self::ServiceProviderConfig => "/ServiceProviderConfig",
            Self::ResourceTypes(_) => "/ResourceTypes",
            Self::Schemas(_) => "/Schemas",
        }
    }

    /// Whether it says nothing of anybody, and so needs no token (RFC 7643 §5).
    pub(super) fn is_public(&self) -> bool {
        matches!(self, Self::ServiceProviderConfig | Self::ResourceTypes(_) | Self::Schemas(_))
    }
}

fn decoded(segment: &str) -> Option<String> {
    percent_encoding::percent_decode_str(segment).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_of_the_standard_leads_somewhere() {
        let urn = "urn:ietf:params:scim:schemas:core:2.0:User";
        for (path, target) in [
            ("/Users", Target::All(Type::User)),
            ("/Users/", Target::All(Type::User)),
            ("/groups/a%20b", Target::One(Type::Group, "a b".into())),
            ("/Users/.search", Target::Search(Some(Type::User))),
            ("/.search", Target::Search(None)),
            ("/Bulk", Target::Bulk),
            ("/Me", Target::Me),
            ("/ServiceProviderConfig", Target::ServiceProviderConfig),
            ("/Schemas", Target::Schemas(None)),
            (&format!("/Schemas/{urn}"), Target::Schemas(Some(urn.into()))),
            ("/ResourceTypes/User", Target::ResourceTypes(Some("User".into()))),
        ] {
            assert_eq!(Target::of(path), Some(target), "{path}");
        }
        assert_eq!((Target::of(""), Target::of("/")), (Some(Target::Everything), Some(Target::Everything)));
        for nowhere in ["/Devices", "/Users/a/b", "/Bulk/1", "/Users/%ff"] {
            assert_eq!(Target::of(nowhere), None, "{nowhere}");
        }
    }
}
