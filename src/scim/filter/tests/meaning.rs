//! What filters mean: a resource and who matches, and what cannot be asked.

use serde_json::{Value, json};

use crate::scim::ScimType;
use crate::scim::filter::{Grammar, check, check_value, matches, matches_value, parse};
use crate::scim::schema::{GROUP, ResourceType, USER};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn user() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "id": "2819c223",
        "externalId": "701984",
        "userName": "bjensen@example.com",
        "name": { "familyName": "O'Malley", "givenName": "ZOË" },
        "displayName": "",
        "title": "Tour Guide",
        "userType": "Employee",
        "active": true,
        "password": "t1meMa$heen",
        "emails": [
            { "value": "bjensen@example.com", "type": "work", "primary": true },
            { "value": "babs@Jensen.org", "type": "home" },
        ],
        "phoneNumbers": [],
        "addresses": [{ "type": "work", "locality": "Hollywood" }],
        "roles": [{ "value": "Admin", "primary": true }],
        "groups": [{ "value": "e9e30dba", "display": "Tour Guides" }],
        "x509Certificates": [{ "value": "MIIDQzCC" }],
        ENTERPRISE: { "employeeNumber": "701984", "manager": { "value": "26118915" } },
        "meta": {
            "resourceType": "User",
            "created": "2010-01-23T04:56:22Z",
            "lastModified": "2011-05-13T04:42:34.123Z",
            "version": "W/\"a330bc54f0671c9\"",
        },
    })
}

fn meets(text: &str) -> bool {
    let filter = parse(text, Grammar::Lenient).unwrap_or_else(|problem| panic!("{text}: {problem}"));
    check(&filter, &USER).unwrap_or_else(|problem| panic!("{text}: {problem}"));
    matches(&filter, &USER, &user())
}

#[test]
fn what_the_resource_meets() {
    for text in [
        r#"userName eq "BJensen@Example.com""#,
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "BJ""#,
        r#"name.familyName co "o'mal""#,
        r#"name.givenName eq "Zoë""#,
        r#"id eq "2819c223""#,
        "externalId eq 701984",
        "title pr and userType eq Employee",
        r#"title pr or userType eq "Intern""#,
        r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#,
        r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#,
        r#"userType ne "Intern" and not (emails co "example.net" or emails.value co "example.org")"#,
        r#"userType eq "Employee" and emails[type eq "work" and value co "@example.com"]"#,
        r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp"]"#,
        r#"emails.type eq "home" and emails.value sw "bjensen""#,
        r#"emails[type eq "work"].value eq "bjensen@example.com""#,
        r#"emails eq "BABS@jensen.org""#,
        r#"emails[primary eq true].value ew ".com""#,
        r#"roles[primary eq "True"].value eq "Admin""#,
        "active eq True",
        r#"active eq "TRUE""#,
        "active ne false",
        "groups eq e9e30dba",
        r#"manager eq "26118915""#,
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "26118915""#,
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr",
        "urn:ietf:params:scim:schemas:core:2.0:User pr",
        "manager[value eq 26118915]",
        "employeeNumber eq 701984",
        "meta.resourceType eq User",
        r#"meta.lastModified eq "2011-05-13T06:42:34.123+02:00""#,
        "meta.lastModified gt 2011-05-13T04:42:34.1229999Z",
        "meta.created lt 2010-01-23T04:56:22.0000001Z",
        r#"meta.created ge "2010-01-22T21:56:22-07:00""#,
        r#"meta.created sw "2010-01""#,
        "addresses pr and emails pr and name pr",
        r#"emails ne "bjensen@example.com""#,
        r#"nickName ne "x""#,
        "nickName eq null and title ne null",
        "phoneNumbers eq null and phoneNumbers.value eq null",
        "displayName eq null and not (displayName pr)",
        r#"displayName eq """#,
        "userName gt a and userName lt c",
    ] {
        assert!(meets(text), "{text}");
    }
}

#[test]
fn what_it_does_not_meet() {
    for text in [
        r#"id eq "2819C223""#,
        r#"emails[type eq "home" and value co "@example.com"]"#,
        r#"emails[type eq "home"].value eq "bjensen@example.com""#,
        "active eq false",
        "active eq no",
        "nickName pr or phoneNumbers pr or displayName pr",
        r#"nickName eq "" or nickName co "" or nickName lt "x""#,
        "title eq null",
        "title gt null",
        r#"userName ne "BJENSEN@example.com""#,
        "meta.lastModified le 2011-05-13T04:42:34.1229999Z",
        "meta.resourceType eq user",
        "not (emails[not (type eq work)])",
        "ims[type eq xmpp]",
        r#"groups[value eq "e9e30dba" and display eq "Others"]"#,
    ] {
        assert!(!meets(text), "{text}");
    }
}

