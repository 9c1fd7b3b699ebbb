//! Conditions against a plain model of what they mean, on random people and groups.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::world::{World, group, person, users, world};
use crate::store::scim::{Order, Resource, ResourceKind};
use crate::store::{Comparison, ResourceCondition as C, StoreError};

/// What a resource is looked up by.
#[derive(Clone, Debug)]
struct Model {
    id: String,
    external_id: Option<String>,
    name: String,
    display_name: Option<String>,
    emails: Vec<String>,
    active: Option<bool>,
    at: Timestamp,
    /// Groups a person is in; members a group has.
    near: Vec<String>,
}

const COMPARISONS: [Comparison; 8] = [
    Comparison::Equal,
    Comparison::StartsWith,
    Comparison::Contains,
    Comparison::EndsWith,
    Comparison::Greater,
    Comparison::GreaterOrEqual,
    Comparison::Less,
    Comparison::LessOrEqual,
];

fn compare<T: PartialOrd>(comparison: Comparison, left: &T, right: &T) -> bool {
    match comparison {
        Comparison::Equal => left == right,
        Comparison::Greater => left > right,
        Comparison::GreaterOrEqual => left >= right,
        Comparison::Less => left < right,
        Comparison::LessOrEqual => left <= right,
        Comparison::StartsWith | Comparison::Contains | Comparison::EndsWith => false,
    }
}

fn text(comparison: Comparison, left: &str, right: &str) -> bool {
    match comparison {
        Comparison::StartsWith => left.starts_with(right),
        Comparison::Contains => left.contains(right),
        Comparison::EndsWith => left.ends_with(right),
        _ => compare(comparison, &left.as_bytes(), &right.as_bytes()),
    }
}

fn fits(kind: ResourceKind, it: &Model, condition: &C) -> bool {
    let is_user = kind == ResourceKind::User;
    match condition {
        C::All(all) => all.iter().all(|inner| fits(kind, it, inner)),
        C::Any(any) => any.iter().any(|inner| fits(kind, it, inner)),
        C::Not(inner) => !fits(kind, it, inner),
        C::Id(id) => it.id == *id,
        C::ExternalId(comparison, value) => it.external_id.as_ref().is_some_and(|id| text(*comparison, id, value)),
        C::Name(comparison, value) => text(*comparison, &it.name, value),
        C::DisplayName(comparison, value) => {
            let name = if is_user { it.display_name.as_ref() } else { Some(&it.name) };
            name.is_some_and(|name| text(*comparison, name, value))
        }
        C::Email(comparison, value) => it.emails.iter().any(|email| text(*comparison, email, value)),
        C::Active(active) => it.active == Some(*active),
        C::Created(comparison, at) | C::Modified(comparison, at) => compare(*comparison, &it.at, at),
        C::Member(id) => !is_user && it.near.contains(id),
        C::InGroup(id) => is_user && it.near.contains(id),
    }
}

fn some_text() -> impl Strategy<Value = String> {
    let char = prop::sample::select(vec!['a', 'b', 'é', '%', '_', '\0', '\u{d7ff}', '\u{e000}', '\u{10ffff}', '日']);
    prop::collection::vec(char, 0..3).prop_map(|chars| chars.into_iter().collect())
}

/// Moments of stored resources are whole milliseconds, those asked for need not be.
fn moment(step: i64) -> Timestamp {
    "2026-11-24T08:00:00.5Z".parse::<Timestamp>().unwrap() + SignedDuration::from_micros(step * 500)
}

fn some_id() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["r0", "r1", "r2", "gone"]).prop_map(str::to_owned)
}

fn some_condition() -> impl Strategy<Value = C> {
    let comparison = || prop::sample::select(COMPARISONS.to_vec());
    let leaf = prop_oneof![
        some_id().prop_map(C::Id),
        (comparison(), some_text()).prop_map(|(comparison, value)| C::ExternalId(comparison, value)),
        (comparison(), some_text()).prop_map(|(comparison, value)| C::Name(comparison, value)),
        (comparison(), some_text()).prop_map(|(comparison, value)| C::DisplayName(comparison, value)),
        (comparison(), some_text()).prop_map(|(comparison, value)| C::Email(comparison, value)),
        any::<bool>().prop_map(C::Active),
        (comparison(), 0..8_i64).prop_map(|(comparison, step)| C::Created(comparison, moment(step))),
        (comparison(), 0..8_i64).prop_map(|(comparison, step)| C::Modified(comparison, moment(step))),
        some_id().prop_map(C::Member),
        some_id().prop_map(C::InGroup),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(C::All),
            prop::collection::vec(inner.clone(), 0..4).prop_map(C::Any),
            inner.prop_map(|inner| C::Not(Box::new(inner))),
        ]
    })
}

