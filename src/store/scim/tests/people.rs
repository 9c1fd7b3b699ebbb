//! People as clients make, change and delete them one by one, and their return.

use super::world::{group, person, users, world};
use crate::model::AccountStatus;
use crate::store::StoreError;
use crate::store::scim::Deleted;

const GONE: Deleted = Deleted { held: None, newly_held: false, retained: false };

#[test]
fn a_user_is_a_person_like_any_other() {
    let mut world = world();
    let made = world.write(|writer| writer.create_user(&person("u1", "Ann")));
    assert_eq!((made.version, made.created_at.to_string()), (1, "2026-11-24T08:00:00.5Z".into()));
    assert_eq!(world.store.scim_user(world.integration, "u1").unwrap(), Some(made));
    let (_, found) = world.store.find_users("ann@corp.example", None).unwrap().remove(0);
    assert_eq!(
        (found.external_id.as_str(), found.status.as_str(), found.integration.as_str()),
        ("u1", "active", "okta")
    );
    assert_eq!(world.history(), ["user Ann@corp.example joined"]);
    assert_eq!(world.store.domains(world.integration).unwrap(), ["corp.example"]);
    let integration = world.store.integration("okta").unwrap().unwrap();
    assert_eq!(integration.last_sync_at.unwrap().to_string(), "2026-11-24T08:00:00Z");
    assert_eq!(integration.last_sync_outcome.unwrap().as_str(), "done");
}

#[test]
fn what_changes_is_history_field_by_field_and_what_does_not_is_not_touched() {
    let mut world = world();
    world.write(|writer| writer.create_user(&person("boss", "Bo")));
    world.write(|writer| writer.create_user(&person("u1", "Ann")));
    world.forget_history();
    world.later(60);
    let same = world.write(|writer| writer.update_user(&person("u1", "Ann")));
    assert_eq!((same.version, same.modified_at), (1, same.created_at));
    assert!(world.history().is_empty());

    let mut other = person("u1", "Ann");
    other.person.status = Some(AccountStatus::Suspended);
    other.person.manager = Some("boss".into());
    other.person.aliases = vec!["a@corp.example".into()];
    other.active = Some(false);
    other.document = "{}".into();
    let changed = world.write(|writer| writer.update_user(&other));
    assert_eq!((changed.version, changed.active), (2, Some(false)));
    assert!(changed.modified_at > changed.created_at);
    assert_eq!(
        world.history(),
        [
            "user Ann@corp.example changed status: active > suspended",
            "user Ann@corp.example changed manager: - > Bo@corp.example",
            "user Ann@corp.example changed aliases: [] > [\"a@corp.example\"]",
        ]
    );
    // What only the resource holds changes the resource, not the person.
    world.forget_history();
    let before = world.texts("SELECT updated_at FROM users WHERE external_id = 'u1'");
    world.later(60);
    other.document = "{\"nickName\":\"A\"}".into();
    other.person.status = None;
    assert_eq!(world.write(|writer| writer.update_user(&other)).version, 3);
    assert!(world.history().is_empty());
    assert_eq!(world.texts("SELECT updated_at FROM users WHERE external_id = 'u1'"), before);
    assert_eq!(world.texts("SELECT status FROM users WHERE external_id = 'u1'"), ["suspended"]);
}

#[test]
fn a_deleted_user_is_gone_from_everywhere_and_keeps_nothing_personal_in_the_resource() {
    let mut world = world();
    world.write(|writer| {
        writer.create_user(&person("u1", "Ann"))?;
        writer.create_group(&group("g1", "Staff"))?;
        writer.add_members("g1", &users(&["u1", "ghost"]))
    });
    world.forget_history();
    assert_eq!(world.write(|writer| writer.delete_user("u1", |_, _| false)), GONE);
    assert_eq!(
        world.history(),
        ["membership Ann@corp.example left Staff: ", "user Ann@corp.example left status: active > removed"]
            .map(|line| line.trim_end().to_owned())
    );
    assert_eq!(world.store.scim_user(world.integration, "u1").unwrap(), None);
    assert_eq!(world.number("SELECT member_count FROM groups"), 1);
    assert_eq!(world.store.scim_group(world.integration, "g1").unwrap().unwrap().version, 3);
    assert_eq!(world.texts("SELECT status FROM users WHERE removed_at IS NOT NULL"), ["removed"]);
    assert_eq!(world.texts("SELECT document FROM scim_users"), [""]);
    assert_eq!(world.number("SELECT count(*) FROM scim_emails"), 0);
    assert!(matches!(world.attempt(|writer| writer.delete_user("u1", |_, _| false)), Err(StoreError::Sql(_))));
}

