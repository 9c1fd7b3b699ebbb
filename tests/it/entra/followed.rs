//! Syncs that cost what changed: first, unchanged, after days, everything again on demand and when it is due, and where
//! changes cannot be followed.

use dirsync::clock::Clock;
use dirsync::sandbox::entra::{Options, Sandbox};
use dirsync::sandbox::{Fault, Rule};
use serde_json::{Value, json};

use super::hq::Hq;
use super::truth::assert_true;

/// Whether a round of the log began with everything, of people and of groups.
fn began_anew(asked: &[String]) -> (bool, bool) {
    let anew = |stream: &str| {
        let first = |line: &&String| line.contains(stream) && line.contains("select=");
        asked.iter().any(|line| first(&line))
    };
    (anew("/users/delta"), anew("/groups/delta"))
}

/// Syncs; what it asked.
#[track_caller]
fn synced(hq: &Hq, more: &[&str]) -> Vec<String> {
    let before = hq.asked_in_all();
    let run = hq.world.run(&[&["sync", "hq"], more].concat());
    assert_eq!(run.code, Some(0), "{run}");
    hq.asked_since(before)
}

#[test]
fn after_the_first_a_sync_costs_what_changed() {
    let hq = Hq::connected();
    assert_true(&hq);
    let asked = synced(&hq, &[]);
    assert_eq!(began_anew(&asked), (false, false), "{asked:#?}");
    assert!(asked.len() <= 5, "a token, the organisation, a page of each stream: {asked:#?}");
    assert_eq!(hq.world.json(&["runs"])[0]["changed"], 0);
    for day in 0..6 {
        hq.sandbox.play_day();
        let asked = synced(&hq, &["--max-removals", "100%"]);
        assert_eq!(began_anew(&asked), (false, false), "day {day}: {asked:#?}");
        assert_true(&hq);
    }
    let listed = hq.asked("/v1.0/users?") + hq.asked("/members");
    let details = hq.world.json(&["details", "hq"]);
    assert!(listed <= 2, "the try-out's only: {listed}");
    assert!(details["last_delta_round_at"].is_string() && details["last_full_round_at"].is_string(), "{details}");
}

#[test]
fn a_dry_run_is_the_plan_of_the_real_run() {
    let hq = Hq::connected();
    for everything in [&[][..], &["--full"]] {
        (0..3).for_each(|_| drop(hq.sandbox.play_day()));
        let before = hq.world.contents();
        let dry = [&["sync", "hq", "--dry-run", "--max-removals", "100%"], everything].concat();
        let (plan, twice) = (hq.world.json(&dry), hq.world.json(&dry));
        assert_eq!(hq.world.contents(), before);
        let run = hq.world.json(&[&["sync", "hq", "--max-removals", "100%"], everything].concat())[0]["id"].clone();
        let changes = hq.world.json(&["changes", "--limit", "100000"]);
        let picked = |rows: &Value, of: Option<&Value>| {
            let of_run = rows.as_array().unwrap().iter().filter(|row| of.is_none_or(|run| row["run"] == *run));
            let keys = ["subject", "external_id", "kind", "field", "before", "after"];
            let mut lines: Vec<String> =
                of_run.map(|row| json!(keys.map(|key| row[key].clone())).to_string()).collect();
            lines.sort();
            lines
        };
        let (planned, done) = (picked(&plan, None), picked(&changes, Some(&run)));
        assert_eq!(planned, picked(&twice, None), "a dry run moves nothing on");
        assert!(!planned.is_empty(), "something happened in three days");
        assert_eq!(planned, done);
        assert_true(&hq);
        assert_eq!(hq.world.json(&["sync", "hq", "--dry-run"]), json!([]));
    }
}

#[test]
fn whoever_is_forgotten_and_still_there_is_back_whole_with_the_next_sync() {
    let hq = Hq::connected();
    let shown = |id: &str| hq.world.run(&["users", "show", id, "-o", "json"]).json();
    let listed = hq.world.run(&["users", "--status", "active", "-o", "json"]).json();
    let member = |user: &&serde_json::Value| !user["groups"].as_array().unwrap().is_empty();
    let before = listed.as_array().unwrap().iter().find(member).unwrap().clone();
    let id = before["id"].to_string();
    let forgotten = hq.world.run(&["users", "forget", &id, "--confirm", &id]);
    assert_eq!(forgotten.code, Some(0), "{forgotten}");
    assert_eq!((&shown(&id)["status"], &shown(&id)["user_name"]), (&"removed".into(), &serde_json::Value::Null));
    synced(&hq, &[]);
    let after = shown(&id);
    for field in ["status", "email", "user_name", "display_name", "manager", "groups", "aliases", "title"] {
        assert_eq!(after[field], before[field], "{field}");
    }
}

