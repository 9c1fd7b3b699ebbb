//! What the directory has to hold, worked out from the API's own shape without any of the program's code, and what it
//! does hold: by the views that anybody may read, and by the commands.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::company::Company;

/// By external id (of a membership: group and member), every field.
type Rows = BTreeMap<String, Value>;

/// The three listings.
#[derive(Debug, PartialEq)]
pub(crate) struct Content {
    users: Rows,
    groups: Rows,
    memberships: Rows,
}

/// Compares field by field, and says where the first difference is.
pub(crate) fn assert_true(company: &Company) {
    let expected = expected(&company.sandbox.truth());
    compare("v1_*", &by_views(company), &expected);
    compare("commands", &by_commands(company, &expected), &expected);
}

fn compare(how: &str, found: &Content, expected: &Content) {
    for (what, found, expected) in [
        ("users", &found.users, &expected.users),
        ("groups", &found.groups, &expected.groups),
        ("memberships", &found.memberships, &expected.memberships),
    ] {
        let ids: BTreeSet<&String> = found.keys().chain(expected.keys()).collect();
        for id in ids {
            assert_eq!(found.get(id), expected.get(id), "{what} {id} by {how}");
        }
    }
}

fn expected(truth: &Value) -> Content {
    let list = |key: &str| truth[key].as_array().unwrap();
    let people: BTreeSet<&str> = list("users").iter().map(|user| user["id"].as_str().unwrap()).collect();
    let domains: Vec<&str> = list("domains").iter().map(|it| it["domainName"].as_str().unwrap()).collect();
    let mut memberships = Rows::new();
    let mut groups_of: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut groups = Rows::new();
    for group in list("groups") {
        let id = group["id"].as_str().unwrap();
        let members = truth["members"][id].as_array().unwrap();
        for member in members {
            let member_id = member["id"].as_str().unwrap();
            groups_of.entry(member_id).or_default().push(group["email"].as_str().unwrap());
            let email = member["email"].as_str();
            let ours = email
                .and_then(|email| email.split_once('@'))
                .is_some_and(|(_, domain)| domains.iter().any(|ours| domain.eq_ignore_ascii_case(ours)));
            let kind = match member["type"].as_str().unwrap() {
                "USER" if people.contains(member_id) || ours => "user",
                "USER" => "external",
                "GROUP" => "group",
                "CUSTOMER" => "everyone",
                _ => "other",
            };
            let role = member["role"].as_str().map(str::to_lowercase);
            memberships.insert(
                format!("{id} {member_id}"),
                json!({"external_id": member_id, "kind": kind, "email": email, "role": role}),
            );
        }
        let text = |key: &str| group[key].as_str().filter(|text| !text.is_empty());
        groups.insert(
            id.to_owned(),
            json!({"integration": "corp", "external_id": id, "name": text("name"), "email": text("email"),
                "description": text("description"), "kind": null, "members": members.len()}),
        );
    }
    let person = |user: &Value| {
        let id = user["id"].as_str().unwrap().to_owned();
        let mut groups = groups_of.get(id.as_str()).cloned().unwrap_or_default();
        groups.sort_unstable();
        (id, person(user, &groups))
    };
    Content { users: list("users").iter().map(person).collect(), groups, memberships }
}

fn person(user: &Value, groups: &[&str]) -> Value {
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    // The sandbox marks one entry as primary wherever there are several.
    let first = |list: &str, key: &str| {
        let entries = user[list].as_array()?;
        text(&entries.iter().find(|entry| entry["primary"] == true).or(entries.first())?[key])
    };
    let gone = user["suspended"] == true || user["archived"] == true;
    let addresses = ["aliases", "nonEditableAliases"].into_iter().filter_map(|key| user[key].as_array()).flatten();
    let aliases: BTreeSet<&str> = addresses.filter_map(Value::as_str).collect();
    let email = text(&user["primaryEmail"]);
    json!({
        "integration": "corp", "external_id": user["id"], "email": email, "user_name": email,
        "display_name": text(&user["name"]["fullName"]), "given_name": text(&user["name"]["givenName"]),
        "family_name": text(&user["name"]["familyName"]), "status": if gone { "suspended" } else { "active" },
        "title": first("organizations", "title"), "department": first("organizations", "department"),
        "cost_center": first("organizations", "costCenter"), "manager": first("relations", "value"),
        "employee_id": first("externalIds", "value"), "phone": first("phones", "value"),
        "location": first("locations", "area"), "org_unit": text(&user["orgUnitPath"]), "aliases": aliases,
        "is_admin": user["isAdmin"] == true, "groups": groups, "devices": [],
    })
}

