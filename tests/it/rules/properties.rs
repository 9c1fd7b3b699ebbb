//! What holds of every pass of the rules, whatever the people, devices, evidence and rules.

use std::collections::BTreeMap;

use dirsync::model::{EvidenceKind, Gift};
use dirsync::store::{AutoAssign, Store};
use proptest::prelude::*;

use super::model;
use super::tenant::{Tenant, stored, tenant};
use crate::engine::home::rows;

fn pass(store: &mut Store, only: &AutoAssign) -> Vec<Gift> {
    let now = "2026-11-24T08:00:00Z".parse().unwrap();
    let given = store.change_devices(now, None, false, |writer| writer.assign_by_rules(only));
    given.unwrap_or_else(|error: dirsync::store::StoreError| panic!("{error}"))
}

/// Who has what: serial number, and the person's id in the directory.
fn held(store: &Store) -> BTreeMap<String, String> {
    let all = rows(
        store.path(),
        "SELECT d.serial, u.external_id FROM assignments a JOIN devices d ON d.id = a.device_id
         JOIN users u ON u.id = a.user_id WHERE a.ended_at IS NULL",
    );
    all.iter().map(|line| line.split_once('|').unwrap()).map(|(left, right)| (left.into(), right.into())).collect()
}

fn check(tenant: &Tenant) -> Result<(), TestCaseError> {
    let home = tempfile::tempdir().unwrap();
    let mut store = stored(tenant, home.path(), false);
    let before = held(&store);
    let mut explained = BTreeMap::new();
    for line in rows(store.path(), &format!("SELECT id, serial FROM devices LIMIT {}", tenant.single)) {
        let (id, serial) = line.split_once('|').unwrap();
        let reasoning = store.reasoning(id.parse().unwrap()).unwrap().unwrap();
        explained.insert(serial.to_owned(), reasoning);
    }
    prop_assert_eq!(&held(&store), &before, "explaining changes nothing");
    store.contradictions(&EvidenceKind::ALL).unwrap();

    let given = pass(&mut store, &AutoAssign::default());
    let after = held(&store);
    for (place, device) in tenant.devices.iter().enumerate() {
        let serial = format!("s{place}");
        let expected = model::after(tenant, place);
        let holder = after.get(&serial).map(|id| id[1..].parse::<usize>().unwrap());
        prop_assert_eq!(holder, expected.holder, "{} of {:#?}", serial, tenant);
        let gift = given.iter().find(|gift| gift.serial == serial);
        prop_assert_eq!(gift.map(|gift| gift.rule.clone()), expected.by, "{}", serial);
        if let Some(gift) = gift {
            prop_assert!(!device.shared);
            prop_assert!(device.holder.as_ref().is_none_or(|held| !held.pinned));
            let wished = device.told.iter().any(|told| told.waiting);
            prop_assert!(device.holder.as_ref().is_none_or(|held| held.rank > 10 || wished));
            prop_assert_eq!(tenant.people[expected.holder.unwrap()].status, "active");
            prop_assert!(gift.reason.is_some() || wished);
        }
        let Some(reasoning) = explained.get(&serial) else { continue };
        prop_assert_eq!(reasoning.gives, gift.is_some(), "what is explained is what happens: {}", serial);
        if let (Some(gift), Some(winner)) = (gift, &reasoning.winner) {
            prop_assert_eq!((gift.user_id, &gift.rule), (winner.user_id, &winner.rule));
        }
        if let Some(winner) = &reasoning.winner {
            let trial = reasoning.trials.iter().find(|trial| trial.rule.name == winner.rule).unwrap();
            let passing: Vec<_> = trial.candidates.iter().filter(|it| it.fails.is_empty()).collect();
            prop_assert_eq!((trial.unfit.len(), passing.len()), (0, 1));
            prop_assert_eq!(passing[0].user_id, winner.user_id);
        }
        for trial in reasoning
            .trials
            .iter()
            .take_while(|trial| reasoning.winner.as_ref().is_none_or(|winner| trial.rule.name != winner.rule))
        {
            let passing = trial.candidates.iter().filter(|it| it.fails.is_empty()).count();
            prop_assert!(
                !trial.rule.decides() || !trial.unfit.is_empty() || passing != 1,
                "{} was passed over",
                trial.rule.name
            );
        }
    }
    prop_assert_eq!(pass(&mut store, &AutoAssign::default()), vec![], "a second pass changes nothing: {:#?}", tenant);
    prop_assert_eq!(&held(&store), &after);

    let mut backwards = stored(tenant, home.path(), true);
    pass(&mut backwards, &AutoAssign::default());
    prop_assert_eq!(held(&backwards), after, "the order of insertion does not matter");

    let mut narrow = stored(tenant, &home.path().join("narrow"), false);
    let some = AutoAssign { only_unassigned: true, integrations: Some(vec![dirsync::model::IntegrationId(1)]) };
    for gift in pass(&mut narrow, &some) {
        prop_assert!(given.contains(&gift), "a narrower pass does a part of the whole");
        prop_assert_eq!((gift.before, &*gift.integration), (None, "dir1"));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_pass_does_what_a_naive_reading_of_the_rules_does(tenant in tenant()) {
        check(&tenant)?;
    }
}
