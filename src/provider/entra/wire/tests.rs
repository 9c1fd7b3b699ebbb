//! Graph's pages at their worst.

use serde_json::json;

use super::*;
use crate::model::MemberKind;

fn page(value: &Value) -> Vec<Record<ObjectChange>> {
    unread_changes(value.to_string().as_bytes()).unwrap().items.read().unwrap().0
}

fn only(page: Vec<Record<ObjectChange>>) -> ObjectChange {
    match page.into_iter().next() {
        Some(Record::Read(change)) => change,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_page_goes_on_or_ends_and_one_that_does_neither_is_no_page() {
    let place = |value: Value| {
        unread_changes(value.to_string().as_bytes()).map(|page| (page.items.read().unwrap().1, page.next))
    };
    let next = Some("https://graph.example/n".to_owned());
    assert_eq!(
        place(json!({"value": [], "@odata.nextLink": "https://graph.example/n"})).unwrap(),
        (Place::Within("https://graph.example/n".into()), next)
    );
    assert_eq!(place(json!({"value": [], "@odata.deltaLink": "d"})).unwrap(), (Place::Since("d".into()), None));
    for broken in [json!({"value": []}), json!({"@odata.deltaLink": "d"}), json!({"value": [], "@odata.nextLink": ""})]
    {
        assert_eq!(place(broken).unwrap_err().kind, crate::model::FailureKind::Malformed);
    }
    for broken in ["<html>", "{\"value\":[", "[]", ""] {
        assert_eq!(
            unread_changes(broken.as_bytes()).unwrap_err().kind,
            crate::model::FailureKind::Malformed,
            "{broken}"
        );
    }
}

#[test]
fn removed_is_gone_or_gone_for_good() {
    for (removed, news) in [
        (json!({"reason": "changed"}), News::Gone),
        (json!({"reason": "deleted"}), News::Purged),
        (json!({"reason": "moved"}), News::Gone),
        (json!("rubbish"), News::Gone),
        (Value::Null, News::There(Source::new())),
    ] {
        let change = only(page(&json!({"value": [{"id": "g", "@removed": removed}], "@odata.deltaLink": "d"})));
        assert_eq!(change.news, news);
    }
}

#[test]
fn members_come_and_go_by_id_and_unknown_kinds_are_kept() {
    let members = json!([
        {"@odata.type": "#microsoft.graph.user", "id": "u"},
        {"@odata.type": "#microsoft.graph.group", "id": "n", "@removed": {"reason": "deleted"}},
        {"@odata.type": "#microsoft.graph.hologram", "id": "h"}
    ]);
    let change = only(page(&json!({"value": [{"id": "g", "members@delta": members}], "@odata.deltaLink": "d"})));
    let shown: Vec<_> = change.members.iter().map(|it| (it.external_id.as_str(), it.kind, it.gone)).collect();
    let expected = [("u", MemberKind::User, false), ("n", MemberKind::Group, true), ("h", MemberKind::Other, false)];
    assert_eq!(shown, expected);
}

#[test]
fn a_member_without_an_id_sets_its_group_aside() {
    for member in [json!({"@odata.type": "#microsoft.graph.user"}), json!({"id": 42}), json!(7)] {
        let members = json!([{"id": "u"}, member]);
        let page = page(&json!({"value": [{"id": "g", "members@delta": members}], "@odata.deltaLink": "d"}));
        assert!(matches!(&page[..], [Record::Refused { external_id: Some(id), .. }] if id == "g"), "{:?}", page);
    }
}

#[test]
fn a_manager_is_one_id_however_it_is_told() {
    let manager = |object: Value| match only(page(&json!({"value": [object], "@odata.deltaLink": "d"}))).news {
        News::There(said) => said.get("manager").cloned(),
        other => panic!("{other:?}"),
    };
    let gone = json!({"id": "a", "@removed": {"reason": "deleted"}});
    assert_eq!(manager(json!({"id": "u", "manager@delta": [gone, {"id": "b"}]})), Some(json!("b")));
    assert_eq!(manager(json!({"id": "u", "manager@delta": [gone]})), Some(Value::Null));
    assert_eq!(
        manager(json!({"id": "u", "manager": {"id": "c", "@odata.type": "#microsoft.graph.user"}})),
        Some(json!("c"))
    );
    assert_eq!(manager(json!({"id": "u", "manager": null})), Some(Value::Null));
    assert_eq!(manager(json!({"id": "u", "displayName": "x"})), None);
}

#[test]
fn records_without_a_proper_id_are_set_aside_and_the_rest_is_read() {
    let page = page(&json!({"value": [7, {"id": 7}, {"id": ""}, {"id": "g"}], "@odata.deltaLink": "d"}));
    let refused = page.iter().filter(|change| matches!(change, Record::Refused { .. })).count();
    assert_eq!((refused, page.len()), (3, 4));
    let listed = members(json!({"value": [{"id": "u", "mail": null}, {"mail": "x"}]}).to_string().as_bytes()).unwrap();
    assert!(matches!(&listed.items[..], [Record::Read(_), Record::Refused { .. }]));
}

#[test]
fn the_organisation_has_a_name_and_a_default_domain() {
    let body = json!({"value": [{"id": "t", "displayName": "Contoso", "verifiedDomains": [
        {"name": "contoso.onmicrosoft.com", "isInitial": true, "isDefault": false}, {"name": "contoso.com", "isDefault": true}]}]});
    let tenant = organisation(body.to_string().as_bytes()).unwrap();
    assert_eq!(
        (tenant.id.as_str(), tenant.label.as_deref(), tenant.domain.as_deref()),
        ("t", Some("Contoso"), Some("contoso.com"))
    );
    assert!(organisation(br#"{"value": []}"#).is_err());
    assert_eq!(
        me(br#"{"id": "u", "mail": null, "userPrincipalName": "ada@corp"}"#).unwrap().as_deref(),
        Some("ada@corp")
    );
}
