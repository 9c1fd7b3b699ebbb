//! Mass deletions: the resources go, the people wait with a plan.

use super::world::{World, person, world};
use crate::store::Approval;
use crate::store::scim::Deleted;

/// `number` people, with ids u0, u1 …
fn populated(number: usize) -> World {
    let mut world = world();
    world.write(|writer| {
        (0..number)
            .try_for_each(|index| writer.create_user(&person(&format!("u{index}"), &format!("P{index}"))).map(drop))
    });
    world.forget_history();
    world
}

fn tenth(lost: u64, people: u64) -> bool {
    lost >= 5 && lost * 10 > people
}

fn delete(world: &mut World, id: &str) -> Deleted {
    world.write(|writer| writer.delete_user(id, tenth))
}

#[test]
fn past_the_limit_people_wait_with_one_plan_which_is_approved_like_any_other() {
    let mut world = populated(50);
    for index in 0..5 {
        assert_eq!(delete(&mut world, &format!("u{index}")).held, None, "{index}");
    }
    let first = delete(&mut world, "u5");
    let plan = first.held.unwrap();
    assert!(first.newly_held);
    let second = delete(&mut world, "u6");
    assert_eq!((second.held, second.newly_held), (Some(plan), false));
    assert_eq!(world.store.scim_user(world.integration, "u5").unwrap(), None);
    assert_eq!(
        world.texts("SELECT external_id || status_before FROM users WHERE status = 'missing'"),
        ["u5active", "u6active"]
    );
    assert_eq!(world.history().last().unwrap(), "user P6@corp.example missing status: active > missing");
    assert_eq!(
        world.texts("SELECT trigger || outcome || json_extract(counts, '$.users.held') FROM runs"),
        ["scimheld2"]
    );
    assert_eq!(world.store.integration("okta").unwrap().unwrap().last_sync_outcome.unwrap().as_str(), "held");
    let shown = world.store.plan(plan).unwrap().unwrap();
    assert_eq!((shown.removals, shown.suspensions), (2, 0));

    world.later(1);
    // Somebody may have been added since it was looked at.
    for agreed in [None, Some(1)] {
        let early = world.store.approve_plan(crate::people::LIFE_CYCLE, plan, agreed, "root", world.now).unwrap();
        assert_eq!(early, Approval::Grown { people: 2 });
    }
    let approved = world.store.approve_plan(crate::people::LIFE_CYCLE, plan, Some(2), "root", world.now).unwrap();
    assert!(matches!(approved, Approval::Applied { removed: 2, .. }), "{approved:?}");
    assert_eq!(world.number("SELECT count(*) FROM users WHERE status = 'removed'"), 7);
    // All that went before is agreed to: what goes next is counted anew.
    world.later(1);
    assert_eq!(delete(&mut world, "u7").held, None);
    assert_eq!(world.store.integration("okta").unwrap().unwrap().last_sync_outcome.unwrap().as_str(), "done");
}

#[test]
fn ten_minutes_later_deletions_count_anew() {
    let mut world = populated(50);
    for index in 0..20 {
        assert_eq!(delete(&mut world, &format!("u{index}")).held, None, "{index}");
        world.later(200);
    }
}

#[test]
fn deletions_in_one_batch_count_together_and_one_that_failed_does_not() {
    let mut world = populated(50);
    let mut batch = world.store.scim_batch(crate::people::LIFE_CYCLE).unwrap();
    for index in 0..6 {
        let id = format!("u{index}");
        let failed: Result<(), crate::store::StoreError> = batch
            .attempt(world.integration, world.now, |writer| {
                writer.delete_user(&id, tenth)?;
                Err(crate::store::StoreError::Refused)
            })
            .unwrap();
        failed.unwrap_err();
        let deleted = batch.attempt(world.integration, world.now, |writer| writer.delete_user(&id, tenth)).unwrap();
        assert_eq!(deleted.unwrap().held.is_some(), index == 5, "{index}");
    }
    batch.commit().unwrap();
    assert_eq!(world.number("SELECT count(*) FROM plan_items"), 1);
}

#[test]
fn whoever_is_back_before_the_decision_is_taken_off_the_plan_and_an_empty_plan_is_none() {
    let mut world = populated(10);
    let held = |world: &mut World, id: &str| world.write(|writer| writer.delete_user(id, |_, _| true)).held.unwrap();
    let plan = held(&mut world, "u1");
    assert_eq!(held(&mut world, "u2"), plan);
    let first = world.write(|writer| writer.create_user(&person("n1", "P1")));
    assert_eq!(world.history().last().unwrap(), "user P1@corp.example returned status: missing > active");
    assert_eq!(world.texts("SELECT external_id FROM users WHERE id = (SELECT user_id FROM plan_items)"), ["u2"]);
    assert_eq!(
        world.number(&format!("SELECT count(*) FROM users WHERE id = {} AND status_before IS NULL", first.user_id)),
        1
    );
    // What is left of the plan can still be approved.
    let later = world.now + jiff::SignedDuration::from_secs(61);
    let approved = world.store.approve_plan(crate::people::LIFE_CYCLE, plan, None, "root", later).unwrap();
    assert!(matches!(approved, Approval::Applied { removed: 1, .. }), "{approved:?}");

    let next = held(&mut world, "u3");
    assert_ne!(next, plan);
    world.write(|writer| writer.create_user(&person("n3", "P3")));
    assert_eq!(world.store.plan(next).unwrap().unwrap().state.as_str(), "replaced");
    assert_eq!(world.store.held_plan(world.integration).unwrap(), None);
}

#[test]
fn whoever_holds_a_device_waits_like_everybody_and_is_retained_then() {
    let mut world = populated(3);
    world.give_device(world.number("SELECT id FROM users WHERE external_id = 'u1'"));
    let deleted = world.write(|writer| writer.delete_user("u1", |_, _| true));
    assert!(!deleted.retained);
    world.store.approve_plan(crate::people::LIFE_CYCLE, deleted.held.unwrap(), Some(1), "root", world.now).unwrap();
    let stored = world.texts("SELECT status || ' ' || status_reason FROM users WHERE external_id = 'u1'");
    assert_eq!(stored, ["retained scim_delete"]);
    assert_eq!(world.write(|writer| writer.create_user(&person("n1", "P1"))).user_id, 2);
}

#[test]
fn the_limit_is_asked_about_everybody_who_was_there() {
    let mut world = populated(20);
    let asked = std::cell::RefCell::new(Vec::new());
    for id in ["u0", "u1", "u2"] {
        world.write(|writer| {
            writer.delete_user(id, |lost, people| {
                asked.borrow_mut().push((lost, people));
                false
            })
        });
    }
    assert_eq!(asked.into_inner(), [(1, 20), (2, 20), (3, 20)]);
}