#[test]
fn over_all_types_what_one_lacks_has_no_value() {
    let group = json!({ "id": "e9e30dba", "displayName": "Tour Guides", "members": [{ "value": "2819c223" }],
        "meta": { "resourceType": "Group" } });
    let meets = |text: &str| matches(&parse(text, Grammar::Lenient).unwrap(), &GROUP, &group);
    assert!(meets("userName ne bjensen") && meets("not (userName pr)") && meets("active eq null"));
    assert!(!meets("userName eq bjensen") && !meets("emails[value pr]") && !meets("userName sw b"));
    assert!(meets("id eq e9e30dba and members eq 2819c223") && meets("displayName eq \"tour guides\""));
    assert!(!meets("members eq 2819C223") && meets("meta.resourceType eq Group"));
    let user = |text: &str| matches(&parse(text, Grammar::Lenient).unwrap(), &USER, &user());
    assert!(!user("password pr") && !user("password sw t") && user("password eq null"));
}

#[test]
fn one_value_of_a_list_is_asked() {
    let emails = USER.schema.attribute("emails").unwrap();
    let meets = |text: &str, value: Value| matches_value(&parse(text, Grammar::Lenient).unwrap(), emails, &value);
    let work = || json!({ "type": "Work", "value": "x@y.example" });
    assert!(meets(r#"type eq "work" and value co "Y.EX""#, work()) && meets("primary ne true", work()));
    assert!(meets("primary eq null", work()) && !meets("primary eq \"True\"", work()) && !meets("nonsense pr", work()));
    assert!(meets("value eq \"X\"", json!("x")) && !meets("type pr", json!("x")) && !meets("a[value pr]", work()));
    assert!(!meets("urn:a:b:value pr", work()) && !meets("value.value pr", work()));
    let schemas = USER.find(&crate::scim::schema::AttributePath::parse("schemas").unwrap()).unwrap().attribute;
    let filter = parse("value eq urn:x", Grammar::Lenient).unwrap();
    assert!(matches_value(&filter, schemas, &json!("urn:x")) && !matches_value(&filter, schemas, &json!("URN:x")));
}

#[test]
fn what_cannot_be_asked_is_told() {
    let told = |text: &str, of: &ResourceType| {
        let problem = check(&parse(text, Grammar::Lenient).unwrap(), of).expect_err(text);
        assert_eq!((problem.status, problem.kind), (400, Some(ScimType::InvalidFilter)), "{text}");
        problem.detail
    };
    assert_eq!(told("nonsense eq 1", &USER), "filter: User has no attribute 'nonsense'");
    assert_eq!(told("userName eq x", &GROUP), "filter: Group has no attribute 'userName'");
    assert_eq!(told("title pr and not (emails[kind pr])", &USER), "filter: emails has no sub-attribute 'kind'");
    assert_eq!(told("active gt true", &USER), "filter: 'active' has no order, 'gt' does not go with it");
    assert_eq!(told("name eq x", &USER), "filter: 'name' is compared by a sub-attribute only");
    assert_eq!(told("userName[value eq x]", &USER), "filter: 'userName' has no values to choose from");
    assert_eq!(told("password sw a", &USER), "filter: password cannot be asked for");
    assert_eq!(told("password pr", &USER), "filter: password cannot be asked for");
    assert!(told("meta.created gt secret", &USER).contains("dateTime") && told("meta eq x", &USER).contains("meta"));
    for text in
        ["x509Certificates ge a", "x509Certificates.value lt a", "emails[primary ge true]", "emails.x.y pr or a pr"]
    {
        if let Ok(filter) = parse(text, Grammar::Lenient) {
            assert!(check(&filter, &USER).is_err(), "{text}");
        }
    }
    let emails = USER.schema.attribute("emails").unwrap();
    let inner = |text: &str| check_value(&parse(text, Grammar::Lenient).unwrap(), emails);
    assert!(inner("type eq work and not (primary eq True)").is_ok());
    assert!(inner("emails.type eq work").is_err() && inner("a[type pr]").is_err() && inner("primary gt true").is_err());
}
