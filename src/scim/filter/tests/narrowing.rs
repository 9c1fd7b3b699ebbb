//! Conditions of the store against the filters they are made of: nobody who matches is left out.

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::random::{grown, operator};
use crate::scim::filter::{Filter, Grammar, Literal, condition, fold, matches, parse};
use crate::scim::schema::{AttributePath, GROUP, ResourceType, USER};
use crate::store::{Comparison, ResourceCondition as C};

/// What the store makes of a condition: a value that is missing makes it false.
fn meets(condition: &C, kind: &ResourceType, document: &Value) -> bool {
    let is_user = kind.name == "User";
    let text = |name: &str| document[name].as_str();
    let values = |list: &str| {
        let list = document[list].as_array().cloned().unwrap_or_default();
        list.iter().filter_map(|it| it["value"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let folded = |name: &str, comparison: Comparison, wanted: &str| {
        text(name).is_some_and(|text| compared(fold(text).as_str(), comparison, wanted))
    };
    let moment = |name: &str, comparison: Comparison, at: &Timestamp| {
        document["meta"][name].as_str().is_some_and(|it| ordered(it.parse().unwrap(), comparison, *at))
    };
    match condition {
        C::All(all) => all.iter().all(|it| meets(it, kind, document)),
        C::Any(any) => any.iter().any(|it| meets(it, kind, document)),
        C::Not(inner) => !meets(inner, kind, document),
        C::Id(id) => text("id") == Some(id),
        C::ExternalId(comparison, wanted) => text("externalId").is_some_and(|it| compared(it, *comparison, wanted)),
        C::Name(comparison, wanted) => folded(if is_user { "userName" } else { "displayName" }, *comparison, wanted),
        C::DisplayName(comparison, wanted) => folded("displayName", *comparison, wanted),
        C::Email(comparison, wanted) => {
            is_user && values("emails").iter().any(|it| compared(&fold(it), *comparison, wanted))
        }
        C::Active(active) => is_user && document["active"] == *active,
        C::Created(comparison, at) => moment("created", *comparison, at),
        C::Modified(comparison, at) => moment("lastModified", *comparison, at),
        C::Member(id) => !is_user && values("members").contains(id),
        C::InGroup(id) => is_user && values("groups").contains(id),
    }
}

fn compared(text: &str, comparison: Comparison, wanted: &str) -> bool {
    match comparison {
        Comparison::StartsWith => text.starts_with(wanted),
        Comparison::Contains => text.contains(wanted),
        Comparison::EndsWith => text.ends_with(wanted),
        _ => ordered(text, comparison, wanted),
    }
}

fn ordered<T: PartialOrd>(value: T, comparison: Comparison, wanted: T) -> bool {
    match comparison {
        Comparison::Equal => value == wanted,
        Comparison::Greater => value > wanted,
        Comparison::GreaterOrEqual => value >= wanted,
        Comparison::Less => value < wanted,
        Comparison::LessOrEqual => value <= wanted,
        Comparison::StartsWith | Comparison::Contains | Comparison::EndsWith => panic!("moments have no parts"),
    }
}

/// Few texts, so that they meet.
fn word() -> impl Strategy<Value = String> {
    let words =
        ["", "a", "A", "ab", "Ab", "b", "ς", "Σ", "ſ", "s", "İ", "ä", "Ä", "True", "true", "7", "User", "Group"];
    prop::sample::select(words.to_vec()).prop_map(str::to_owned)
}

fn moment() -> impl Strategy<Value = String> {
    let seconds = ["2011-05-13T04:42:34Z", "2011-05-13T04:42:34.001Z", "2011-05-13T04:42:34.002Z"];
    prop::sample::select(seconds.to_vec()).prop_map(str::to_owned)
}

fn literal() -> impl Strategy<Value = Literal> {
    let between = ["2011-05-13T04:42:34.0010001Z", "2011-05-13T06:42:34.001+02:00", "2011-05-13T04:42:34"];
    prop_oneof![
        4 => word().prop_map(Literal::Text),
        2 => moment().prop_map(Literal::Text),
        1 => prop::sample::select(between.to_vec()).prop_map(|it| Literal::Text(it.to_owned())),
        1 => Just(Literal::Null),
        2 => any::<bool>().prop_map(Literal::Boolean),
        1 => Just(Literal::Number(7.into())),
    ]
}

fn leaf(names: &'static [&'static str]) -> impl Strategy<Value = Filter> {
    let path = prop::sample::select(names.to_vec()).prop_map(|name| AttributePath::parse(name).unwrap());
    prop_oneof![
        1 => path.clone().prop_map(Filter::Present),
        4 => (path, operator(), literal()).prop_map(|(path, operator, it)| Filter::Compare(path, operator, it)),
    ]
}

fn filter() -> BoxedStrategy<Filter> {
    const NAMES: &[&str] = &[
        "id",
        "externalId",
        "userName",
        "displayName",
        "emails",
        "emails.value",
        "emails.type",
        "active",
        "title",
        "meta.created",
        "meta.lastModified",
        "meta.resourceType",
        "groups",
        "groups.value",
        "members",
        "members.value",
        "manager",
        "password",
        "nonsense",
        "name",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        "urn:ietf:params:scim:schemas:core:2.0:Group:displayName",
        "schemas",
    ];
    let lists = prop::sample::select(vec!["emails", "members", "groups", "emails.value", "title", "nonsense"]);
    let path = lists.prop_map(|name| AttributePath::parse(name).unwrap());
    let one = grown(leaf(&["value", "Value", "type", "primary", "nonsense"]));
    let value = (path, one).prop_map(|(path, inner)| Filter::Value(path, Box::new(inner)));
    grown(prop_oneof![3 => leaf(NAMES), 1 => value])
}

/// A resource with anything missing that can be.
fn document(kind: &'static str) -> impl Strategy<Value = Value> {
    let maybe = || prop::option::of(word());
    let element = || (maybe(), maybe(), prop::option::of(any::<bool>()));
    let list = move || prop::collection::vec(element(), 0..3);
    let id = word().prop_filter("an id is never empty", |id| !id.is_empty());
    let texts = (id, maybe(), word(), maybe(), maybe());
    (texts, list(), list(), prop::option::of(any::<bool>()), moment(), moment()).prop_map(
        move |((id, external, name, display, title), emails, others, active, created, modified)| {
            let list = |list: Vec<(Option<String>, Option<String>, Option<bool>)>| {
                let one =
                    |(value, kind, primary)| without_nulls(json!({ "value": value, "type": kind, "primary": primary }));
                list.into_iter().map(one).collect::<Vec<_>>()
            };
            let meta = json!({ "resourceType": kind, "created": created, "lastModified": modified });
            without_nulls(match kind {
                "User" => json!({ "id": id, "externalId": external, "userName": name, "displayName": display,
                    "title": title, "emails": list(emails), "groups": list(others), "active": active, "meta": meta }),
                _ => json!({ "id": id, "externalId": external, "displayName": name, "members": list(others),
                    "meta": meta }),
            })
        },
    )
}

fn without_nulls(mut object: Value) -> Value {
    object.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    object
}

fn nobody_is_left_out(filter: &Filter, kind: &'static ResourceType, document: &Value) -> Result<(), TestCaseError> {
    let narrowed = condition(filter, kind);
    let matched = matches(filter, kind, document);
    let met = meets(&narrowed.condition, kind, document);
    let all_met = !matched || met;
    let only_met = !narrowed.exact || matched == met;
    prop_assert!(all_met && only_met, "{} as {:?}: {} / {} of {}", filter, narrowed, matched, met, document);
    Ok(())
}

proptest! {
    #[test]
    fn whoever_matches_meets_the_condition(filter in filter(), user in document("User"), group in document("Group")) {
        nobody_is_left_out(&filter, &USER, &user)?;
        nobody_is_left_out(&filter, &GROUP, &group)?;
    }
}

fn narrowed(text: &str, kind: &ResourceType) -> (C, bool) {
    let narrowed = condition(&parse(text, Grammar::Lenient).unwrap(), kind);
    (narrowed.condition, narrowed.exact)
}

#[test]
fn what_identity_providers_ask_is_answered_by_the_store_alone() {
    use Comparison::{Equal, GreaterOrEqual, StartsWith};
    let exact = |condition: C| (condition, true);
    let text = str::to_owned;
    let user = |text: &str| narrowed(text, &USER);
    let group = |text: &str| narrowed(text, &GROUP);
    assert_eq!(user(r#"userName eq "BJensen""#), exact(C::Name(Equal, text("bjensen"))));
    assert_eq!(user("externalId eq 701984"), exact(C::ExternalId(Equal, text("701984"))));
    assert_eq!(user("emails eq A@b.example"), exact(C::Email(Equal, text("a@b.example"))));
    assert_eq!(user("emails[value eq a]"), exact(C::Email(Equal, text("a"))));
    assert_eq!(user(r#"emails[type eq "work"].value eq "A""#), (C::Email(Equal, text("a")), false));
    assert_eq!(user("groups eq G"), exact(C::InGroup(text("G"))));
    assert_eq!(user("active ne true"), exact(C::Not(Box::new(C::Active(true)))));
    let since = "2011-05-13T04:42:34Z".parse().unwrap();
    assert_eq!(
        user("meta.lastModified ge 2011-05-13T04:42:34Z and userName sw O"),
        exact(C::All(vec![C::Modified(GreaterOrEqual, since), C::Name(StartsWith, text("o"))]))
    );
    assert_eq!(group(r#"displayName eq "Tour Guides""#), exact(C::Name(Equal, text("tour guides"))));
    assert_eq!(group("id eq X and members eq Y"), exact(C::All(vec![C::Id(text("X")), C::Member(text("Y"))])));
    assert_eq!(group(r#"members[value eq "Y"]"#), exact(C::Member(text("Y"))));
}

#[test]
fn what_the_store_cannot_answer_is_asked_of_each() {
    let unknown = (C::All(Vec::new()), false);
    for text in [
        "title eq x",
        "not (title pr)",
        "emails ne a",
        "emails pr",
        "title pr or userName eq a",
        "not (title pr and userName eq a)",
    ] {
        assert_eq!(narrowed(text, &USER), unknown, "{text}");
    }
    let named = C::Name(Comparison::Equal, "a".into());
    assert_eq!(narrowed("title pr and userName eq a", &USER), (named, false));
    let nothing = (C::Any(Vec::new()), true);
    assert_eq!(narrowed("userName eq a", &GROUP), nothing);
    assert_eq!(narrowed("title pr and meta.resourceType eq Group", &USER), nothing);
    assert_eq!(narrowed("meta.created eq 2011-05-13T04:42:34.0001Z", &USER), nothing);
    assert_eq!(narrowed("title pr or userName ne a", &GROUP), (C::All(Vec::new()), true));
}
