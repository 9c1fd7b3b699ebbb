//! What is stored against what the directory holds: who and what there is, their names and addresses, who is in what.
//! (Every column is compared by the conformance suite.)

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::hq::Hq;

fn text(value: &Value) -> Value {
    value.as_str().filter(|text| !text.is_empty()).map_or(Value::Null, Value::from)
}

/// An Entra person's e-mail is `mail`, else the primary proxy address, never the UPN.
fn email(user: &Value) -> Value {
    let proxies = user["proxyAddresses"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let primary = proxies.filter_map(|proxy| proxy.strip_prefix("SMTP:")).next();
    match text(&user["mail"]) {
        Value::Null => primary.map_or(Value::Null, Value::from),
        mail => mail,
    }
}

/// The directory, as lines.
fn truth(hq: &Hq) -> BTreeSet<String> {
    let truth = hq.sandbox.truth();
    let list = |key: &str| truth[key].as_array().unwrap().clone();
    let mut lines = BTreeSet::new();
    for user in list("users") {
        let name = ["userPrincipalName", "displayName", "jobTitle", "department"].map(|key| text(&user[key]));
        lines.insert(json!(["person", user["id"], email(&user), name[0], name[1], name[2], name[3]]).to_string());
    }
    for group in list("groups") {
        lines.insert(json!(["group", group["id"], text(&group["displayName"]), text(&group["mail"])]).to_string());
    }
    let people: BTreeSet<String> = list("users").iter().map(|user| user["id"].to_string()).collect();
    for (group, members) in truth["members"].as_object().unwrap() {
        // The memberships of people who are not listed are hidden, also of those who vanished without a word.
        let hidden = |member: &&Value| {
            member["@odata.type"] == "#microsoft.graph.user" && !people.contains(&member["id"].to_string())
        };
        let members = members.as_array().unwrap().iter().filter(|member| !hidden(member));
        lines.extend(members.map(|member| json!(["membership", group, member["id"]]).to_string()));
    }
    lines
}

/// Fails unless exactly what the directory holds is stored under this name.
#[track_caller]
pub(super) fn assert_true_of(hq: &Hq, name: &str) {
    let of = format!("integration = '{name}'");
    let tables = [
        format!(
            "SELECT json_array('person', external_id, email, user_name, display_name, title, department) FROM v1_users
             WHERE status IN ('active', 'suspended') AND {of}"
        ),
        format!("SELECT json_array('group', external_id, name, email) FROM v1_groups WHERE {of}"),
        format!(
            "SELECT json_array('membership', group_external_id, member_external_id) FROM v1_memberships WHERE {of}"
        ),
    ];
    let stored: BTreeSet<String> = tables.iter().flat_map(|sql| hq.world.column(sql)).collect();
    let truth = truth(hq);
    let shown = |some: BTreeSet<String>| some.into_iter().take(6).collect::<Vec<_>>().join("\n");
    assert!(stored == truth, "stored only:\n{}\ntrue only:\n{}", shown(&stored - &truth), shown(&truth - &stored));
}

/// As [`assert_true_of`], of `hq`.
#[track_caller]
pub(super) fn assert_true(hq: &Hq) {
    assert_true_of(hq, "hq");
}
