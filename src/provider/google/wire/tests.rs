//! Pages and records, right and wrong.

use proptest::prelude::*;

use super::*;

fn only<T>(page: Result<Page<Vec<Record<T>>>, Failure>) -> Record<T> {
    let mut page = page.unwrap();
    assert_eq!(page.items.len(), 1);
    page.items.remove(0)
}

#[test]
fn a_page_of_the_wrong_kind_fails_whole() {
    for (body, says) in [
        ("<!doctype html><title>Sign in</title>", "web page"),
        ("{\"users\":[{\"id\":\"1\"", "cut short"),
        ("{\"users\":{\"id\":\"1\"}}", "shape"),
        ("[]", "shape"),
        ("not json", "not JSON"),
        ("", "cut short"),
        ("{}", "no users"),
        ("{\"kind\":\"admin#directory#users\",\"users\":null}", "no users"),
    ] {
        let failure = users(body.as_bytes(), None).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Malformed, "{body}");
        assert!(failure.message.contains(says), "{body}: {}", failure.message);
    }
}

#[test]
fn an_absent_key_ends_members_and_groups_but_never_users_and_a_token_goes_on() {
    assert_eq!(members(b"{}").unwrap(), Page { items: vec![], next: None });
    assert_eq!(groups(b"{\"nextPageToken\":\"\"}").unwrap(), Page { items: vec![], next: None });
    let page = users(b"{\"nextPageToken\":\"t\"}", None).unwrap();
    assert_eq!(page, Page { items: vec![], next: Some("t".into()) });
}

#[test]
fn a_bad_record_is_set_aside_with_the_field_to_blame_and_without_its_value() {
    for (body, id, reason) in [
        (r#"{"id":"1","primaryEmail":5}"#, Some("1"), "primaryEmail"),
        (r#"{"id":"1","suspended":"secret-value"}"#, Some("1"), "suspended"),
        (r#"{"id":"1","name":"Ada"}"#, Some("1"), "name"),
        (r#"{"id":"1","aliases":"a@x"}"#, Some("1"), "aliases"),
        (r#"{"id":"1","name":{"givenName":7}}"#, Some("1"), "name"),
        (r#"{"primaryEmail":"a@x"}"#, None, "no id"),
        (r#"{"id":""}"#, None, "id"),
        (r#"{"id":"a\u0000b"}"#, None, "id"),
        (r#""text""#, None, "object"),
    ] {
        match only(users(format!("{{\"users\":[{body}]}}").as_bytes(), None)) {
            Record::Refused { external_id, reason: why } => {
                assert_eq!(external_id.as_deref(), id, "{body}");
                assert!(why.contains(reason) && !why.contains("secret-value"), "{body}: {why}");
            }
            Record::Read(user) => panic!("{body} was read as {user:?}"),
        }
    }
}

#[test]
fn people_of_another_customer_fail_the_page() {
    let body = br#"{"users":[{"id":"1","customerId":"C1"},{"id":"2","customerId":"C2"}]}"#;
    assert_eq!(users(body, Some("C1")).unwrap_err().kind, FailureKind::Misconfigured);
    assert!(users(body, None).is_ok());
}

#[test]
fn members_keep_their_kind_and_role() {
    for (body, kind, role, email) in [
        (r#"{"id":"1","type":"USER","role":"OWNER","email":"a@x"}"#, MemberKind::User, Some("owner"), Some("a@x")),
        (r#"{"id":"C1","type":"CUSTOMER","role":"MEMBER"}"#, MemberKind::Everyone, Some("member"), None),
        (r#"{"id":"1","type":"group"}"#, MemberKind::Group, None, None),
        (r#"{"id":"1","type":"EXTERNAL"}"#, MemberKind::External, None, None),
        (r#"{"id":"1","type":"ROBOT"}"#, MemberKind::Other, None, None),
        (r#"{"id":"1"}"#, MemberKind::Other, None, None),
    ] {
        let Record::Read(member) = only(members(format!("{{\"members\":[{body}]}}").as_bytes())) else {
            panic!("{body} was refused")
        };
        let read = (member.kind, member.role.as_deref(), member.email.as_deref());
        assert_eq!(read, (kind, role, email), "{body}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_body_makes_the_parsers_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = (users(&body, Some("C")), groups(&body), members(&body), deleted(&body), tenant(&body));
    }

    #[test]
    fn no_value_in_any_field_makes_the_parsers_panic(
        field in prop::sample::select(vec![
            "id", "primaryEmail", "name", "suspended", "aliases", "phones", "organizations", "relations",
            "externalIds", "locations", "customSchemas", "customerId", "email", "type", "role", "description",
        ]),
        value in prop::sample::select(vec![
            "null", "true", "7", "-1.5e300", "\"\"", "\"x\"", "[]", "{}", "[null]", "[{}]", "[[]]",
            "[{\"primary\":true,\"value\":{}}]", "{\"value\":\"x\",\"type\":7}", "\"\\u0000\"",
        ]),
    ) {
        let record = format!("{{\"id\":\"1\",\"{field}\":{value}}}").replace("\"id\":\"1\",\"id\"", "\"id\"");
        for key in ["users", "groups", "members"] {
            let body = format!("{{\"{key}\":[{record},{record}]}}");
            let body = body.as_bytes();
            let _ = (users(body, Some("C")), groups(body), members(body), deleted(body), tenant(body));
        }
    }
}
