//! Whatever happens in the directory from day to day, the store follows, and people are never confused.

use std::collections::BTreeMap;

use super::home::homes;
use super::pretend::{Day, Pretend, Size};

fn play(pretend: &dyn Pretend, days: usize) -> Day {
    let mut all = Day::default();
    for _ in 0..days {
        let day = pretend.play_day();
        all.joined.extend(day.joined);
        all.left.extend(day.left);
        all.recreated.extend(day.recreated);
    }
    all
}

#[test]
fn after_any_days_the_store_equals_the_directory_and_plans_nothing() {
    for (seed, days) in [(7, [1, 2, 5]), (8, [3, 1, 1]), (9, [1, 8, 1])] {
        for home in homes(Size::SMALL.seeded(seed)) {
            home.sync();
            for days in days {
                let played = play(&*home.pretend, days);
                home.sync_everything();
                home.picture().assert_is(&home.pretend.truth());
                let again = home.sync_everything();
                assert!(again.summary.is_empty(), "{:?}", again.summary);
                let there = home.pretend.truth().people;
                for id in played.left.iter().filter(|id| !there.contains_key(*id)) {
                    assert!(matches!(home.person(id).0.as_str(), "removed" | "unknown"), "{:?}", home.person(id));
                }
            }
        }
    }
}

#[test]
fn a_day_in_a_directory_of_many_pages_arrives_whole() {
    for home in homes(Size::PAGES) {
        home.sync();
        play(&*home.pretend, 2);
        home.sync();
        home.picture().assert_is(&home.pretend.truth());
    }
}

#[test]
fn somebody_made_anew_under_the_same_address_is_another_person() {
    for home in homes(Size::SMALL) {
        home.sync();
        let mut days = 0;
        let recreated = loop {
            let before = home.pretend.truth().people;
            let day = play(&*home.pretend, 1);
            let recreated = day.recreated.into_iter().next().expect("somebody is made anew every day");
            if before[&recreated.0]["email"].is_some() {
                break recreated;
            }
            home.sync();
            days += 1;
            assert!(days < 10, "nobody has an address");
        };
        let (old, new) = (&recreated.0, &recreated.1);
        let (status, row) = home.person(old);
        assert_eq!(status, "active");
        let report = home.sync();
        let ((was, old_row), (is, new_row)) = (home.person(old), home.person(new));
        assert_eq!((was.as_str(), is.as_str()), ("removed", "active"));
        assert!(old_row == row && new_row != row, "{row}, then {old_row} and {new_row}");
        let told = |note: &dirsync::model::RunNote| note.external_id.as_ref() == Some(new) && note.reason.contains(old);
        assert!(report.summary.notes.iter().any(told), "{:?}", report.summary.notes);
    }
}

#[test]
fn somebody_who_returns_has_the_same_row() {
    for home in homes(Size::SMALL) {
        home.sync();
        let rows = || -> BTreeMap<String, String> {
            let rows = home.rows("SELECT external_id, id FROM v1_users");
            rows.iter().map(|row| row.split_once('|').unwrap()).map(|(id, row)| (id.into(), row.into())).collect()
        };
        let mut returned = 0;
        for _ in 0..6 {
            let before = rows();
            play(&*home.pretend, 1);
            returned += home.sync_everything().summary.returned;
            let after = rows();
            assert!(before.iter().all(|(id, row)| after.get(id) == Some(row)), "{before:?}, then {after:?}");
        }
        assert!(returned > 0, "nobody came back in six days");
        home.picture().assert_is(&home.pretend.truth());
    }
}

#[test]
fn who_left_too_long_ago_for_the_directorys_own_word_is_gone_after_two_complete_fetches() {
    for home in homes(Size::SMALL) {
        home.sync();
        play(&*home.pretend, 40);
        home.sync_everything();
        home.picture().assert_is(&home.pretend.truth());
        let missing = home.rows("SELECT external_id FROM v1_users WHERE status = 'missing'");
        // Where changes are told, its own word comes however long ago they left.
        assert_eq!(missing.is_empty(), home.pretend.follows(), "{missing:?}");
        home.sync_everything();
        for id in missing {
            assert_eq!(home.person(&id).0, "removed");
        }
        home.settles();
    }
}
