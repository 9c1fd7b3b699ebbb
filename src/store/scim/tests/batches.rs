//! Batches: each request all or nothing, integrations apart from each other.

use super::world::{group, person, push, users, world};
use crate::store::StoreError;

#[test]
fn a_request_that_fails_leaves_nothing_and_the_batch_goes_on() {
    let mut world = world();
    let mut batch = world.store.scim_batch(crate::people::LIFE_CYCLE).unwrap();
    let first = batch.attempt(world.integration, world.now, |writer| writer.create_user(&person("u1", "Ann")));
    first.unwrap().unwrap();
    let failed: Result<(), StoreError> = batch
        .attempt(world.integration, world.now, |writer| {
            writer.create_user(&person("u2", "Bo"))?;
            writer.create_group(&group("g1", "Staff"))?;
            writer.add_members("g1", &users(&["u1", "u2"]))?;
            writer.delete_user("u1", |_, _| true)?;
            Err(StoreError::Refused)
        })
        .unwrap();
    assert!(matches!(failed, Err(StoreError::Refused)));
    // A name that is taken is for the database to refuse at last, and that too undoes the request alone.
    let taken = batch.attempt(world.integration, world.now, |writer| {
        writer.create_group(&group("g2", "Board"))?;
        writer.create_user(&person("u3", "Ann"))
    });
    taken.unwrap().unwrap_err();
    let third = batch.attempt(world.integration, world.now, |writer| writer.create_user(&person("u4", "Cy")));
    third.unwrap().unwrap();
    batch.commit().unwrap();
    assert_eq!(world.texts("SELECT scim_id FROM scim_users WHERE deleted_at IS NULL ORDER BY 1"), ["u1", "u4"]);
    for table in ["groups", "plans", "runs", "memberships"] {
        assert_eq!(world.number(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
    assert_eq!(world.history(), ["user Ann@corp.example joined", "user Cy@corp.example joined"]);
}

#[test]
fn a_batch_that_is_dropped_has_not_happened() {
    let mut world = world();
    let mut batch = world.store.scim_batch(crate::people::LIFE_CYCLE).unwrap();
    batch.attempt(world.integration, world.now, |writer| writer.create_user(&person("u1", "Ann"))).unwrap().unwrap();
    drop(batch);
    assert_eq!(world.number("SELECT count(*) FROM users"), 0);
    assert!(world.store.integration("okta").unwrap().unwrap().last_sync_at.is_none());
}

#[test]
fn reading_and_what_changes_nothing_is_no_sync() {
    let mut world = world();
    world.write(|writer| writer.create_user(&person("u1", "Ann")));
    let synced = world.store.integration("okta").unwrap().unwrap().last_sync_at;
    world.later(60);
    world.write(|writer| writer.update_user(&person("u1", "Ann")));
    assert_eq!(world.store.integration("okta").unwrap().unwrap().last_sync_at, synced);
}

#[test]
fn of_one_integration_nothing_is_seen_in_another() {
    let mut world = world();
    world.write(|writer| {
        writer.create_user(&person("u1", "Ann"))?;
        writer.create_group(&group("g1", "Staff"))?;
        writer.add_members("g1", &users(&["u1"]))
    });
    let first = world.integration;
    world.integration = world.store.add_push_integration(&push("jump", 2), world.now).unwrap();
    world.write(|writer| {
        assert_eq!(writer.user("u1")?, None);
        assert_eq!(writer.user_by_name("ann")?, None);
        assert!(writer.users_by_external_id("x-Ann")?.is_empty() && writer.groups_by_name_key("staff")?.is_empty());
        assert!(writer.group("g1")?.is_none() && writer.members("g1")?.is_empty());
        writer.create_user(&person("u1", "Ann"))?;
        writer.delete_user("u1", |_, _| false)
    });
    assert!(world.store.scim_groups_of(world.integration, &["u1"]).unwrap().is_empty());
    assert_eq!(world.store.scim_members(first, "g1").unwrap().len(), 1);
    assert!(world.store.scim_user(first, "u1").unwrap().is_some());
}

#[test]
fn into_a_deleted_integration_nothing_is_written_whoever_had_a_token_until_then() {
    let mut world = world();
    world
        .store
        .delete_integration(crate::people::LIFE_CYCLE, world.integration, crate::store::Farewell::default(), world.now)
        .unwrap();
    let late = world.attempt(|writer| writer.create_user(&person("u1", "Ann")));
    assert!(matches!(late, Err(StoreError::Deleted)));
    assert_eq!(world.number("SELECT count(*) FROM users"), 0);
}
