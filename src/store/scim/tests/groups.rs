//! Groups and their members, step by step.

use super::world::{World, group, person, users, world};
use crate::model::MemberKind;
use crate::store::StoreError;

fn staffed() -> World {
    let mut world = world();
    world.write(|writer| {
        writer.create_user(&person("u1", "Ann"))?;
        writer.create_user(&person("u2", "Bo"))?;
        writer.create_group(&group("g1", "Staff"))?;
        writer.create_group(&group("g2", "Board"))
    });
    world.forget_history();
    world
}

fn version(world: &World, group: &str) -> i64 {
    world.store.scim_group(world.integration, group).unwrap().unwrap().version
}

fn members(world: &World, group: &str) -> Vec<String> {
    let members = world.store.scim_members(world.integration, group).unwrap();
    members.iter().map(|it| format!("{} {}", it.id, it.kind.as_str())).collect()
}

#[test]
fn members_come_and_go_one_by_one_and_the_group_is_another_one_only_when_they_do() {
    let mut world = staffed();
    world.later(60);
    let told_wrong = vec![("g2".to_owned(), MemberKind::User), ("ghosts".to_owned(), MemberKind::Group)];
    let added = world.write(|writer| {
        Ok([writer.add_members("g1", &users(&["u1", "u1", "ghost"]))?, writer.add_members("g1", &told_wrong)?])
    });
    assert_eq!(added, [2, 2]);
    assert_eq!(members(&world, "g1"), ["g2 group", "ghost user", "ghosts group", "u1 user"]);
    assert_eq!(
        (version(&world, "g1"), world.number("SELECT member_count FROM groups WHERE external_id = 'g1'")),
        (3, 4)
    );
    let stored = world.store.scim_group(world.integration, "g1").unwrap().unwrap();
    assert!(stored.modified_at > stored.created_at);
    assert_eq!(
        world.history(),
        ["Ann@corp.example", "user", "Board", "group"].map(|label| format!("membership {label} joined Staff:"))
    );
    world.forget_history();
    assert_eq!(world.write(|writer| writer.add_members("g1", &users(&["u1"]))), 0);
    assert_eq!(world.write(|writer| writer.remove_members("g1", &["u2"])), 0);
    assert_eq!(world.write(|writer| writer.replace_members("g1", &users(&["u1", "g2", "ghost", "ghosts"]))), 0);
    assert!(world.history().is_empty() && version(&world, "g1") == 3);
    assert_eq!(world.write(|writer| writer.replace_members("g1", &users(&["u1", "u2"]))), 4);
    assert_eq!(members(&world, "g1"), ["u1 user", "u2 user"]);
    assert_eq!(world.write(|writer| writer.remove_members("g1", &["u1", "nobody"])), 1);
    assert_eq!(world.number("SELECT member_count FROM groups WHERE external_id = 'g1'"), 1);
    assert_eq!(
        world.history(),
        ["Board left", "user left", "group left", "Bo@corp.example joined", "Ann@corp.example left"]
            .map(|line| format!("membership {line} Staff:"))
    );
    assert!(matches!(world.attempt(|writer| writer.add_members("none", &[])), Err(StoreError::Sql(_))));
}

#[test]
fn a_group_changes_field_by_field() {
    let mut world = staffed();
    assert_eq!(world.write(|writer| writer.update_group(&group("g1", "Staff"))).version, 1);
    let renamed = world.write(|writer| writer.update_group(&group("g1", "Crew")));
    assert_eq!((renamed.version, renamed.name_key.as_str()), (2, "crew"));
    assert_eq!(world.history(), ["group Crew changed name: Staff > Crew"]);
    let mut told = group("g1", "Crew");
    told.external_id = Some("x".into());
    assert_eq!(world.write(|writer| writer.update_group(&told)).version, 3);
    assert_eq!(world.history().len(), 1);
    assert_eq!(world.write(|writer| writer.groups_by_name_key("crew")).len(), 1);
}

#[test]
fn a_deleted_group_lets_its_members_go_and_leaves_the_groups_it_is_in() {
    let mut world = staffed();
    world.write(|writer| {
        writer.add_members("g1", &users(&["u1", "ghost"]))?;
        writer.add_members("g2", &[("g1".to_owned(), MemberKind::Group)])
    });
    world.forget_history();
    world.write(|writer| writer.delete_group("g1"));
    assert_eq!(
        world.history(),
        [
            "membership Staff left Board:",
            "group Staff left",
            "membership user left Staff:",
            "membership Ann@corp.example left Staff:",
        ]
    );
    assert_eq!(world.number("SELECT count(*) FROM memberships"), 0);
    assert_eq!(world.number("SELECT count(*) FROM scim_groups"), 1);
    assert_eq!((version(&world, "g2"), world.number("SELECT member_count FROM groups")), (3, 0));
    assert!(world.store.scim_group(world.integration, "g1").unwrap().is_none());
}

#[test]
fn groups_of_a_page_of_people_come_at_once() {
    let mut world = staffed();
    world.write(|writer| {
        writer.add_members("g2", &users(&["u1"]))?;
        writer.add_members("g1", &users(&["u1", "u2"]))
    });
    let groups = world.store.scim_groups_of(world.integration, &["u1", "u2", "u3"]).unwrap();
    let names = |id: &str| groups[id].iter().map(|group| group.display.as_deref().unwrap()).collect::<Vec<_>>();
    assert_eq!((names("u1"), names("u2"), groups.len()), (vec!["Staff", "Board"], vec!["Staff"], 2));
}