#[test]
fn whoever_comes_back_with_the_same_id_of_the_clients_is_the_same_person_under_a_new_id() {
    let mut world = world();
    let first = world.write(|writer| writer.create_user(&person("u1", "Ann")));
    world.write(|writer| writer.delete_user("u1", |_, _| false));
    world.forget_history();
    world.later(3600);
    let mut back = person("u2", "Ann");
    back.person.title = Some("CTO".into());
    let second = world.write(|writer| writer.create_user(&back));
    assert_eq!(second.user_id, first.user_id);
    assert!(second.version > first.version && second.created_at > first.created_at && second.deleted_at.is_none());
    assert_eq!(
        world.history(),
        ["user Ann@corp.example returned status: removed > active", "user Ann@corp.example changed title: - > CTO"]
    );
    assert_eq!(world.texts("SELECT external_id || status FROM users WHERE removed_at IS NULL"), ["u2active"]);
    assert_eq!(world.store.scim_user(world.integration, "u1").unwrap(), None);
    // Another id of the client's, or none, is another person; and so is one who comes beside a live namesake.
    let mut nobody = person("u3", "Bea");
    nobody.external_id = None;
    let mut namesake = person("u4", "Cy");
    namesake.external_id = back.external_id.clone();
    let (third, fourth) = world.write(|writer| Ok((writer.create_user(&nobody)?, writer.create_user(&namesake)?)));
    assert!(third.user_id != first.user_id && fourth.user_id != first.user_id);
    assert_eq!(world.write(|writer| writer.users_by_external_id("x-Ann")).len(), 2);
}

#[test]
fn whoever_had_no_id_of_the_clients_is_known_again_by_name() {
    let mut world = world();
    let mut plain = person("u1", "Ann");
    plain.external_id = None;
    let first = world.write(|writer| writer.create_user(&plain));
    world.write(|writer| writer.delete_user("u1", |_, _| false));
    let second = world.write(|writer| writer.create_user(&person("u2", "Ann")));
    assert_eq!(second.user_id, first.user_id);
    // Who had one is only known by that.
    world.write(|writer| writer.delete_user("u2", |_, _| false));
    let mut other = person("u3", "Ann");
    other.external_id = Some("another".into());
    assert_ne!(world.write(|writer| writer.create_user(&other)).user_id, first.user_id);
}

#[test]
fn whoever_holds_a_device_is_retained_and_taken_back() {
    let mut world = world();
    let ann = world.write(|writer| writer.create_user(&person("u1", "Ann"))).user_id;
    world.give_device(ann);
    world.forget_history();
    assert_eq!(world.write(|writer| writer.delete_user("u1", |_, _| false)), Deleted { retained: true, ..GONE });
    assert_eq!(world.texts("SELECT status || ' ' || status_reason FROM users"), ["retained scim_delete"]);
    let back = world.write(|writer| writer.create_user(&person("u2", "Ann")));
    assert_eq!(back.user_id, ann);
    assert_eq!(world.texts("SELECT status FROM users WHERE status_reason IS NULL"), ["active"]);
    assert_eq!(
        world.history(),
        [
            "user Ann@corp.example retained status: active > retained",
            "user Ann@corp.example returned status: retained > active",
            "user Ann@corp.example changed status_reason: scim_delete > -",
        ]
    );
}

#[test]
fn people_of_a_deleted_integration_are_known_again_when_it_is_added_anew() {
    let mut world = world();
    let ann = world.write(|writer| writer.create_user(&person("u1", "Ann"))).user_id;
    world.write(|writer| writer.create_group(&group("g1", "Staff")));
    world
        .store
        .delete_integration(crate::people::LIFE_CYCLE, world.integration, crate::store::Farewell::default(), world.now)
        .unwrap();
    assert_eq!(world.texts("SELECT document FROM scim_users WHERE deleted_at IS NOT NULL"), [""]);
    for table in ["scim_emails", "scim_groups", "scim_tokens", "groups"] {
        assert_eq!(world.number(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
    world.later(60);
    let again = world.store.add_push_integration(&super::world::push("okta", 2), world.now).unwrap();
    assert_eq!(again, world.integration);
    assert_eq!(world.write(|writer| writer.create_user(&person("u2", "Ann"))).user_id, ann);
}
