//! From a path to a method of the API: what it reads, which scopes open it, what faults and the log call it.

use crate::sandbox::google::oauth::SCOPE;

/// Where all methods live.
pub(super) const ROOT: &str = "/admin/directory/v1/";

/// A method and the keys in its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Users,
    User(String),
    UserAliases(String),
    Groups,
    Group(String),
    GroupAliases(String),
    Members(String),
    Member(String, String),
    HasMember(String, String),
    OrgUnits(String),
    OrgUnit(String, String),
    Domains(String),
    DomainAliases(String),
    Customer(String),
    Schemas(String),
}

impl Method {
    /// The method at a path below [`ROOT`].
    pub(super) fn at(path: &str) -> Option<Self> {
        let segments: Vec<String> = path.split('/').map(decode).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let own = |text: &str| text.to_owned();
        Some(match segments.as_slice() {
            ["users"] => Self::Users,
            ["users", user] => Self::User(own(user)),
            ["users", user, "aliases"] => Self::UserAliases(own(user)),
            ["groups"] => Self::Groups,
            ["groups", group] => Self::Group(own(group)),
            ["groups", group, "aliases"] => Self::GroupAliases(own(group)),
            ["groups", group, "members"] => Self::Members(own(group)),
            ["groups", group, "members", member] => Self::Member(own(group), own(member)),
            ["groups", group, "hasMember", member] => Self::HasMember(own(group), own(member)),
            ["customer", customer, "orgunits"] => Self::OrgUnits(own(customer)),
            ["customer", customer, "orgunits", path @ ..] => Self::OrgUnit(own(customer), path.join("/")),
            ["customer", customer, "domains"] => Self::Domains(own(customer)),
            ["customer", customer, "domainaliases"] => Self::DomainAliases(own(customer)),
            ["customer", customer, "schemas"] => Self::Schemas(own(customer)),
            ["customers", customer] => Self::Customer(own(customer)),
            _ => return None,
        })
    }

    /// What faults call it.
    pub(super) fn area(&self) -> &'static str {
        match self {
            Self::Users | Self::User(_) | Self::UserAliases(_) => "users",
            Self::Groups | Self::Group(_) | Self::GroupAliases(_) => "groups",
            Self::Members(_) | Self::Member(..) | Self::HasMember(..) => "members",
            Self::OrgUnits(_) | Self::OrgUnit(..) => "orgunits",
            Self::Domains(_) | Self::DomainAliases(_) => "domains",
            Self::Customer(_) => "customers",
            Self::Schemas(_) => "schemas",
        }
    }

    /// The path with its keys left open, as the log counts it.
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::User(_) => "users/{userKey}",
            Self::UserAliases(_) => "users/{userKey}/aliases",
            Self::Groups => "groups",
            Self::Group(_) => "groups/{groupKey}",
            Self::GroupAliases(_) => "groups/{groupKey}/aliases",
            Self::Members(_) => "groups/{groupKey}/members",
            Self::Member(..) => "groups/{groupKey}/members/{memberKey}",
            Self::HasMember(..) => "groups/{groupKey}/hasMember/{memberKey}",
            Self::OrgUnits(_) => "customer/{customerId}/orgunits",
            Self::OrgUnit(..) => "customer/{customerId}/orgunits/{orgUnitPath}",
            Self::Domains(_) => "customer/{customer}/domains",
            Self::DomainAliases(_) => "customer/{customer}/domainaliases",
            Self::Customer(_) => "customers/{customerKey}",
            Self::Schemas(_) => "customer/{customerId}/schemas",
        }
    }

    /// The user or group in the path.
    pub(super) fn key(&self) -> Option<&str> {
        match self {
            Self::User(key) | Self::UserAliases(key) => Some(key),
            Self::Group(key) | Self::GroupAliases(key) | Self::Members(key) => Some(key),
            Self::Member(key, _) | Self::HasMember(key, _) => Some(key),
            _ => None,
        }
    }

    /// The scopes any of which opens it.
    pub(super) fn scopes(&self) -> Vec<String> {
        let names: &[&str] = match self {
            Self::UserAliases(_) => &["user", "user.alias"],
            Self::Users | Self::User(_) => &["user"],
            Self::Groups | Self::Group(_) | Self::GroupAliases(_) => &["group"],
            Self::Members(_) | Self::Member(..) | Self::HasMember(..) => &["group", "group.member"],
            Self::OrgUnits(_) | Self::OrgUnit(..) => &["orgunit"],
            Self::Domains(_) | Self::DomainAliases(_) => &["domain"],
            Self::Customer(_) => &["customer"],
            Self::Schemas(_) => &["userschema"],
        };
        let both =
            |name: &&str| [format!("{SCOPE}admin.directory.{name}"), format!("{SCOPE}admin.directory.{name}.readonly")];
        names.iter().flat_map(both).collect()
    }
}

/// Decodes %XX in a path segment (a `+` stays one, unlike in a query).
fn decode(segment: &str) -> String {
    let bytes = segment.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = segment.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match hex {
            Some(byte) if bytes[at] == b'%' => {
                out.push(byte);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_paths() {
        assert_eq!(Method::at("users"), Some(Method::Users));
        assert_eq!(Method::at("users/a%2Bb%40c.example"), Some(Method::User("a+b@c.example".into())));
        assert_eq!(Method::at("groups/01abc/members"), Some(Method::Members("01abc".into())));
        assert_eq!(
            Method::at("customer/C01/orgunits/Staff/Sales"),
            Some(Method::OrgUnit("C01".into(), "Staff/Sales".into()))
        );
        assert_eq!(Method::at("devices"), None);
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%zzé%C3%A9"), "%zzéé");
    }
}
