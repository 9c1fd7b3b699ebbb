//! A SCIM user or group as a person or group of our model. Pure.

use serde_json::{Map, Value};

use crate::model::{AccountStatus, DirectoryGroup, DirectoryUser};
use crate::scim::schema::{Schema, USER};

/// Attributes of a user that a field of the model takes whole.
const TAKEN: &[&str] = &["userName", "displayName", "emails", "active", "title"];
/// The same of an extension's.
const TAKEN_OF_EXTENSION: &[&str] = &["department", "costCenter", "employeeNumber", "manager"];

/// A person, out of the stored document, the SCIM id and the client's own id.
pub fn user(document: &Map<String, Value>, scim_id: &str, external_id: Option<&str>) -> DirectoryUser {
    let field = |key: &str| text(document.get(key));
    let name = |key: &str| document.get("name").and_then(|name| text(name.get(key)));
    let of_employer = |key: &str| USER.extensions.iter().find_map(|schema| document.get(schema.id)?.get(key));
    let (given_name, family_name) = (name("givenName"), name("familyName"));
    let both = || {
        let parts: Vec<&str> = [&given_name, &family_name].into_iter().filter_map(Option::as_deref).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    };
    let email = main_value(document.get("emails"));
    DirectoryUser {
        external_id: scim_id.to_owned(),
        // RFC 7643 leaves what a missing `active` means to the server; nobody sends it for people who may not work.
        status: Some(match document.get("active") {
            Some(Value::Bool(false)) => AccountStatus::Suspended,
            _ => AccountStatus::Active,
        }),
        status_reason: None,
        aliases: aliases(document.get("emails"), email.as_deref()),
        email,
        user_name: field("userName"),
        display_name: field("displayName").or_else(|| name("formatted")).or_else(both),
        given_name,
        family_name,
        title: field("title"),
        department: text(of_employer("department")),
        cost_center: text(of_employer("costCenter")),
        manager: of_employer("manager").and_then(|manager| text(manager.get("value"))),
        employee_id: text(of_employer("employeeNumber")),
        phone: main_value(document.get("phoneNumbers")),
        location: main(document.get("addresses"), |address| place(address).is_some()).and_then(place),
        org_unit: None,
        is_admin: false,
        attributes: written(rest(document, external_id)),
    }
}

/// A group, in the same way.
pub fn group(document: &Map<String, Value>, scim_id: &str, external_id: Option<&str>) -> DirectoryGroup {
    let mut rest: Map<String, Value> = document
        .iter()
        .filter(|(key, _)| *key != "displayName")
        .map(|(key, value)| (snake(key), value.clone()))
        .collect();
    rest.extend(external_id.map(|id| ("external_id".to_owned(), id.into())));
    DirectoryGroup {
        external_id: scim_id.to_owned(),
        name: text(document.get("displayName")),
        email: None,
        description: None,
        kind: None,
        aliases: Vec::new(),
        attributes: written(rest),
    }
}

/// The main value of a list: the primary one, else one of work, else the first, among those that are of use.
fn main(list: Option<&Value>, is_of_use: impl Fn(&Value) -> bool) -> Option<&Value> {
    let usable = || list.and_then(Value::as_array).into_iter().flatten().filter(|value| is_of_use(value));
    let is_primary = |value: &&Value| value.get("primary") == Some(&Value::Bool(true));
    let is_work = |value: &&Value| {
        value.get("type").and_then(Value::as_str).is_some_and(|kind| kind.eq_ignore_ascii_case("work"))
    };
    usable().find(is_primary).or_else(|| usable().find(is_work)).or_else(|| usable().next())
}

fn main_value(list: Option<&Value>) -> Option<String> {
    main(list, |value| text(value.get("value")).is_some()).and_then(|value| text(value.get("value")))
}

fn aliases(emails: Option<&Value>, email: Option<&str>) -> Vec<String> {
    let all = emails.and_then(Value::as_array).into_iter().flatten().filter_map(|value| text(value.get("value")));
    let is_primary = |address: &String| email.is_some_and(|email| email.eq_ignore_ascii_case(address));
    let mut aliases: Vec<String> = all.filter(|address| !is_primary(address)).collect();
    aliases.sort_unstable();
    aliases.dedup();
    aliases
}

