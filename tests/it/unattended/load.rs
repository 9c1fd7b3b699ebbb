//! People who look while a sync writes: nobody waits, nobody is turned away, and what one command shows is of one moment.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dirsync::clock::Clock;
use dirsync::sandbox::Options;
use serde_json::Value;

use crate::google::company::Company;
use crate::world::asked_for;

/// How long the readers and the sync are at it, unless DIRSYNC_LOAD_SECONDS says otherwise.
const SECONDS: u64 = 15;

fn fingerprint(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// The whole listings whose every version is known.
const LISTINGS: [&[&str]; 3] = [
    &["users", "--status", "all", "-o", "json"],
    &["groups", "-o", "json"],
    &["query", "SELECT * FROM v1_memberships ORDER BY group_external_id, member_external_id", "-o", "json"],
];

/// `list` tells when it was synced last and when it is next, which are as far apart as ever when both are of one moment.
fn pace(list: &Value) -> jiff::SignedDuration {
    let at = |key: &str| list[0][key].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    at("next_sync_at").duration_since(at("last_sync_at"))
}

#[test]
#[ignore = "takes a quarter of a minute, or DIRSYNC_LOAD_SECONDS; .ci/run runs it for longer"]
fn readers_beside_a_sync_never_wait_and_never_see_halves() {
    let seconds = asked_for("DIRSYNC_LOAD_SECONDS", SECONDS);
    let company =
        Company::with(Options { users: 300, groups: 60, memberships: 3_000, ..Options::small(Clock::system()) });
    assert_eq!(company.add_by_key("corp").code, Some(0));
    let ask = |arguments: &[&str]| {
        let shown = company.world.run(arguments);
        assert_eq!((shown.code, &*shown.stderr), (Some(0), ""), "{shown}");
        shown.stdout
    };
    let pace_of_corp = pace(&serde_json::from_str(&ask(&["list", "-o", "json"])).unwrap());
    let states = || LISTINGS.map(|listing| fingerprint(&ask(listing)));
    let (ended, clock) = (AtomicBool::new(false), Clock::system());
    let began = clock.instant();
    let (known, (seen, syncs)) = std::thread::scope(|scope| {
        let readers: Vec<_> = LISTINGS
            .iter()
            .enumerate()
            .map(|(which, listing)| {
                let (ask, ended) = (&ask, &ended);
                scope.spawn(move || {
                    let mut seen = Vec::new();
                    while !ended.load(Ordering::SeqCst) {
                        seen.push(fingerprint(&ask(listing)));
                        let list = serde_json::from_str(&ask(&["list", "-o", "json"])).unwrap();
                        assert_eq!(pace(&list), pace_of_corp, "{list}");
                        ask(&["check"]);
                        ask(&["changes", "--limit", "20"]);
                    }
                    (which, seen)
                })
            })
            .collect();
        let mut known: [HashSet<u64>; 3] = states().map(|state| HashSet::from([state]));
        let mut syncs = 0;
        while clock.instant().duration_since(began) < Duration::from_secs(seconds) {
            company.sandbox.play_day();
            ask(&["sync", "corp", "--max-removals", "100%"]);
            syncs += 1;
            known.iter_mut().zip(states()).for_each(|(known, state)| known.extend([state]));
        }
        ended.store(true, Ordering::SeqCst);
        let seen: Vec<_> = readers.into_iter().map(|reader| reader.join().unwrap()).collect();
        (known, (seen, syncs))
    });
    let mut met = 0;
    for (which, seen) in seen {
        let strange = seen.iter().filter(|state| !known[which].contains(state)).count();
        assert_eq!(strange, 0, "of {} answers of {:?}", seen.len(), LISTINGS[which]);
        met += seen.len();
    }
    println!("{syncs} syncs, {met} listings beside them, each of one moment");
}
