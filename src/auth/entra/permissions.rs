//! What is asked of Microsoft Graph, under which names, and whether it was granted. Source: learn.microsoft.com/entra/
//! identity-platform/scopes-oidc; the least that covers users, groups, members and their changes.

use super::Cloud;

/// What a person's sign-in needs (delegated permissions).
pub const DELEGATED: &[&str] = &["User.Read.All", "GroupMember.Read.All", "User.Read"];

/// What an app of its own right needs (application permissions).
pub const APPLICATION: &[&str] = &["User.Read.All", "GroupMember.Read.All"];

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
    DELEGATED.iter().find(|permission| !has(permission)).copied()
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
