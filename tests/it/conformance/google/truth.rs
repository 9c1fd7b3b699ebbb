//! Google's resources as the contract should show them, in a reading of its own: written from the Directory API's
//! reference and from what dirsync promises, not from what the provider does.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::conformance::picture::{Fields, Picture};

/// The sandbox's company as the store should hold it.
pub(super) fn picture(company: &Value) -> Picture {
    let list = |key: &str| company[key].as_array().cloned().unwrap_or_default();
    let id = |record: &Value| record["id"].as_str().unwrap().to_owned();
    let people: BTreeMap<String, Fields> = list("users").iter().map(|user| (id(user), person(user))).collect();
    let groups = list("groups").iter().map(|raw| (id(raw), group(raw))).collect();
    let domains: BTreeSet<String> = list("domains").iter().filter_map(|domain| text(&domain["domainName"])).collect();
    let mut memberships = BTreeMap::new();
    for (of, members) in company["members"].as_object().unwrap() {
        for raw in members.as_array().unwrap() {
            let ours = |raw: &Value| {
                let domain = text(&raw["email"]).and_then(|email| Some(email.rsplit_once('@')?.1.to_lowercase()));
                people.contains_key(&id(raw)) || domain.is_some_and(|domain| domains.contains(&domain))
            };
            memberships.insert((of.clone(), id(raw)), member(raw, ours(raw)));
        }
    }
    Picture { people, groups, memberships }.finished()
}

fn person(user: &Value) -> Fields {
    let name = |key: &str| text(&user["name"][key]);
    let both = [name("givenName"), name("familyName")].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let job = best(&user["organizations"], "work");
    let job = |key: &str| job.and_then(|job| text(&job[key]));
    let place = best(&user["locations"], "desk").and_then(|place| {
        let spelt = ["buildingId", "floorName", "floorSection", "deskCode"].map(|key| text(&place[key]));
        let spelt: Vec<String> = spelt.into_iter().flatten().collect();
        text(&place["area"]).or_else(|| Some(spelt.join(" ")).filter(|spelt| !spelt.is_empty()))
    });
    let suspended = user["suspended"] == json!(true);
    let archived = user["archived"] == json!(true);
    let reason = if suspended {
        Some(text(&user["suspensionReason"]).unwrap_or("suspended".into()))
    } else {
        archived.then(|| "archived".to_owned())
    };
    let mut kept = serde_json::Map::new();
    for (key, flag) in [("is_guest", "isGuestUser"), ("is_delegated_admin", "isDelegatedAdmin")] {
        if user[flag] == json!(true) {
            kept.insert(key.into(), json!(true));
        }
    }
    if user["customSchemas"].as_object().is_some_and(|schemas| !schemas.is_empty()) {
        kept.insert("custom_schemas".into(), user["customSchemas"].clone());
    }
    BTreeMap::from([
        ("email", text(&user["primaryEmail"])),
        ("user_name", text(&user["primaryEmail"])),
        (
            "display_name",
            name("displayName").or_else(|| name("fullName")).or(Some(both).filter(|both| !both.is_empty())),
        ),
        ("given_name", name("givenName")),
        ("family_name", name("familyName")),
        // A flag that is absent keeps what was known; of the people without flags nobody was ever suspended.
        ("status", Some(if suspended || archived { "suspended" } else { "active" }.into())),
        ("status_reason", reason),
        ("title", job("title")),
        ("department", job("department")),
        ("cost_center", job("costCenter")),
        ("manager", of_type(&user["relations"], "manager").and_then(|relation| text(&relation["value"]))),
        ("employee_id", of_type(&user["externalIds"], "organization").and_then(|number| text(&number["value"]))),
        ("phone", best(&user["phones"], "work").and_then(|phone| text(&phone["value"]))),
        ("location", place.or_else(|| job("location"))),
        ("org_unit", text(&user["orgUnitPath"])),
        ("aliases", Some(aliases(user))),
        ("is_admin", Some(i32::from(user["isAdmin"] == json!(true)).to_string())),
        ("attributes", (!kept.is_empty()).then(|| Value::Object(kept).to_string())),
    ])
}

fn group(group: &Value) -> Fields {
    BTreeMap::from([
        ("name", text(&group["name"])),
        ("email", text(&group["email"])),
        ("description", text(&group["description"])),
        ("kind", None),
        ("aliases", Some(aliases(group))),
    ])
}

fn member(member: &Value, ours: bool) -> Fields {
    let kind = match member["type"].as_str() {
        Some("USER") if ours => "user",
        Some("USER") => "external",
        Some("GROUP") => "group",
        Some("CUSTOMER") => "everyone",
        _ => "other",
    };
    BTreeMap::from([
        ("member_kind", Some(kind.to_owned())),
        ("member_email", text(&member["email"])),
        ("role", text(&member["role"]).map(|role| role.to_lowercase())),
    ])
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// All other addresses, in order, none twice.
fn aliases(record: &Value) -> String {
    let lists = ["aliases", "nonEditableAliases"].map(|key| record[key].as_array().cloned().unwrap_or_default());
    let all: BTreeSet<String> = lists.iter().flatten().filter_map(text).collect();
    json!(all).to_string()
}

fn of_type<'a>(list: &'a Value, kind: &str) -> Option<&'a Value> {
    list.as_array()?.iter().find(|entry| entry["type"].as_str().is_some_and(|is| is.to_lowercase() == kind))
}

/// The one marked primary, else the first of the usual type, else the first.
fn best<'a>(list: &'a Value, usual: &str) -> Option<&'a Value> {
    let all = list.as_array()?;
    all.iter().find(|entry| entry["primary"] == json!(true)).or_else(|| of_type(list, usual)).or_else(|| all.first())
}
