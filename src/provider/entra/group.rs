//! A Graph group, out of all that was said of it, as a group of our model. Pure.

use serde_json::Value;

use super::person::{kept, text, texts, written};
use crate::model::{DirectoryGroup, Source};

/// What is kept beside the fields of the model: Graph's name, ours.
const KEPT: &[(&str, &str)] = &[
    ("createdDateTime", "created_at"),
    ("mailNickname", "mail_nickname"),
    ("membershipRule", "membership_rule"),
    ("onPremisesSyncEnabled", "on_premises_sync_enabled"),
    ("visibility", "visibility"),
];

/// Reads a group.
pub(super) fn read(id: &str, said: &Source) -> DirectoryGroup {
    let field = |key: &str| text(said.get(key));
    let mut attributes = kept(said, KEPT);
    if has_type(said, "DynamicMembership") {
        attributes.insert("dynamic".into(), Value::Bool(true));
    }
    DirectoryGroup {
        external_id: id.to_owned(),
        name: field("displayName"),
        email: field("mail"),
        description: field("description"),
        kind: kind(said).map(str::to_owned),
        aliases: Vec::new(),
        attributes: written(attributes),
    }
}

/// The four kinds of learn.microsoft.com/graph/api/resources/groups-overview; membership by rule is an attribute, for
/// groups of two of the kinds can have it.
fn kind(said: &Source) -> Option<&'static str> {
    let flag = |key: &str| said.get(key).and_then(Value::as_bool);
    if has_type(said, "Unified") {
        return Some("microsoft_365");
    }
    match (flag("securityEnabled"), flag("mailEnabled")) {
        (Some(true), Some(true)) => Some("mail_enabled_security"),
        (Some(true), _) => Some("security"),
        (_, Some(true)) => Some("distribution"),
        _ => None,
    }
}

fn has_type(said: &Source, wanted: &str) -> bool {
    texts(said.get("groupTypes")).iter().any(|kind| kind.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn group(said: Value) -> DirectoryGroup {
        read("id-1", said.as_object().unwrap())
    }

    #[test]
    fn a_group_is_of_one_of_four_kinds_and_may_be_dynamic() {
        for (types, security, mail, kind) in [
            (json!(["Unified"]), false, true, "microsoft_365"),
            (json!(["Unified", "DynamicMembership"]), true, true, "microsoft_365"),
            (json!([]), true, false, "security"),
            (json!([]), true, true, "mail_enabled_security"),
            (json!([]), false, true, "distribution"),
        ] {
            let said = json!({"groupTypes": types, "securityEnabled": security, "mailEnabled": mail});
            assert_eq!(group(said).kind.as_deref(), Some(kind));
        }
        assert_eq!(group(json!({})).kind, None);
        let rule = json!({"groupTypes": ["DynamicMembership"], "membershipRule": "user.department -eq \"IT\"",
            "onPremisesSyncEnabled": null});
        let expected = r#"{"dynamic":true,"membership_rule":"user.department -eq \"IT\""}"#;
        assert_eq!(group(rule).attributes.as_deref(), Some(expected));
    }
}