fn some_models() -> impl Strategy<Value = Vec<Model>> {
    let one = (
        prop::option::of(some_text()),
        some_text(),
        prop::option::of(some_text()),
        prop::collection::vec(some_text(), 0..3),
        prop::option::of(any::<bool>()),
        0..4_i64,
        prop::collection::vec(some_id(), 0..3),
    );
    prop::collection::vec(one, 0..4).prop_map(|all| {
        let mut models: Vec<Model> = Vec::new();
        for (index, (external_id, name, display_name, emails, active, step, near)) in all.into_iter().enumerate() {
            if models.iter().all(|model| model.name != name) {
                let (id, at) = (format!("r{index}"), moment(step * 2));
                models.push(Model { id, external_id, name, display_name, emails, active, at, near });
            }
        }
        models
    })
}

fn add_people(world: &mut World, models: &[Model]) -> Result<(), StoreError> {
    for model in models {
        world.now = model.at;
        let mut user = person(&model.id, "x");
        user.user_name_key = model.name.clone();
        user.display_name_key = model.display_name.clone();
        user.external_id = model.external_id.clone();
        user.active = model.active;
        user.email_keys = model.emails.clone();
        world.attempt(|writer| writer.create_user(&user))?;
    }
    for id in ["r0", "r1", "r2", "gone"] {
        let members: Vec<&str> =
            models.iter().filter(|it| it.near.iter().any(|near| near == id)).map(|it| it.id.as_str()).collect();
        world.attempt(|writer| {
            writer.create_group(&group(id, "x"))?;
            writer.add_members(id, &users(&members))
        })?;
    }
    Ok(())
}

fn add_groups(world: &mut World, models: &[Model]) -> Result<(), StoreError> {
    for model in models {
        world.now = model.at;
        let mut made = group(&model.id, "x");
        made.name_key = model.name.clone();
        made.external_id = model.external_id.clone();
        let members: Vec<&str> = model.near.iter().map(String::as_str).collect();
        world.attempt(|writer| {
            writer.create_group(&made)?;
            writer.add_members(&model.id, &users(&members))
        })?;
    }
    Ok(())
}

fn found(world: &World, kind: ResourceKind, condition: &C) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    world.store.each_scim_resource(kind, world.integration, condition, Order::default(), |it| {
        found.push(match it {
            Resource::User(user) => user.scim_id,
            Resource::Group(group) => group.scim_id,
        });
        Ok::<(), StoreError>(())
    })?;
    assert_eq!(world.store.scim_count(kind, world.integration, condition)?, found.len() as u64);
    Ok(found)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_condition_finds_what_it_means(
        models in some_models(),
        of_groups in any::<bool>(),
        conditions in prop::collection::vec(some_condition(), 12),
    ) {
        let mut world = world();
        let kind = if of_groups { ResourceKind::Group } else { ResourceKind::User };
        let models = if of_groups {
            add_groups(&mut world, &models).unwrap();
            models.into_iter().map(|it| Model { emails: Vec::new(), active: None, ..it }).collect()
        } else {
            add_people(&mut world, &models).unwrap();
            models
        };
        for condition in &conditions {
            let wanted: Vec<_> =
                models.iter().filter(|it| fits(kind, it, condition)).map(|it| it.id.clone()).collect();
            prop_assert_eq!(found(&world, kind, condition).unwrap(), wanted, "{:?}", condition);
        }
    }
}

#[test]
fn a_long_chain_is_no_deep_expression() {
    let mut world = world();
    world.write(|writer| writer.create_user(&person("u1", "Ann")));
    let names = (0..5000).map(|index| C::Name(Comparison::Equal, format!("n{index}")));
    let chain = C::Any(names.chain([C::Name(Comparison::Equal, "ann".into())]).collect());
    assert_eq!(found(&world, ResourceKind::User, &chain).unwrap(), ["u1"]);
}
