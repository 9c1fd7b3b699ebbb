//! Scopes: which exist, which need an administrator, and how they are written.

use super::errors::Refusal;
use crate::sandbox::entra::server::World;

/// The sign-in scopes, which belong to no API.
const SIGN_IN: &[&str] = &["openid", "profile", "email", "offline_access"];

/// Graph permissions the pretend service knows, whether they need an administrator, and what the page says.
const KNOWN: &[(&str, bool, &str)] = &[
    ("User.Read", false, "Sign you in and read your profile"),
    ("User.ReadBasic.All", false, "Read all users' basic profiles"),
    ("User.Read.All", true, "Read all users' full profiles"),
    ("User.ReadWrite.All", true, "Read and write all users' full profiles"),
    ("Group.Read.All", true, "Read all groups"),
    ("Group.ReadWrite.All", true, "Read and write all groups"),
    ("GroupMember.Read.All", true, "Read group memberships"),
    ("GroupMember.ReadWrite.All", true, "Read and write group memberships"),
    ("Member.Read.Hidden", true, "Read hidden memberships"),
    ("Directory.Read.All", true, "Read directory data"),
    ("Directory.ReadWrite.All", true, "Read and write directory data"),
    ("Organization.Read.All", true, "Read organization information"),
    ("Device.Read.All", true, "Read all devices"),
];

/// What the registration is configured for: what `.default` stands for.
const CONFIGURED: &[&str] = &["User.Read", "User.Read.All", "GroupMember.Read.All", "Organization.Read.All"];

/// The app's own permissions, as far as configured.
pub(in crate::sandbox::entra) const APPLICATION: &[&str] =
    &["User.Read.All", "GroupMember.Read.All", "Organization.Read.All"];

/// What a request asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// `openid` and the like.
    pub(super) sign_in: Vec<String>,
    /// Graph's permissions, in their short form.
    pub(super) graph: Vec<String>,
    /// What stood before the permissions, if anything did: the answer is written alike.
    pub(super) prefix: String,
}

impl Asked {
    pub(super) fn has(&self, sign_in: &str) -> bool {
        self.sign_in.iter().any(|scope| scope == sign_in)
    }
}

/// The roots Graph's permissions can be written with.
fn roots(world: &World) -> [String; 2] {
    ["https://graph.microsoft.com/".to_owned(), format!("{}/", world.stage.base_url)]
}

/// Whether a scope is `.default` of Graph.
pub(super) fn is_default(world: &World, scope: &str) -> bool {
    roots(world)
        .iter()
        .any(|root| scope.strip_prefix(root.as_str()).is_some_and(|rest| rest == ".default" || rest == "/.default"))
}

/// Reads a `scope` parameter.
pub(super) fn parse(world: &World, text: &str) -> Result<Asked, Refusal> {
    let mut asked = Asked::default();
    let mut default = false;
    for scope in text.split(' ').filter(|scope| !scope.is_empty()) {
        if SIGN_IN.contains(&scope) {
            asked.sign_in.push(scope.to_owned());
            continue;
        }
        if is_default(world, scope) {
            default = true;
            continue;
        }
        let root = roots(world).into_iter().find(|root| scope.starts_with(root.as_str()));
        let name = root.as_deref().map_or(scope, |root| &scope[root.len()..]);
        if name.contains("://") {
            return Err(Refusal::new(
                "invalid_resource",
                500_011,
                "The resource principal was not found in the tenant.",
            ));
        }
        let known = KNOWN.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
        let Some((known, ..)) = known else {
            let words = format!("The application asked for scope '{name}' that doesn't exist on the resource.");
            return Err(Refusal::new("invalid_client", 650_053, &words));
        };
        asked.prefix = root.unwrap_or(asked.prefix);
        if !asked.graph.iter().any(|scope| scope == known) {
            asked.graph.push((*known).to_owned());
        }
    }
    if default && !asked.graph.is_empty() {
        return Err(Refusal::new(
            "invalid_scope",
            70_011,
            "The .default scope can't be combined with resource-specific scopes.",
        ));
    }
    if default {
        asked.graph = CONFIGURED.iter().map(|scope| (*scope).to_owned()).collect();
    }
    Ok(asked)
}

/// Whether only an administrator can consent to a permission.
pub(super) fn needs_admin(scope: &str) -> bool {
    KNOWN.iter().any(|(known, admin, _)| *known == scope && *admin)
}

/// What the consent page says of a permission.
pub(super) fn describe(scope: &str) -> &str {
    KNOWN.iter().find(|(known, ..)| *known == scope).map_or(scope, |(_, _, words)| words)
}