fn by_views(company: &Company) -> Content {
    let users =
        rows(company, "SELECT * FROM v1_users WHERE status IN ('active', 'suspended')").into_iter().map(|row| {
            let mut row = plain(row);
            for list in ["aliases", "groups", "devices"] {
                row[list] = serde_json::from_str(row[list].as_str().unwrap()).unwrap();
            }
            row["is_admin"] = (row["is_admin"] == 1).into();
            (id(&row), row)
        });
    let memberships = rows(company, "SELECT * FROM v1_memberships").into_iter().map(|row| {
        let key =
            format!("{} {}", row["group_external_id"].as_str().unwrap(), row["member_external_id"].as_str().unwrap());
        (
            key,
            json!({"external_id": row["member_external_id"], "kind": row["member_kind"], "email": row["member_email"],
            "role": row["role"]}),
        )
    });
    let groups = rows(company, "SELECT * FROM v1_groups").into_iter().map(plain);
    Content {
        users: users.collect(),
        groups: groups.map(|row| (id(&row), row)).collect(),
        memberships: memberships.collect(),
    }
}

fn by_commands(company: &Company, expected: &Content) -> Content {
    let list = |arguments: &[&str]| match company.run(arguments).json() {
        Value::Array(rows) => rows.into_iter().map(|row| row.as_object().unwrap().clone()).collect::<Vec<_>>(),
        other => panic!("{other}"),
    };
    let users = list(&["users", "--status", "active,suspended", "-o", "json"]).into_iter().map(plain);
    let groups: Rows = list(&["groups", "-o", "json"]).into_iter().map(plain).map(|row| (id(&row), row)).collect();
    // One process per group is slow; the oddest groups are small, and come first.
    let mut memberships = Rows::new();
    for (at, group) in groups.keys().enumerate() {
        let prefix = format!("{group} ");
        if at % 4 == 0 {
            let members = list(&["groups", "members", group, "-o", "json"]);
            for mut member in members {
                assert_eq!(member.remove("path"), Some(Value::Null), "only with --nested: {member:?}");
                member.remove("display_name").unwrap();
                memberships.insert(format!("{prefix}{}", member["external_id"].as_str().unwrap()), member.into());
            }
        } else {
            let rest = expected.memberships.iter().filter(|(key, _)| key.starts_with(&prefix));
            memberships.extend(rest.map(|(key, value)| (key.clone(), value.clone())));
        }
    }
    Content { users: users.map(|row| (id(&row), row)).collect(), groups, memberships }
}

/// Without what is dirsync's own.
fn plain(mut row: Map<String, Value>) -> Value {
    for own in ["id", "created_at", "updated_at"] {
        row.remove(own);
    }
    row.into()
}

fn id(row: &Value) -> String {
    row["external_id"].as_str().unwrap().to_owned()
}

fn rows(company: &Company, sql: &str) -> Vec<Map<String, Value>> {
    use rusqlite::types::ValueRef;
    let db = rusqlite::Connection::open(company.world.database()).unwrap();
    let mut statement = db.prepare(sql).unwrap();
    let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let rows = statement.query_map([], |row| {
        let cell = |(at, name): (usize, &String)| {
            let value = match row.get_ref(at)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => number.into(),
                ValueRef::Text(text) => String::from_utf8(text.to_vec()).unwrap().into(),
                other => panic!("{name}: {other:?}"),
            };
            Ok((name.clone(), value))
        };
        names.iter().enumerate().map(cell).collect::<rusqlite::Result<Map<_, _>>>()
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}
