//! Graph's resources as the contract should show them, in a reading of its own: written from Graph's reference and from
//! what dirsync promises, not from what the provider does.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::conformance::picture::{Fields, Picture};

/// What everybody there is called: by address, else by sign-in name.
pub(super) fn labels(tenant: &Value) -> BTreeMap<String, String> {
    let label = |user: &Value| address(user).or_else(|| text(&user["userPrincipalName"]));
    list(&tenant["users"]).iter().filter_map(|user| Some((id(user), label(user)?))).collect()
}

/// The sandbox's tenant as the store should hold it; `known` is what people were called who have been here.
pub(crate) fn picture(tenant: &Value, known: &BTreeMap<String, String>) -> Picture {
    let mut names = known.clone();
    names.extend(labels(tenant));
    let people: BTreeMap<String, Fields> =
        list(&tenant["users"]).iter().map(|user| (id(user), person(user, &names))).collect();
    let groups = list(&tenant["groups"]).iter().map(|raw| (id(raw), group(raw))).collect();
    let mut memberships = BTreeMap::new();
    for (of, members) in tenant["members"].as_object().unwrap() {
        for raw in list(members) {
            let kind = match raw["@odata.type"].as_str().unwrap() {
                "#microsoft.graph.user" => "user",
                "#microsoft.graph.group" => "group",
                _ => "other",
            };
            let member = people.get(&id(raw));
            // Who is gone is in no group.
            if kind == "user" && member.is_none() {
                continue;
            }
            let email = member.and_then(|person| person["email"].clone());
            let fields =
                BTreeMap::from([("member_kind", Some(kind.to_owned())), ("member_email", email), ("role", None)]);
            memberships.insert((of.clone(), id(raw)), fields);
        }
    }
    Picture { people, groups, memberships }.finished()
}

fn person(user: &Value, names: &BTreeMap<String, String>) -> Fields {
    let field = |key: &str| text(&user[key]);
    let email = address(user);
    // No account is disabled that does not say so.
    let disabled = user["accountEnabled"] == json!(false);
    let manager = text(&user["manager"]["id"]);
    let aliases: BTreeSet<&str> = list(&user["proxyAddresses"])
        .iter()
        .filter_map(|proxy| proxy.as_str()?.strip_prefix("smtp:"))
        .filter(|alias| Some(*alias) != email.as_deref())
        .collect();
    let phone = list(&user["businessPhones"]).first().and_then(text).or_else(|| field("mobilePhone"));
    let kept = [
        ("company", "companyName"),
        ("created_at", "createdDateTime"),
        ("employee_type", "employeeType"),
        ("external_user_state", "externalUserState"),
        ("mobile_phone", "mobilePhone"),
        ("on_premises_immutable_id", "onPremisesImmutableId"),
        ("on_premises_sam_account_name", "onPremisesSamAccountName"),
        ("on_premises_sync_enabled", "onPremisesSyncEnabled"),
        ("other_mails", "otherMails"),
        ("preferred_language", "preferredLanguage"),
        ("usage_location", "usageLocation"),
        ("user_type", "userType"),
    ];
    let mut kept = attributes(user, &kept);
    if user["userType"] == json!("Guest") {
        kept.insert("is_guest".into(), json!(true));
    }
    BTreeMap::from([
        ("email", email),
        ("user_name", field("userPrincipalName")),
        ("display_name", field("displayName")),
        ("given_name", field("givenName")),
        ("family_name", field("surname")),
        ("status", Some(if disabled { "suspended" } else { "active" }.to_owned())),
        ("status_reason", disabled.then(|| "disabled".to_owned())),
        ("title", field("jobTitle")),
        ("department", field("department")),
        ("cost_center", None),
        ("manager", manager.map(|id| names.get(&id).cloned().unwrap_or(id))),
        ("employee_id", field("employeeId")),
        ("phone", phone),
        ("location", field("officeLocation")),
        ("org_unit", None),
        ("aliases", Some(json!(aliases).to_string())),
        ("is_admin", Some("0".into())),
        ("attributes", shown(kept)),
    ])
}

fn group(group: &Value) -> Fields {
    let flag = |key: &str| group[key] == json!(true);
    let of_type = |kind: &str| list(&group["groupTypes"]).contains(&json!(kind));
    let kind = match (of_type("Unified"), flag("securityEnabled"), flag("mailEnabled")) {
        (true, ..) => "microsoft_365",
        (_, true, true) => "mail_enabled_security",
        (_, true, false) => "security",
        _ => "distribution",
    };
    BTreeMap::from([
        ("name", text(&group["displayName"])),
        ("email", text(&group["mail"])),
        ("description", text(&group["description"])),
        ("kind", Some(kind.to_owned())),
        ("aliases", Some("[]".into())),
    ])
}

/// The address is never the sign-in name.
fn address(user: &Value) -> Option<String> {
    let primary = || list(&user["proxyAddresses"]).iter().find_map(|proxy| proxy.as_str()?.strip_prefix("SMTP:"));
    text(&user["mail"]).or_else(|| primary().map(str::to_owned))
}

fn attributes(record: &Value, names: &[(&str, &str)]) -> Map<String, Value> {
    let said = |value: &Value| !matches!(value, Value::Null) && *value != json!("") && *value != json!([]);
    let kept = names.iter().map(|(ours, theirs)| ((*ours).to_owned(), record[*theirs].clone()));
    kept.filter(|(_, value)| said(value)).collect()
}

fn shown(kept: Map<String, Value>) -> Option<String> {
    (!kept.is_empty()).then(|| Value::Object(kept).to_string())
}

fn id(record: &Value) -> String {
    record["id"].as_str().unwrap().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}
