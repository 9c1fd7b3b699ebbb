//! Google's user resource and its conversion into a person of our model. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::model::{AccountStatus, DirectoryUser};
use crate::provider::loose;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireUser {
    pub(super) id: String,
    primary_email: Option<String>,
    name: Option<WireName>,
    suspended: Option<bool>,
    archived: Option<bool>,
    suspension_reason: Option<String>,
    is_admin: Option<bool>,
    is_delegated_admin: Option<bool>,
    org_unit_path: Option<String>,
    aliases: Option<Vec<String>>,
    non_editable_aliases: Option<Vec<String>>,
    // Typed "any" by Google: an array of objects in practice, an object or rubbish now and then.
    #[serde(default, deserialize_with = "loose::entries")]
    phones: Vec<Valued>,
    #[serde(default, deserialize_with = "loose::entries")]
    organizations: Vec<Organization>,
    #[serde(default, deserialize_with = "loose::entries")]
    relations: Vec<Valued>,
    #[serde(default, deserialize_with = "loose::entries")]
    external_ids: Vec<Valued>,
    #[serde(default, deserialize_with = "loose::entries")]
    locations: Vec<Location>,
    #[serde(default)]
    custom_schemas: Value,
    is_guest_user: Option<bool>,
    pub(super) customer_id: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireName {
    given_name: Option<String>,
    family_name: Option<String>,
    full_name: Option<String>,
    display_name: Option<String>,
}

/// An entry of a multi-valued field.
trait Entry {
    fn kind(&self) -> Option<&str>;
    fn primary(&self) -> bool {
        false
    }
}

/// A telephone, relation or external id.
#[derive(Deserialize)]
struct Valued {
    #[serde(default, deserialize_with = "loose::text")]
    value: Option<String>,
    #[serde(default, rename = "type", deserialize_with = "loose::text")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "loose::flag")]
    primary: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Organization {
    #[serde(default, deserialize_with = "loose::text")]
    title: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    department: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    cost_center: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    location: Option<String>,
    #[serde(default, rename = "type", deserialize_with = "loose::text")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "loose::flag")]
    primary: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(default, deserialize_with = "loose::text")]
    area: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    building_id: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    floor_name: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    floor_section: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    desk_code: Option<String>,
    #[serde(default, rename = "type", deserialize_with = "loose::text")]
    kind: Option<String>,
}

impl Entry for Valued {
    fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    fn primary(&self) -> bool {
        self.primary
    }
}

impl Entry for Organization {
    fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    fn primary(&self) -> bool {
        self.primary
    }
}

impl Entry for Location {
    fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }
}

/// What Google says about a person, in our words.
pub(super) fn user(wire: WireUser) -> DirectoryUser {
    let status = match (wire.suspended, wire.archived) {
        (Some(true), _) | (_, Some(true)) => Some(AccountStatus::Suspended),
        // Both flags can be absent for minutes after creation; absent is not "false" (firezone/firezone#15290).
        (None, None) => None,
        _ => Some(AccountStatus::Active),
    };
    let status_reason = match (wire.suspended, wire.archived) {
        (Some(true), _) => text(wire.suspension_reason).or_else(|| Some("suspended".into())),
        (_, Some(true)) => Some("archived".into()),
        _ => None,
    };
    let name = wire.name.unwrap_or_default();
    let (given_name, family_name) = (text(name.given_name), text(name.family_name));
    let display_name = text(name.display_name).or_else(|| text(name.full_name)).or_else(|| {
        let parts: Vec<&str> = [&given_name, &family_name].into_iter().flatten().map(String::as_str).collect();
        text(Some(parts.join(" ")))
    });
    let organization = chosen(&wire.organizations, "work");
    let email = text(wire.primary_email);
    DirectoryUser {
        external_id: wire.id,
        status,
        status_reason,
        user_name: email.clone(),
        email,
        display_name,
        given_name,
        family_name,
        title: organization.and_then(|it| it.title.clone()),
        department: organization.and_then(|it| it.department.clone()),
        cost_center: organization.and_then(|it| it.cost_center.clone()),
        manager: of_type(&wire.relations, "manager").and_then(|it| it.value.clone()),
        employee_id: of_type(&wire.external_ids, "organization").and_then(|it| it.value.clone()),
        phone: chosen(&wire.phones, "work").and_then(|it| it.value.clone()),
        location: chosen(&wire.locations, "desk")
            .and_then(place)
            .or_else(|| organization.and_then(|it| it.location.clone())),
        org_unit: text(wire.org_unit_path),
        aliases: addresses(wire.aliases, wire.non_editable_aliases),
        is_admin: wire.is_admin.unwrap_or(false),
        attributes: attributes(&wire.custom_schemas, wire.is_guest_user, wire.is_delegated_admin),
    }
}

/// Empty text is no text.
pub(super) fn text(value: Option<String>) -> Option<String> {
    value.filter(|value| !value.is_empty())
}

/// Types are compared without regard to case: Google's own prose and data differ.
fn of_type<'a, T: Entry>(entries: &'a [T], kind: &str) -> Option<&'a T> {
    entries.iter().find(|entry| entry.kind().is_some_and(|found| found.eq_ignore_ascii_case(kind)))
}

