//! Two directories at once, one at Google and one at Microsoft, in one home: side by side, and neither the other's
//! misfortune.

use std::process::Stdio;
use std::time::Duration;

use dirsync::clock::Clock;
use dirsync::sandbox::{Fault, Options, Rule, Sandbox as Workspace};
use serde_json::{Value, json};

use super::hq::{Hq, refusal};
use super::truth::assert_true;
use crate::conformance::google::truth::picture;
use crate::conformance::picture::Picture;
use crate::program::errors;

/// `hq` at Microsoft, and `corp` at Google.
struct Both {
    hq: Hq,
    google: Workspace,
}

impl Both {
    fn new() -> Self {
        let mut hq = Hq::signed_in();
        let google =
            hq.runtime.block_on(Workspace::start(Options { seed: 7, ..Options::small(Clock::system()) })).unwrap();
        for (name, value) in google.environment() {
            hq.world.set(name, &value);
        }
        let key = hq.world.file("key.json", &google.service_account_json().unwrap());
        let (key, admin) = (key.to_str().unwrap(), google.admin_email());
        let added = hq.world.run(&["add", "google", "--name", "corp", "--service-account", key, "--admin", &admin]);
        assert_eq!(added.code, Some(0), "{added}");
        Self { hq, google }
    }

    fn live_a_day(&self) {
        self.google.play_day();
        self.hq.sandbox.play_day();
    }

    #[track_caller]
    fn assert_corp_is_true(&self) {
        Picture::stored(&self.hq.world.database()).assert_is(&picture(&self.google.truth()));
    }

    fn of(&self, name: &str) -> Value {
        let list = self.hq.world.json(&["list"]);
        list.as_array().unwrap().iter().find(|it| it["name"] == name).unwrap().clone()
    }

    /// What is stored of one of them.
    fn stored(&self, name: &str) -> Vec<String> {
        let people = format!("SELECT external_id || status FROM v1_users WHERE integration = '{name}' ORDER BY 1");
        let members = format!(
            "SELECT group_external_id || member_external_id FROM v1_memberships WHERE integration = '{name}' ORDER BY 1"
        );
        [self.hq.world.column(&people), self.hq.world.column(&members)].concat()
    }
}

#[test]
fn both_are_read_at_the_same_time_and_shown_together() {
    let both = Both::new();
    let world = &both.hq.world;
    both.live_a_day();
    both.google.inject(Rule::new("users", Fault::Slow { ms: 140 }).times(1));
    both.hq.sandbox.inject(Rule::new("users/delta", Fault::Slow { ms: 140 }).times(1));
    let google = || both.google.requests()["by_path"].to_string();
    let (at_google, at_microsoft) = (google(), both.hq.asked("/users/delta"));
    let mut command = world.command(&["sync", "--all"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while google() == at_google || both.hq.asked("/users/delta") == at_microsoft {
        assert_eq!(child.try_wait().unwrap(), None, "one after the other");
        std::thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
    both.assert_corp_is_true();
    assert_true(&both.hq);
    for (command, truth) in [("users", "users"), ("groups", "groups")] {
        let shown = world.json(&[command]);
        let of = |name: &str| shown.as_array().unwrap().iter().filter(|row| row["integration"] == name).count();
        let there = |all: &Value| all[truth].as_array().unwrap().len();
        assert_eq!(
            of("hq") - if command == "users" { removed(&both, "hq") } else { 0 },
            there(&both.hq.sandbox.truth())
        );
        assert_eq!(
            of("corp") - if command == "users" { removed(&both, "corp") } else { 0 },
            there(&both.google.truth())
        );
    }
    let kinds = world.json(&["list", "--columns", "name,kind"]);
    assert_eq!(kinds, json!([{"name": "corp", "kind": "google"}, {"name": "hq", "kind": "entra"}]));
}

/// How many people `users` shows who are not there any more.
fn removed(both: &Both, name: &str) -> usize {
    let gone = both.hq.world.json(&["users", "--integration", name]);
    gone.as_array()
        .unwrap()
        .iter()
        .filter(|row| !["active", "suspended"].contains(&row["status"].as_str().unwrap()))
        .count()
}

#[test]
fn one_that_fails_neither_stops_nor_taints_the_other_and_gives_the_exit_code() {
    let both = Both::new();
    let forbidden = || Fault::status(403, Some("forbidden"));
    type Strike<'a> = (Option<Fault>, Option<(&'a str, Fault)>, i32);
    let strikes: Vec<Strike<'_>> = vec![
        (None, Some(("token", refusal("invalid_grant", 50_173))), 4),
        (None, Some(("users/delta", Fault::UnavailableHtml)), 75),
        (None, Some(("groups/delta", Fault::HtmlOk)), 1),
        (Some(Fault::UnavailableHtml), None, 75),
        (Some(forbidden()), None, 1),
        (Some(Fault::UnavailableHtml), Some(("token", refusal("invalid_grant", 50_173))), 4),
        (Some(forbidden()), Some(("token", refusal("consent_required", 65_001))), 1),
    ];
    for (at_google, at_microsoft, code) in strikes {
        both.live_a_day();
        let before = (both.stored("corp"), both.stored("hq"));
        let (corp_fails, hq_fails) = (at_google.is_some(), at_microsoft.is_some());
        let what = format!("{at_google:?} {at_microsoft:?}");
        at_google.into_iter().for_each(|fault| both.google.inject(Rule::new("users", fault)));
        at_microsoft.into_iter().for_each(|(on, fault)| both.hq.inject(on, fault));
        let synced = both.hq.world.run(&["sync", "--all", "--max-removals", "100%", "-o", "json"]);
        both.google.clear_faults();
        both.hq.sandbox.clear_faults();
        assert_eq!(synced.code, Some(code), "{what}: {synced}");
        let told: Vec<String> =
            errors(&synced).iter().map(|it| it["integration"].as_str().unwrap().to_owned()).collect();
        let should = [("corp", corp_fails), ("hq", hq_fails)].into_iter().filter(|it| it.1).map(|it| it.0);
        assert_eq!(told, should.collect::<Vec<_>>(), "{what}");
        for (name, fails, before) in [("corp", corp_fails, before.0), ("hq", hq_fails, before.1)] {
            let outcome = if fails { "failed" } else { "done" };
            assert_eq!(both.of(name)["last_sync_outcome"], outcome, "{what}: {name}");
            if fails {
                assert_eq!(both.stored(name), before, "{what}: {name}");
            }
        }
        if !corp_fails {
            both.assert_corp_is_true();
        }
        if !hq_fails {
            assert_true(&both.hq);
        }
        let healed = both.hq.world.run(&["sync", "--all", "--max-removals", "100%"]);
        assert_eq!(healed.code, Some(0), "{what}: {healed}");
        both.assert_corp_is_true();
        assert_true(&both.hq);
    }
}

#[test]
fn the_deletion_of_one_leaves_the_other() {
    let both = Both::new();
    let hq = both.stored("hq");
    let deleted = both.hq.world.run(&["delete", "corp", "--confirm", "corp"]);
    assert_eq!(deleted.code, Some(0), "{deleted}");
    assert_eq!(both.stored("hq"), hq);
    assert!(both.hq.world.json(&["users"]).as_array().unwrap().iter().all(|user| user["integration"] == "hq"));
    assert_eq!(both.hq.world.run(&["sync", "--all"]).code, Some(0));
    assert_true(&both.hq);
    assert_eq!(both.hq.world.column("SELECT DISTINCT CAST(integration_id AS TEXT) FROM secrets").len(), 1);
}