#[test]
fn everything_is_read_again_on_demand_and_where_a_link_is_worth_nothing() {
    let hq = Hq::connected();
    let expired = |code: &str, nested| Fault::ExpiredCursor { code: code.to_owned(), nested };
    let faults = [
        expired("syncStateNotFound", false),
        expired("SyncStateNotFound", true),
        expired("resyncRequired", false),
        Fault::Gone { location: true },
        Fault::Gone { location: false },
    ];
    hq.sandbox.play_day();
    assert_eq!(began_anew(&synced(&hq, &["--full"])), (true, true));
    assert_true(&hq);
    for fault in faults {
        for (stream, anew) in [("users/delta", (true, false)), ("groups/delta", (false, true))] {
            hq.sandbox.play_day();
            hq.sandbox.inject(Rule::new(stream, fault.clone()).times(1));
            let asked = synced(&hq, &["--max-removals", "100%"]);
            assert_eq!(began_anew(&asked), anew, "{fault:?} of {stream}: {asked:#?}");
            hq.sandbox.clear_faults();
            // Somebody missing without a word is missing for one more round, which asks for everything.
            synced(&hq, &["--full", "--max-removals", "100%"]);
            assert_true(&hq);
        }
    }
    for end in [Sandbox::expire_cursors, Sandbox::move_tenant] {
        hq.sandbox.play_day();
        end(&hq.sandbox);
        assert_eq!(began_anew(&synced(&hq, &["--max-removals", "100%"])), (true, true));
        synced(&hq, &["--full", "--max-removals", "100%"]);
        assert_true(&hq);
    }
}

#[test]
fn everything_is_read_once_a_week_and_after_a_long_pause() {
    let mut hq = Hq::standing_still();
    hq.add_by_secret();
    let first = hq.world.json(&["details", "hq"])["last_full_round_at"].clone();
    for _ in 0..6 {
        hq.pass(24);
        hq.sandbox.play_day();
        assert_eq!(began_anew(&synced(&hq, &["--max-removals", "100%"])), (false, false));
    }
    let details = hq.world.json(&["details", "hq"]);
    assert_eq!(details["last_full_round_at"], first);
    assert_ne!(details["last_delta_round_at"], first);
    hq.pass(24);
    // Who left without a word in any delta is noticed now, and gone with the round after it.
    let silent = hq.sandbox.vanish(4, false);
    assert_eq!(began_anew(&synced(&hq, &["--max-removals", "100%"])), (true, true), "a week has passed");
    assert_ne!(hq.world.json(&["details", "hq"])["last_full_round_at"], first);
    let missing = hq.world.json(&["users", "--status", "missing"]);
    assert_eq!(missing.as_array().unwrap().len(), silent.len(), "{missing}");
    hq.pass(4);
    synced(&hq, &["--max-removals", "100%"]);
    assert_true(&hq);
    hq.pass(6 * 24 + 13);
    let asked = synced(&hq, &["--max-removals", "100%"]);
    assert_eq!(began_anew(&asked), (true, true), "links of six and a half days are not tried");
    assert!(!asked.iter().any(|line| line.contains("deltatoken=") && line.contains("HTTP 4")), "{asked:#?}");
}

#[test]
fn where_changes_cannot_be_followed_everything_is_listed() {
    for code in [400, 501] {
        let hq = Hq::with(Options { seed: u64::from(code), ..Options::small(Clock::system()) });
        hq.inject("users/delta", Fault::DeltaRefused { code });
        hq.inject("groups/delta", Fault::DeltaRefused { code });
        hq.add_by_secret();
        assert_true(&hq);
        for _ in 0..3 {
            hq.sandbox.play_day();
            let before = hq.asked_in_all();
            let run = hq.world.run(&["sync", "hq", "--max-removals", "100%"]);
            assert_eq!(run.code, Some(0), "{run}");
            let asked = hq.asked_since(before);
            assert!(asked.iter().any(|line| line.contains("/members?") && line.contains("top=999")), "{asked:#?}");
            // Who is absent for the first time is missing, for the second gone.
            assert_eq!(hq.world.run(&["sync", "hq", "--max-removals", "100%"]).code, Some(0));
            assert_true(&hq);
        }
        // Delta comes: the next sync follows from then on.
        hq.sandbox.clear_faults();
        synced(&hq, &[]);
        assert_eq!(began_anew(&synced(&hq, &[])), (false, false));
        assert_true(&hq);
    }
}
