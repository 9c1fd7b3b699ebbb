//! Pages in every order, and that no hot look-up reads a whole table.

use jiff::SignedDuration;

use super::super::condition::Where;
use super::super::farewell::LOSSES;
use super::super::page::statement;
use super::world::{World, group, person, users, world};
use crate::store::scim::{Order, Resource, ResourceKind, SortKey, Window};
use crate::store::{Comparison, ResourceCondition as C};

const EVERYTHING: C = C::All(Vec::new());

const KEYS: [SortKey; 7] = [
    SortKey::Position,
    SortKey::Id,
    SortKey::ExternalId,
    SortKey::Name,
    SortKey::DisplayName,
    SortKey::Created,
    SortKey::Modified,
];

/// Seven people with and without a name, some with the same one, and seven groups.
fn populated() -> World {
    let mut world = world();
    for (index, display) in [Some("b"), None, Some("a"), Some("b"), None, Some("c"), Some("a")].into_iter().enumerate()
    {
        let mut user = person(&format!("u{}", (index * 5) % 7), &format!("N{}", (index * 3) % 7));
        user.display_name_key = display.map(str::to_owned);
        user.external_id = display.map(|_| format!("x{index}"));
        let mut group = group(&format!("g{index}"), display.unwrap_or("a"));
        group.external_id = display.map(str::to_owned);
        world.write(|writer| {
            writer.create_user(&user)?;
            writer.create_group(&group)
        });
        world.now += SignedDuration::from_millis(if index % 2 == 0 { 1 } else { 0 });
    }
    world
}

fn page(world: &World, kind: ResourceKind, order: Order, window: &Window) -> Vec<Resource> {
    world.store.scim_page(kind, world.integration, &EVERYTHING, order, window).unwrap()
}

#[test]
fn pages_by_number_and_by_the_last_one_seen_are_the_same_in_every_order() {
    let world = populated();
    for kind in [ResourceKind::User, ResourceKind::Group] {
        for (by, descending) in KEYS.into_iter().flat_map(|by| [(by, false), (by, true)]) {
            let order = Order { by, descending };
            let whole = page(&world, kind, order, &Window::Offset { start: 0, count: 100 });
            let mut expected = whole.clone();
            // Who lacks the value comes last; the other way round, first.
            expected.sort_by_key(|it| {
                let value = it.sort_value(by);
                (value.is_none() && by != SortKey::Position, value, it.position())
            });
            if descending {
                expected.reverse();
            }
            assert_eq!((whole.len(), &whole), (7, &expected), "{kind:?} {order:?}");
            let by_number: Vec<_> = [0, 3, 6, 9]
                .into_iter()
                .flat_map(|start| page(&world, kind, order, &Window::Offset { start, count: 3 }))
                .collect();
            assert_eq!(by_number, whole, "{kind:?} {order:?}");
            let mut seen = page(&world, kind, order, &Window::Offset { start: 0, count: 2 });
            while let Some(last) = seen.last() {
                let (value, position) = (last.sort_value(by), last.position());
                let next = page(&world, kind, order, &Window::After { value, position, count: 2 });
                if next.is_empty() {
                    break;
                }
                seen.extend(next);
            }
            assert_eq!(seen, whole, "{kind:?} {order:?}");
        }
    }
}

#[test]
fn a_page_goes_on_where_the_last_one_seen_was_though_it_is_gone() {
    let mut world = populated();
    let order = Order { by: SortKey::Name, descending: false };
    let first = page(&world, ResourceKind::User, order, &Window::Offset { start: 0, count: 3 });
    let Some(Resource::User(last)) = first.last().cloned() else { panic!("no user") };
    world.write(|writer| writer.delete_user(&last.scim_id, |_, _| false));
    let window = Window::After { value: Some(last.user_name_key), position: last.user_id, count: 10 };
    assert_eq!(page(&world, ResourceKind::User, order, &window).len(), 4);
}

