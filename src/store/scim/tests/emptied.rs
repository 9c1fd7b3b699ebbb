//! Whoever was emptied of all that is personal is known again by the client's id, which itself is nowhere.

use jiff::SignedDuration;

use super::world::{World, group, person, users, world};
use crate::people::LIFE_CYCLE;
use crate::store::Forget;

const ALONE: Forget<'_> = Forget { unassign: false, pretend: false, actor: "root" };

/// All that is left of resources: their names, their documents, and whether the client's own id stands there.
fn left(world: &World) -> Vec<String> {
    world.texts(
        "SELECT user_name_key || '|' || document || '|' || coalesce(display_name_key, '') || '|'
             || (lower(coalesce(external_id, '')) LIKE '%ann%') FROM scim_users",
    )
}

#[test]
fn after_thirty_days_they_are_the_same_person_all_the_same() {
    let mut world = world();
    let ann = world.write(|writer| writer.create_user(&person("u1", "Ann"))).user_id;
    world.write(|writer| writer.delete_user("u1", |_, _| false));
    world.now += SignedDuration::from_hours(31 * 24);
    assert_eq!(world.store.keep_house(LIFE_CYCLE, world.now).unwrap().emptied, 1);
    assert_eq!(left(&world), ["|||0"]);
    let mut other = person("u2", "Ann");
    other.external_id = Some("another".into());
    assert_ne!(world.write(|writer| writer.create_user(&other)).user_id, ann);
    let mut back = person("u3", "Ann2");
    back.external_id = Some("x-Ann".into());
    let back = world.write(|writer| writer.create_user(&back));
    assert_eq!((back.user_id, back.external_id.as_deref()), (ann, Some("x-Ann")));
    assert_eq!(world.texts("SELECT status || email FROM users WHERE id = 1"), ["activeAnn2@corp.example"]);
}

#[test]
fn whoever_is_forgotten_is_known_by_that_id_alone_however_often_they_are_forgotten() {
    let mut world = world();
    world.write(|writer| {
        writer.create_user(&person("u1", "Ann"))?;
        let mut nameless = person("u2", "Annika");
        nameless.external_id = None;
        writer.create_user(&nameless)?;
        writer.create_group(&group("g1", "Staff"))?;
        writer.add_members("g1", &users(&["u1", "u2"]))
    });
    for user in [1, 2, 1] {
        world.later(60);
        world.store.forget(LIFE_CYCLE, user, ALONE, world.now).unwrap();
    }
    assert_eq!(left(&world), ["|||0"], "who had no id of the client's cannot be known again");
    assert_eq!(world.number("SELECT count(*) FROM scim_emails"), 0);
    assert_eq!(world.number("SELECT member_count FROM groups"), 0);
    assert_eq!(world.store.scim_user(world.integration, "u1").unwrap(), None);
    world.later(60);
    let (ann, annika) = world
        .write(|writer| Ok((writer.create_user(&person("u3", "Ann"))?, writer.create_user(&person("u4", "Annika"))?)));
    assert_eq!((ann.user_id, annika.user_id), (1, 3));
    assert!(ann.version > 1 && ann.deleted_at.is_none());
}

#[test]
fn one_directorys_id_is_not_anothers() {
    let mut world = world();
    world.write(|writer| writer.create_user(&person("u1", "Ann")));
    world.store.forget(LIFE_CYCLE, 1, ALONE, world.now).unwrap();
    world.integration = world.store.add_push_integration(&super::world::push("onelogin", 2), world.now).unwrap();
    assert_ne!(world.write(|writer| writer.create_user(&person("u2", "Ann"))).user_id, 1);
    let kept = "SELECT external_id FROM scim_users WHERE deleted_at IS NOT NULL";
    world.store.forget(LIFE_CYCLE, 2, ALONE, world.now).unwrap();
    let kept = world.texts(kept);
    assert!(kept.len() == 2 && kept[0] != kept[1], "{kept:?}");
}
