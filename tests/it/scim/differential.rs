//! A filter has two readings: conditions that SQLite answers, and an evaluation of one resource after another. On random
//! people and random filters they are the same, all the way from the text of the filter.

use std::collections::BTreeSet;

use dirsync::model::{IntegrationId, IntegrationName, Tenant};
use dirsync::scim::filter::{self, Grammar, fold};
use dirsync::scim::resource::{self, Related, Stored, Strictness};
use dirsync::scim::schema::USER;
use dirsync::scim::{Problem, person};
use dirsync::store::scim::{NewUser, Order, Resource, ResourceKind};
use dirsync::store::{NewPush, NewToken, Store};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

const WORDS: [&str; 8] = ["ada", "ADA", "ad", "Zoë", "ZOË", "ΟΔΟΣ", "a%_", ""];

fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(WORDS.to_vec())
}

fn someone() -> impl Strategy<Value = Value> {
    let said = (word(), prop::option::of(word()), prop::collection::vec(word(), 0..3), prop::option::of(any::<bool>()));
    (said, prop::option::of(word())).prop_map(|((display, external, emails, active), title)| {
        let emails: Vec<Value> = emails.iter().map(|address| json!({"value": address, "type": "work"})).collect();
        json!({"displayName": display, "externalId": external, "emails": emails, "active": active, "title": title})
    })
}

fn filter_text() -> impl Strategy<Value = String> {
    let attributes =
        ["userName", "displayName", "externalId", "emails", "emails.value", "title", "emails[type eq \"work\"].value"];
    let operators = ["eq", "ne", "co", "sw", "ew", "gt", "le"];
    let compared = (prop::sample::select(attributes.to_vec()), prop::sample::select(operators.to_vec()), word())
        .prop_map(|(attribute, operator, value)| format!("{attribute} {operator} \"{value}\""));
    let leaf = prop_oneof![
        4 => compared,
        1 => any::<bool>().prop_map(|value| format!("active eq {value}")),
        1 => prop::sample::select(vec!["displayName pr", "externalId pr", "emails pr", "active pr"])
            .prop_map(str::to_owned),
        1 => Just("meta.created ge \"2026-11-24T08:00:00.003Z\"".to_owned()),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} and {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} or {b})")),
            inner.prop_map(|a| format!("not ({a})")),
        ]
    })
}

fn populate(people: &[Value]) -> (Store, IntegrationId) {
    let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
    let mut store = Store::nothing_yet().unwrap();
    let push = NewPush {
        name: IntegrationName::new("okta").unwrap(),
        kind: "scim",
        tenant: Tenant { id: "okta".into(), label: None, domain: None },
        admin_email: None,
        options: Value::Null,
        token: NewToken { hash: [0; 32], expires_at: None },
    };
    let integration = store.add_push_integration(&push, now).unwrap();
    let mut batch = store.scim_batch(dirsync::people::LIFE_CYCLE).unwrap();
    for (number, said) in people.iter().enumerate() {
        let mut body = said.clone();
        body["userName"] = format!("{}{number}", WORDS[number % WORDS.len()]).into();
        // Nobody is told apart by an id of the client's here.
        body["externalId"] = said["externalId"].as_str().map_or(Value::Null, |id| format!("{id}{number}").into());
        let incoming = resource::read(&body, &USER, Strictness::Lenient).unwrap();
        let id = format!("id{number}");
        let text = |name: &str| incoming.document.get(name).and_then(Value::as_str);
        let emails = incoming.document.get("emails").and_then(Value::as_array).into_iter().flatten();
        let emails: BTreeSet<String> = emails.filter_map(|email| email["value"].as_str()).map(fold).collect();
        let new = NewUser {
            person: person::user(&incoming.document, &id, incoming.external_id.as_deref()),
            user_name_key: fold(text("userName").unwrap()),
            display_name_key: text("displayName").map(fold),
            active: incoming.document.get("active").and_then(Value::as_bool),
            email_keys: emails.into_iter().collect(),
            external_id: incoming.external_id,
            document: Value::Object(incoming.document).to_string(),
        };
        let at = now + jiff::SignedDuration::from_millis(i64::try_from(number).unwrap());
        batch.attempt(integration, at, |writer| writer.create_user(&new).map_err(Problem::from)).unwrap().unwrap();
    }
    batch.commit().unwrap();
    (store, integration)
}

/// The ids of the people that meet a condition of the store, and of those among them whom the filter's evaluation takes.
fn asked(store: &Store, integration: IntegrationId, text: &str, narrow: bool) -> (BTreeSet<String>, BTreeSet<String>) {
    let filter = filter::parse(text, Grammar::Lenient).unwrap();
    let everything = dirsync::store::ResourceCondition::All(Vec::new());
    let condition = if narrow { filter::condition(&filter, &USER).condition } else { everything };
    let (mut met, mut taken) = (BTreeSet::new(), BTreeSet::new());
    store
        .each_scim_resource(ResourceKind::User, integration, &condition, Order::default(), |found| {
            let Resource::User(user) = found else { unreachable!() };
            let stored = Stored {
                id: user.scim_id.clone(),
                external_id: user.external_id,
                document: serde_json::from_str(&user.document).unwrap(),
                created: user.created_at,
                modified: user.modified_at,
                version: String::new(),
                location: String::new(),
            };
            let whole = Value::Object(resource::render(stored, &USER, Related::default()));
            if filter::matches(&filter, &USER, &whole) {
                taken.insert(user.scim_id.clone());
            }
            met.insert(user.scim_id);
            Ok::<(), Problem>(())
        })
        .unwrap();
    (met, taken)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_and_the_evaluation_find_the_same_people(
        people in prop::collection::vec(someone(), 1..8),
        filters in prop::collection::vec(filter_text(), 1..12),
    ) {
        let (store, integration) = populate(&people);
        for text in filters {
            let (_, truth) = asked(&store, integration, &text, false);
            let (met, taken) = asked(&store, integration, &text, true);
            prop_assert_eq!(&taken, &truth, "{} leaves somebody out", text);
            if filter::condition(&filter::parse(&text, Grammar::Lenient).unwrap(), &USER).exact {
                prop_assert_eq!(&met, &truth, "{} is not exact", text);
            }
        }
    }
}