/// Where an address is, in one line: town, region and country, else all that is said of it.
fn place(address: &Value) -> Option<String> {
    let parts: Vec<String> =
        ["locality", "region", "country"].iter().filter_map(|key| text(address.get(*key))).collect();
    if !parts.is_empty() {
        return Some(parts.join(", "));
    }
    let whole = text(address.get("formatted")).or_else(|| text(address.get("streetAddress")))?;
    let lines: Vec<&str> = whole.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

/// What no field of the model takes, under names in our spelling.
fn rest(document: &Map<String, Value>, external_id: Option<&str>) -> Map<String, Value> {
    let mut rest = Map::new();
    for (key, value) in document {
        let extension: Option<&&'static Schema> = USER.extensions.iter().find(|schema| schema.id == key);
        match (extension, value) {
            (Some(_), Value::Object(object)) => {
                let kept = object.iter().filter(|(key, _)| !TAKEN_OF_EXTENSION.contains(&key.as_str()));
                rest.extend(kept.map(|(key, value)| (snake(key), value.clone())));
            }
            (None, Value::Object(name)) if key == "name" => {
                let mut name = name.clone();
                name.retain(|key, _| !["givenName", "familyName"].contains(&key.as_str()));
                if document.get("displayName").is_none() || document.get("displayName") == name.get("formatted") {
                    name.remove("formatted");
                }
                if !name.is_empty() {
                    rest.insert("name".to_owned(), Value::Object(name));
                }
            }
            (None, Value::Array(phones)) if key == "phoneNumbers" && phones.len() < 2 => {}
            _ if TAKEN.contains(&key.as_str()) => {}
            _ => drop(rest.insert(snake(key), value.clone())),
        }
    }
    rest.extend(external_id.map(|id| ("external_id".to_owned(), id.into())));
    rest
}

/// `nickName` as `nick_name`, as the model spells what it keeps.
fn snake(name: &str) -> String {
    let mut spelt = String::with_capacity(name.len() + 4);
    for char in name.chars() {
        if char.is_ascii_uppercase() && !spelt.is_empty() {
            spelt.push('_');
        }
        spelt.push(char.to_ascii_lowercase());
    }
    spelt
}

fn written(kept: Map<String, Value>) -> Option<String> {
    (!kept.is_empty()).then(|| Value::Object(kept).to_string())
}

/// Text that says something; anything else is nothing.
fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::resource::{Strictness, read};
    use crate::scim::schema::GROUP;

    fn person(mut said: Value) -> DirectoryUser {
        said["userName"] = json!("ada");
        let read = read(&said, &USER, Strictness::Lenient).unwrap();
        user(&read.document, "u1", read.external_id.as_deref())
    }

    #[test]
    fn everything_a_client_says_about_a_person_finds_its_place() {
        let person = person(json!({
            "externalId": "E-9", "displayName": "Ada Lovelace", "active": "False", "title": "Analyst", "nickName": "A",
            "name": {"givenName": "Ada", "familyName": "Lovelace", "formatted": "Ada Lovelace", "middleName": "K"},
            "emails": [{"value": "z@x"}, {"value": "Ada@x", "type": "work", "primary": true}, {"value": "ada@x", "type": "home"}, {"value": "b@x"}],
            "phoneNumbers": [{"value": "+1", "type": "mobile"}, {"value": "+2", "type": "work"}],
            "addresses": [{"type": "home", "locality": "Oslo"}, {"type": "work", "locality": "Rome", "country": "Italy", "streetAddress": "Via 1"}],
            "roles": ["admin"], "locale": "it-IT",
            "department": "R&D", "costCenter": "C1", "employeeNumber": 7, "manager": "m1", "organization": "Corp", "division": "D"
        }));
        let text = |value: &str| Some(value.to_owned());
        let kept = json!({
            "addresses": [{"type": "home", "locality": "Oslo"}, {"type": "work", "locality": "Rome", "country": "Italy", "streetAddress": "Via 1"}],
            "phone_numbers": [{"value": "+1", "type": "mobile"}, {"value": "+2", "type": "work"}],
            "name": {"middleName": "K"}, "nick_name": "A", "roles": [{"value": "admin"}], "locale": "it-IT",
            "organization": "Corp", "division": "D", "external_id": "E-9"
        });
        let expected = DirectoryUser {
            external_id: "u1".into(),
            status: Some(AccountStatus::Suspended),
            status_reason: None,
            email: text("Ada@x"),
            user_name: text("ada"),
            display_name: text("Ada Lovelace"),
            given_name: text("Ada"),
            family_name: text("Lovelace"),
            title: text("Analyst"),
            department: text("R&D"),
            cost_center: text("C1"),
            manager: text("m1"),
            employee_id: text("7"),
            phone: text("+2"),
            location: text("Rome, Italy"),
            org_unit: None,
            aliases: vec!["b@x".into(), "z@x".into()],
            is_admin: false,
            attributes: text(&kept.to_string()),
        };
        assert_eq!(person, expected);
    }

    #[test]
    fn what_is_not_said_is_made_up_from_what_is_or_is_not_there() {
        let bare = person(json!({}));
        let nobody = DirectoryUser {
            external_id: "u1".into(),
            user_name: Some("ada".into()),
            status: Some(AccountStatus::Active),
            ..DirectoryUser::default()
        };
        assert_eq!(bare, nobody);
        let shown = |name: Value| person(json!({"name": name})).display_name;
        assert_eq!(shown(json!({"givenName": "Ada", "familyName": "L"})).as_deref(), Some("Ada L"));
        assert_eq!(shown(json!({"formatted": "A. L.", "givenName": "Ada"})).as_deref(), Some("A. L."));
        assert_eq!(shown(json!({"familyName": "L"})).as_deref(), Some("L"));
        let mail = |emails: Value| person(json!({"emails": emails})).email;
        assert_eq!(mail(json!([{"value": "a@x"}, {"value": "b@x", "type": "Work"}])).as_deref(), Some("b@x"));
        assert_eq!(mail(json!([{"value": "", "primary": true}, {"value": "a@x"}])).as_deref(), Some("a@x"));
        let place = |address: Value| person(json!({"addresses": [address]})).location;
        assert_eq!(place(json!({"formatted": "Via 1\r\n 00100 Rome\n"})).as_deref(), Some("Via 1, 00100 Rome"));
        assert_eq!(place(json!({"postalCode": "1"})), None);
    }

    #[test]
    fn a_group_has_a_name_and_the_clients_id() {
        let read = read(&json!({"displayName": "G", "members": ["a"]}), &GROUP, Strictness::Lenient).unwrap();
        let made = group(&read.document, "g1", Some("E1"));
        assert_eq!((made.name.as_deref(), made.attributes.as_deref()), (Some("G"), Some(r#"{"external_id":"E1"}"#)));
        assert_eq!(group(&read.document, "g1", None).attributes, None);
        assert_eq!((snake("x509Certificates"), snake("userType")), ("x509_certificates".into(), "user_type".into()));
    }
}
