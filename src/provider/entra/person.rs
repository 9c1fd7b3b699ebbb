//! A Graph user, out of all that was said of it, as a person of our model. Pure.

use serde_json::{Map, Value};

use crate::model::{AccountStatus, DirectoryUser, Source};

/// What is kept beside the fields of the model: Graph's name, ours.
const KEPT: &[(&str, &str)] = &[
    ("companyName", "company"),
    ("createdDateTime", "created_at"),
    ("employeeType", "employee_type"),
    ("externalUserState", "external_user_state"),
    ("mobilePhone", "mobile_phone"),
    ("onPremisesImmutableId", "on_premises_immutable_id"),
    ("onPremisesSamAccountName", "on_premises_sam_account_name"),
    ("onPremisesSyncEnabled", "on_premises_sync_enabled"),
    ("otherMails", "other_mails"),
    ("preferredLanguage", "preferred_language"),
    ("usageLocation", "usage_location"),
    ("userType", "user_type"),
];

/// Reads a person.
pub(super) fn read(id: &str, said: &Source) -> DirectoryUser {
    let field = |key: &str| text(said.get(key));
    let proxies = texts(said.get("proxyAddresses"));
    let email =
        field("mail").or_else(|| proxies.iter().find_map(|proxy| proxy.strip_prefix("SMTP:")).map(str::to_owned));
    // Absent where the token may not read it; then what is known stays.
    let enabled = said.get("accountEnabled").and_then(Value::as_bool);
    DirectoryUser {
        external_id: id.to_owned(),
        status: enabled.map(|enabled| if enabled { AccountStatus::Active } else { AccountStatus::Suspended }),
        status_reason: (enabled == Some(false)).then(|| "disabled".to_owned()),
        aliases: aliases(&proxies, email.as_deref()),
        email,
        user_name: field("userPrincipalName"),
        display_name: field("displayName"),
        given_name: field("givenName"),
        family_name: field("surname"),
        title: field("jobTitle"),
        department: field("department"),
        cost_center: said.get("employeeOrgData").and_then(|data| text(data.get("costCenter"))),
        manager: field("manager"),
        employee_id: field("employeeId"),
        phone: texts(said.get("businessPhones")).into_iter().next().or_else(|| field("mobilePhone")),
        location: field("officeLocation"),
        org_unit: None,
        is_admin: false,
        attributes: attributes(said),
    }
}

/// Mail addresses among the proxies (`SMTP:` is the primary one, `smtp:` the others; `SIP:` and `X500:` are no mail).
fn aliases(proxies: &[String], email: Option<&str>) -> Vec<String> {
    let address = |proxy: &String| {
        let (scheme, address) = proxy.split_once(':')?;
        scheme.eq_ignore_ascii_case("smtp").then(|| address.to_owned())
    };
    let is_primary = |address: &String| email.is_some_and(|email| email.eq_ignore_ascii_case(address));
    let mut all: Vec<String> =
        proxies.iter().filter_map(address).filter(|address| !address.is_empty() && !is_primary(address)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn attributes(said: &Source) -> Option<String> {
    let mut kept = kept(said, KEPT);
    if text(said.get("userType")).is_some_and(|kind| kind.eq_ignore_ascii_case("guest")) {
        kept.insert("is_guest".into(), Value::Bool(true));
    }
    written(kept)
}

/// The properties of `names` that have a value, under our names for them.
pub(super) fn kept(said: &Source, names: &[(&str, &str)]) -> Map<String, Value> {
    let value = |key: &str| said.get(key).filter(|value| !is_nothing(value)).cloned();
    names.iter().filter_map(|(theirs, ours)| Some(((*ours).to_owned(), value(theirs)?))).collect()
}

/// An object as the model keeps it: as text, or not at all.
pub(super) fn written(kept: Map<String, Value>) -> Option<String> {
    (!kept.is_empty()).then(|| Value::Object(kept).to_string())
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

/// Text that says something; anything else is nothing.
pub(super) fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The texts of a list; a lone text is a list of one.
pub(super) fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(list)) => list.iter().filter_map(|item| text(Some(item))).collect(),
        other => text(other).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn person(said: Value) -> DirectoryUser {
        read("id-1", said.as_object().unwrap())
    }

    #[test]
    fn everything_graph_says_about_a_person_finds_its_place() {
        let person = person(json!({
            "userPrincipalName": "ada@corp.example", "mail": "Ada@Corp.example", "otherMails": ["ada@home.example"],
            "proxyAddresses": ["smtp:b@corp.example", "SMTP:ada@corp.example", "SIP:ada@corp.example", "smtp:a@corp.example"],
            "displayName": "Ada Lovelace", "givenName": "Ada", "surname": "Lovelace", "jobTitle": "Analyst",
            "department": "R&D", "companyName": "Corp", "officeLocation": "HQ 2", "employeeId": "E-1",
            "mobilePhone": "+2", "businessPhones": ["+1"], "accountEnabled": true, "userType": "Member",
            "manager": "id-2", "onPremisesSyncEnabled": false, "usageLocation": null
        }));
        let text = |value: &str| Some(value.to_owned());
        let expected = DirectoryUser {
            external_id: "id-1".into(),
            status: Some(AccountStatus::Active),
            status_reason: None,
            email: text("Ada@Corp.example"),
            user_name: text("ada@corp.example"),
            display_name: text("Ada Lovelace"),
            given_name: text("Ada"),
            family_name: text("Lovelace"),
            title: text("Analyst"),
            department: text("R&D"),
            cost_center: None,
            manager: text("id-2"),
            employee_id: text("E-1"),
            phone: text("+1"),
            location: text("HQ 2"),
            org_unit: None,
            aliases: vec!["a@corp.example".into(), "b@corp.example".into()],
            is_admin: false,
            attributes: text(
                r#"{"company":"Corp","mobile_phone":"+2","on_premises_sync_enabled":false,"other_mails":["ada@home.example"],"user_type":"Member"}"#,
            ),
        };
        assert_eq!(person, expected);
    }

    #[test]
    fn the_address_is_mail_or_the_primary_proxy_and_never_the_sign_in_name() {
        let email = |said| person(said).email;
        assert_eq!(email(json!({"mail": null, "proxyAddresses": ["smtp:a@x", "SMTP:b@x"]})).as_deref(), Some("b@x"));
        assert_eq!(email(json!({"userPrincipalName": "ada_home.example#EXT#@corp.onmicrosoft.com"})), None);
        assert_eq!(email(json!({"proxyAddresses": ["smtp:a@x"]})), None);
    }

    #[test]
    fn an_account_is_enabled_disabled_or_unknown_and_nothing_of_a_wrong_type_is_read() {
        assert_eq!(person(json!({"accountEnabled": false})).status, Some(AccountStatus::Suspended));
        assert_eq!(person(json!({"accountEnabled": null})).status, None);
        let odd = person(json!({"displayName": 7, "businessPhones": "+1", "proxyAddresses": [null, 3], "mail": ["a"]}));
        assert_eq!((odd.display_name, odd.phone.as_deref(), odd.email), (None, Some("+1"), None));
        let guest = person(json!({"userType": "Guest"})).attributes.unwrap();
        assert_eq!(guest, r#"{"is_guest":true,"user_type":"Guest"}"#);
    }
}
