//! What is asked of Microsoft Graph, under which names, and whether it was granted. Source: learn.microsoft.com/entra/
//! identity-platform/scopes-oidc; the least that covers users, groups, members and their changes.

use super::Cloud;

/// What a person's sign-in needs (delegated permissions).
pub const DELEGATED: &[&str] = &["User.Read.All", "GroupMember.Read.All", "User.Read"];

/// What an app of its own right needs (application permissions).
pub const APPLICATION: &[&str] = &["User.Read.All", "GroupMember.Read.All"];

/// What each is contained in: an organisation that granted more has granted this (learn.microsoft.com/graph/api/user-delta
/// and group-delta, "Permissions", higher privileged).
const CONTAINED_IN: &[(&str, &[&str])] = &[
    ("User.Read.All", &["User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"]),
    (
        "GroupMember.Read.All",
        &[
            "GroupMember.ReadWrite.All",
            "Group.Read.All",
            "Group.ReadWrite.All",
            "Directory.Read.All",
            "Directory.ReadWrite.All",
        ],
    ),
    ("User.Read", &["User.ReadWrite", "User.Read.All", "User.ReadWrite.All"]),
];

/// An id token with `oid` and names, and a refresh token, which version 2 gives only to those who ask.
const OPENID: &[&str] = &["openid", "profile", "email", "offline_access"];

/// A permission's name in a request: without a prefix it is the global cloud's Graph that is meant.
fn asked_as(cloud: Cloud, permission: &str) -> String {
    match cloud {
        Cloud::Global => permission.to_owned(),
        other => format!("{}/{permission}", other.graph()),
    }
}

/// The Graph permissions of a person's sign-in, by the names to ask with.
pub(super) fn delegated(cloud: Cloud) -> Vec<String> {
    DELEGATED.iter().map(|permission| asked_as(cloud, permission)).collect()
}

/// All scopes of a person's sign-in.
pub(super) fn scopes(cloud: Cloud) -> Vec<String> {
    delegated(cloud).into_iter().chain(OPENID.iter().map(|scope| (*scope).to_owned())).collect()
}

/// The one scope of an app of its own right: what is configured on its registration.
pub(super) fn default_scope(cloud: Cloud) -> String {
    format!("{}/.default", cloud.graph())
}

/// The first needed permission that `granted` lacks, in whichever form they are written.
pub(super) fn missing(cloud: Cloud, granted: &[String]) -> Option<&'static str> {
    let has = |permission: &str| granted.iter().any(|scope| short(cloud, scope).eq_ignore_ascii_case(permission));
    let more = |permission: &str| {
        let (_, more) = CONTAINED_IN.iter().find(|(contained, _)| *contained == permission)?;
        more.iter().find(|more| has(more))
    };
    DELEGATED.iter().find(|permission| !has(permission) && more(permission).is_none()).copied()
}

/// A permission without this cloud's prefix; another API's stays what it is.
pub(super) fn short(cloud: Cloud, scope: &str) -> &str {
    let root = cloud.graph();
    let prefix = scope.get(..root.len()).filter(|prefix| prefix.eq_ignore_ascii_case(root));
    prefix.and_then(|_| scope[root.len()..].strip_prefix('/')).unwrap_or(scope)
}

/// What a permission lets dirsync do, for people.
pub(super) fn purpose(permission: &str) -> &'static str {
    match permission {
        "User.Read.All" => "read the users of the organisation",
        "GroupMember.Read.All" => "read the groups of the organisation and their members",
        _ => "see who is signing in",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_is_granted_by_either_name_or_within_a_larger_one() {
        let lacks = |granted: &[&str]| {
            let granted: Vec<String> = granted.iter().map(|scope| (*scope).to_owned()).collect();
            missing(Cloud::Global, &granted)
        };
        assert_eq!(lacks(&["user.read.all", "GroupMember.Read.All", "User.Read"]), None);
        assert_eq!(
            lacks(&["https://graph.microsoft.com/User.Read.All", "https://graph.microsoft.com/Group.Read.All"]),
            None
        );
        assert_eq!(lacks(&["Directory.Read.All", "User.Read"]), None);
        assert_eq!(lacks(&["User.Read.All", "User.Read"]), Some("GroupMember.Read.All"));
        assert_eq!(lacks(&["User.Read", "Group.Read.All"]), Some("User.Read.All"));
        assert_eq!(
            lacks(&["https://other.example/User.Read.All", "Group.Read.All", "User.Read"]),
            Some("User.Read.All")
        );
    }
}