#[test]
fn look_ups_and_pages_are_searches_without_sorting() {
    let world = world();
    let text = || "x".to_owned();
    let by = |by, descending| Order { by, descending };
    let (user, group) = (ResourceKind::User, ResourceKind::Group);
    let name = |comparison| C::Name(comparison, text());
    let first = Window::Offset { start: 0, count: 100 };
    let after = Window::After { value: Some(text()), position: 7, count: 100 };
    let mut cases = vec![
        (user, name(Comparison::Equal), Order::default(), first.clone(), "scim_users_name"),
        (user, name(Comparison::StartsWith), by(SortKey::Name, false), first.clone(), "scim_users_name"),
        (user, C::Id(text()), Order::default(), first.clone(), "scim_users_id"),
        (user, EVERYTHING, Order::default(), first.clone(), "scim_users_order"),
        (user, EVERYTHING, Order::default(), after.clone(), "scim_users_order"),
        (user, C::Any(vec![name(Comparison::Equal), C::Id(text())]), by(SortKey::Id, false), first.clone(), ""),
        (group, EVERYTHING, Order::default(), first.clone(), "scim_groups_order"),
        (group, EVERYTHING, Order::default(), after.clone(), "scim_groups_order"),
    ];
    for (key, index) in [
        (SortKey::Name, "name"),
        (SortKey::Created, "created"),
        (SortKey::Modified, "modified"),
        (SortKey::DisplayName, "display"),
    ] {
        for window in [&first, &after] {
            for descending in [false, true] {
                let index_of = |kind| format!("scim_{kind}_{index}").leak() as &str;
                cases.push((user, EVERYTHING, by(key, descending), window.clone(), index_of("users")));
                if key != SortKey::DisplayName {
                    cases.push((group, EVERYTHING, by(key, descending), window.clone(), index_of("groups")));
                }
            }
        }
    }
    for (kind, condition, order, window, index) in cases {
        let mut found = Where::new(kind, 1, &condition);
        let sql = statement(kind, &mut found, order, Some(&window));
        let plan = world.store.explain_for_tests(&sql);
        let sorted = plan.contains("TEMP B-TREE") && !matches!(condition, C::Any(_) | C::Name(Comparison::Equal, _));
        assert!(plan.contains(index) && !plan.contains("SCAN s") && !sorted, "{sql}\n{plan}");
    }
}

/// Which of few resources come first is sorted; that they are few is what counts.
#[test]
fn no_condition_on_a_value_reads_everything() {
    let world = world();
    for (kind, condition, index) in [
        (ResourceKind::User, C::ExternalId(Comparison::Equal, "x".into()), "scim_users_external"),
        (ResourceKind::User, C::Email(Comparison::Equal, "x".into()), "scim_emails_value"),
        (ResourceKind::User, C::Email(Comparison::StartsWith, "x".into()), "scim_emails_value"),
        (ResourceKind::User, C::DisplayName(Comparison::Equal, "x".into()), "scim_users_display"),
        (ResourceKind::User, C::Modified(Comparison::Greater, world.now), "scim_users_modified"),
        (ResourceKind::User, C::InGroup("x".into()), "scim_users_id"),
        (ResourceKind::Group, C::Name(Comparison::Equal, "x".into()), "scim_groups_name"),
        (ResourceKind::Group, C::ExternalId(Comparison::Equal, "x".into()), "scim_groups_external"),
        (ResourceKind::Group, C::Id("x".into()), "scim_groups_id"),
        (ResourceKind::Group, C::Member("x".into()), "memberships_member"),
    ] {
        let mut found = Where::new(kind, 1, &condition);
        let sql = statement(kind, &mut found, Order::default(), Some(&Window::Offset { start: 0, count: 100 }));
        let plan = world.store.explain_for_tests(&sql);
        assert!(plan.contains(index) && !plan.contains("SCAN s"), "{sql}\n{plan}");
    }
    let plan = world.store.explain_for_tests(LOSSES);
    assert!(plan.contains("changes_losses (integration_id=? AND at>?)"), "{plan}");
}

/// Measured by what is written, not by the clock: a hundred among ten thousand are a hundred rows and their history.
#[test]
fn adding_a_hundred_members_to_ten_thousand_writes_a_hundred() {
    let mut world = world();
    let many: Vec<String> = (0..10_000).map(|index| format!("m{index}")).collect();
    let ids: Vec<&str> = many.iter().map(String::as_str).collect();
    world.write(|writer| {
        writer.create_group(&group("g1", "Staff"))?;
        writer.add_members("g1", &users(&ids))
    });
    let before = world.store.db.total_changes();
    let more: Vec<String> = (0..100).map(|index| format!("n{index}")).collect();
    let more: Vec<&str> = more.iter().map(String::as_str).collect();
    assert_eq!(world.write(|writer| writer.add_members("g1", &users(&more))), 100);
    assert_eq!(world.store.db.total_changes() - before, 203);
}
