//! Scopes: what they are called on the consent screen, and how Google writes them in an answer.

/// The prefix of all API scopes.
pub(in crate::sandbox) const SCOPE: &str = "https://www.googleapis.com/auth/";

/// Directory scopes the pretend Google knows, without [`SCOPE`] and an optional `.readonly`.
const KNOWN: &[(&str, &str)] = &[
    ("admin.directory.user", "users of your organisation"),
    ("admin.directory.user.alias", "aliases of your organisation's users"),
    ("admin.directory.group", "groups of your organisation, and who is in them"),
    ("admin.directory.group.member", "group memberships of your organisation"),
    ("admin.directory.orgunit", "organisational units"),
    ("admin.directory.domain", "your organisation's domains"),
    ("admin.directory.customer", "your organisation's account"),
    ("admin.directory.userschema", "your organisation's custom user fields"),
    ("admin.reports.audit", "audit reports of your organisation"),
    ("cloud-platform", "your Google Cloud data"),
];

/// A requested scope in the form Google answers with; `None` when there is no such scope.
pub(super) fn canonical(scope: &str) -> Option<String> {
    match scope {
        "openid" => Some(scope.to_owned()),
        "email" => Some(format!("{SCOPE}userinfo.email")),
        "profile" => Some(format!("{SCOPE}userinfo.profile")),
        _ => {
            let name = scope.strip_prefix(SCOPE)?;
            (is_sign_in(scope) || description(name).is_some()).then(|| scope.to_owned())
        }
    }
}

/// Whether a scope is about signing in only: it is granted without a tick box.
pub(super) fn is_sign_in(scope: &str) -> bool {
    scope == "openid" || matches!(scope.strip_prefix(SCOPE), Some("userinfo.email" | "userinfo.profile"))
}

/// What the consent screen says of a scope.
pub(super) fn describe(scope: &str) -> String {
    scope.strip_prefix(SCOPE).and_then(description).unwrap_or_else(|| scope.to_owned())
}

fn description(name: &str) -> Option<String> {
    let (base, verb) = match name.strip_suffix(".readonly") {
        Some(base) => (base, "View"),
        None => (name, "View and manage"),
    };
    KNOWN.iter().find(|(known, _)| *known == base).map(|(_, what)| format!("{verb} {what}"))
}
