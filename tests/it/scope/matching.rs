//! Whom a scope takes in: org units by whole segments of their path, groups with those within, and both together.

use std::collections::{BTreeMap, BTreeSet};

use dirsync::model::{DirectoryMember, MemberKind, Scope};
use dirsync::people::LIFE_CYCLE;
use proptest::prelude::*;

use crate::engine::home::Home;
use crate::engine::plain::Plain;

/// Who is in scope, by external id, once `scope` is set.
fn inside(home: &Home, scope: &Scope) -> BTreeSet<String> {
    let (id, now) = (home.integration().id, home.clock.now());
    home.store().set_scope(LIFE_CYCLE, id, scope, "ada", now, false).unwrap();
    home.rows("SELECT external_id FROM users WHERE status IN ('active', 'suspended')").into_iter().collect()
}

fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn scope(units: &[&str], groups: &[&str]) -> Scope {
    let list = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    Scope { org_units: list(units), groups: list(groups), exclude_suspended: false }
}

fn in_units(units: &[(&str, Option<&str>)]) -> Plain {
    let mut plain = Plain::default();
    for (id, unit) in units {
        plain.join(id);
        plain.users.get_mut(*id).unwrap().org_unit = unit.map(str::to_owned);
    }
    plain
}

fn holds(plain: &mut Plain, group: &str, member: &str, kind: MemberKind) {
    let row = DirectoryMember { external_id: member.to_owned(), kind, email: None, role: None };
    plain.members.get_mut(group).unwrap().insert(member.to_owned(), row);
}

#[test]
fn an_org_unit_takes_in_what_is_below_it_and_nothing_that_only_begins_like_it() {
    let home = Home::new();
    home.sync(&in_units(&[
        ("root", Some("/")),
        ("staff", Some("/Staff")),
        ("eng", Some("/staff/Eng")),
        ("staffing", Some("/Staffing")),
        ("other", Some("/Other/Staff")),
        ("odd", Some("/Größe/50%_a")),
        ("nowhere", None),
    ]));
    for (units, who) in [
        (&["/Staff"] as &[&str], set(&["staff", "eng"])),
        (&["/STAFF/eng"], set(&["eng"])),
        (&["/Staff", "/Staffing"], set(&["staff", "eng", "staffing"])),
        (&["/Größe/50%_a"], set(&["odd"])),
        (&["/Größe/50x_a"], set(&[])),
        (&["/"], set(&["root", "staff", "eng", "staffing", "other", "odd"])),
        (&[], set(&["root", "staff", "eng", "staffing", "other", "odd", "nowhere"])),
    ] {
        assert_eq!(inside(&home, &scope(units, &[])), who, "{units:?}");
    }
}

#[test]
fn a_group_takes_in_members_of_groups_within_and_the_whole_organisation_if_it_has_it() {
    let home = Home::new();
    let mut plain = in_units(&[("1", Some("/a")), ("2", Some("/a")), ("3", Some("/b")), ("4", None)]);
    plain.group("inner", &["2"]);
    plain.group("middle", &["3"]);
    plain.group("outer", &["1", "stranger"]);
    plain.group("all", &[]);
    holds(&mut plain, "outer", "middle", MemberKind::Group);
    holds(&mut plain, "middle", "inner", MemberKind::Group);
    // Around in a circle.
    holds(&mut plain, "inner", "outer", MemberKind::Group);
    holds(&mut plain, "inner", "elsewhere", MemberKind::Group);
    holds(&mut plain, "all", "C1", MemberKind::Everyone);
    home.sync(&plain);
    for (units, groups, who) in [
        (&[] as &[&str], &["middle"] as &[&str], set(&["1", "2", "3"])),
        (&["/a"], &["middle"], set(&["1", "2"])),
        (&["/a", "/b"], &["all"], set(&["1", "2", "3"])),
        (&[], &["all"], set(&["1", "2", "3", "4"])),
        (&[], &["unknown"], set(&[])),
    ] {
        assert_eq!(inside(&home, &scope(units, groups)), who, "{units:?} {groups:?}");
    }
}

/// The same, said plainly.
fn takes_in(scope: &Scope, unit: Option<&str>, memberships: &BTreeSet<usize>) -> bool {
    let segments = |path: &str| -> Vec<String> {
        path.split('/').filter(|segment| !segment.is_empty()).map(str::to_ascii_lowercase).collect()
    };
    let by_unit = scope.org_units.is_empty()
        || unit.is_some_and(|unit| scope.org_units.iter().any(|above| segments(unit).starts_with(&segments(above))));
    let by_group =
        scope.groups.is_empty() || scope.groups.iter().any(|group| memberships.contains(&group.parse().unwrap()));
    by_unit && by_group
}

fn unit() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "A", "ab", "b%", "_", "ü"]), 0..4)
        .prop_map(|segments| format!("/{}", segments.join("/")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_is_taken_in_is_taken_in_plainly(
        units in prop::collection::vec(prop::option::of(unit()), 1..12),
        members in prop::collection::vec((0..3usize, 0..12usize), 0..12),
        scopes in prop::collection::vec(
            (prop::collection::vec(unit(), 0..3), prop::collection::vec(0..3usize, 0..3)), 1..4),
    ) {
        let home = Home::new();
        let mut plain = Plain::default();
        let mut memberships: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        (0..3).for_each(|group: usize| plain.group(&group.to_string(), &[]));
        for (id, unit) in units.iter().enumerate() {
            plain.join(&id.to_string());
            plain.users.get_mut(&id.to_string()).unwrap().org_unit.clone_from(unit);
        }
        for (group, member) in members {
            holds(&mut plain, &group.to_string(), &member.to_string(), MemberKind::User);
            memberships.entry(member.to_string()).or_default().insert(group);
        }
        home.sync(&plain);
        for (org_units, groups) in scopes {
            let groups = groups.iter().map(usize::to_string).collect();
            let scope = Scope { org_units, groups, exclude_suspended: false };
            let none = BTreeSet::new();
            let who: BTreeSet<String> = plain.users.values()
                .filter(|user| takes_in(&scope, user.org_unit.as_deref(), memberships.get(&user.external_id).unwrap_or(&none)))
                .map(|user| user.external_id.clone())
                .collect();
            prop_assert_eq!(inside(&home, &scope), who, "{:?}", scope);
        }
    }
}