/// The primary entry, else the first of `kind`, else the first.
fn chosen<'a, T: Entry>(entries: &'a [T], kind: &str) -> Option<&'a T> {
    entries.iter().find(|entry| entry.primary()).or_else(|| of_type(entries, kind)).or_else(|| entries.first())
}

/// "Area" is Google's own text for display; without it the building and desk have to do.
fn place(location: &Location) -> Option<String> {
    location.area.clone().or_else(|| {
        let parts = [&location.building_id, &location.floor_name, &location.floor_section, &location.desk_code];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        text(Some(parts.join(" ")))
    })
}

/// Google gives addresses in no fixed order; sorted, the same addresses are the same value.
pub(super) fn addresses(editable: Option<Vec<String>>, fixed: Option<Vec<String>>) -> Vec<String> {
    let mut all: Vec<String> = editable.into_iter().chain(fixed).flatten().filter(|a| !a.is_empty()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn attributes(schemas: &Value, guest: Option<bool>, delegated: Option<bool>) -> Option<String> {
    let mut kept = BTreeMap::new();
    if schemas.as_object().is_some_and(|schemas| !schemas.is_empty()) {
        kept.insert("custom_schemas", schemas.clone());
    }
    for (key, flag) in [("is_guest", guest), ("is_delegated_admin", delegated)] {
        if flag == Some(true) {
            kept.insert(key, Value::Bool(true));
        }
    }
    if kept.is_empty() { None } else { serde_json::to_string(&kept).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> DirectoryUser {
        user(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn everything_google_says_about_a_person_finds_its_place() {
        let person = read(
            r#"{"id":"1","primaryEmail":"Ada@Corp.example","suspended":false,"archived":false,"isAdmin":true,
            "name":{"givenName":"Ada","familyName":"Lovelace","fullName":"Ada Lovelace"},"orgUnitPath":"/Staff",
            "aliases":["b@x","a@x"],"nonEditableAliases":["ada@test-google-a.com","a@x"],
            "organizations":[{"title":"old","type":"school"},
                {"title":"Analyst","department":"R&D","costCenter":"42","location":"HQ","primary":true}],
            "phones":[{"value":"+1","type":"home"},{"value":"+2","type":"WORK"}],
            "relations":[{"value":"x@x","type":"assistant"},{"value":"boss@x","type":"Manager"}],
            "externalIds":[{"value":"C-1","type":"custom"},{"value":"E-1","type":"organization"}],
            "locations":[{"type":"desk","buildingId":"B1","floorName":"2"}],
            "customSchemas":{"IT":{"badge":"7","active":true}},"isGuestUser":false,"isDelegatedAdmin":true}"#,
        );
        let text = |value: &str| Some(value.to_owned());
        let expected = DirectoryUser {
            external_id: "1".into(),
            status: Some(AccountStatus::Active),
            status_reason: None,
            email: text("Ada@Corp.example"),
            user_name: text("Ada@Corp.example"),
            display_name: text("Ada Lovelace"),
            given_name: text("Ada"),
            family_name: text("Lovelace"),
            title: text("Analyst"),
            department: text("R&D"),
            cost_center: text("42"),
            manager: text("boss@x"),
            employee_id: text("E-1"),
            phone: text("+2"),
            location: text("B1 2"),
            org_unit: text("/Staff"),
            aliases: vec!["a@x".into(), "ada@test-google-a.com".into(), "b@x".into()],
            is_admin: true,
            attributes: text(r#"{"custom_schemas":{"IT":{"active":true,"badge":"7"}},"is_delegated_admin":true}"#),
        };
        assert_eq!(person, expected);
    }

    #[test]
    fn a_flag_that_is_absent_is_unknown_and_either_flag_suspends() {
        for (flags, status, reason) in [
            ("", None, None),
            (r#","suspended":false"#, Some(AccountStatus::Active), None),
            (r#","archived":false"#, Some(AccountStatus::Active), None),
            (r#","suspended":true,"suspensionReason":"ADMIN""#, Some(AccountStatus::Suspended), Some("ADMIN")),
            (r#","suspended":true"#, Some(AccountStatus::Suspended), Some("suspended")),
            (r#","suspended":false,"archived":true"#, Some(AccountStatus::Suspended), Some("archived")),
            (r#","suspended":null,"archived":null"#, None, None),
        ] {
            let person = read(&format!(r#"{{"id":"1"{flags}}}"#));
            assert_eq!((person.status, person.status_reason.as_deref()), (status, reason), "{flags}");
        }
    }

    #[test]
    fn what_has_no_type_may_be_an_object_rubbish_or_absent() {
        let person = read(
            r#"{"id":"1","phones":{"value":"+1"},"organizations":"none","relations":[null,7,{"type":"manager"}],
            "externalIds":null,"name":{"givenName":"Cher","familyName":""}}"#,
        );
        assert_eq!((person.phone.as_deref(), person.manager, person.title), (Some("+1"), None, None));
        assert_eq!((person.display_name.as_deref(), person.family_name), (Some("Cher"), None));
    }
}
