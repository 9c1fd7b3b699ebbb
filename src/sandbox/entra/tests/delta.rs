//! Delta queries: whatever happens, whoever follows the rules knows the truth in the end.

use proptest::prelude::*;
use serde_json::Value;

use super::follower::{Follower, USERS, assert_same};
use super::sandbox;
use super::visitor::Visitor;
use crate::clock::Clock;
use crate::sandbox::entra::{Options, Sandbox};

#[tokio::test]
async fn a_first_round_is_the_truth_and_has_every_nastiness() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let token = visitor.token().await;
    let mut follower = Follower::default();
    follower.round(&visitor, &token).await;
    assert_same(&follower, &sandbox.truth(), "first round");
    assert!(follower.empty_pages >= 2, "{}", follower.empty_pages);
    assert!(follower.repeated >= 3, "{}", follower.repeated);
    let (pages, _) = visitor.pages(&token, USERS).await;
    assert!(pages.windows(2).any(|two| two.iter().all(Vec::is_empty)), "several empty pages in a row");
    let all: Vec<&Value> = pages.iter().flatten().collect();
    let reasons: Vec<&str> = all.iter().filter_map(|user| user["@removed"]["reason"].as_str()).collect();
    assert!(reasons.contains(&"changed") && reasons.contains(&"deleted"));
    let times = |id: &Value| all.iter().filter(|user| user["id"] == *id).count();
    assert!(all.iter().any(|user| times(&user["id"]) == 2), "somebody is told in two halves");
    let groups = visitor.pages(&token, super::follower::GROUPS).await.0;
    let text = serde_json::to_string(&groups).unwrap();
    assert!(text.contains("#microsoft.graph.agentIdentity") && text.contains("\"reason\":\"deleted\""));
}

#[tokio::test]
async fn a_round_can_be_resumed_from_any_page_and_links_last_a_week() {
    let (sandbox, clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let token = visitor.token().await;
    let (_, first) = visitor.read(&token, USERS).await;
    let next = first["@odata.nextLink"].as_str().unwrap().to_owned();
    sandbox.play_day();
    assert_eq!(visitor.read(&token, &next).await, visitor.read(&token, &next).await);
    let (rest, delta) = visitor.pages(&token, &next).await;
    let mut follower = Follower::default();
    first["value"].as_array().unwrap().iter().for_each(|user| follower.user(user));
    rest.iter().flatten().for_each(|user| follower.user(user));
    follower.users_link = delta;
    follower.round(&visitor, &token).await;
    assert_same(&follower, &sandbox.truth(), "a day in the middle of the round");
    clock.advance(jiff::SignedDuration::from_hours(7 * 24));
    let token = visitor.token().await;
    let (status, body) = visitor.read(&token, follower.users_link.as_deref().unwrap()).await;
    assert_eq!((status, &body["error"]["code"]), (400, &"syncStateNotFound".into()));
}

#[tokio::test]
async fn nothing_happened_is_a_round_too_and_latest_is_the_present() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let token = visitor.token().await;
    let (pages, delta) = visitor.pages(&token, "users/delta?$deltatoken=latest").await;
    assert!(pages.iter().all(Vec::is_empty));
    let delta = delta.unwrap();
    let (pages, again) = visitor.pages(&token, &delta).await;
    assert!(pages.iter().all(Vec::is_empty) && again.is_some());
    sandbox.play_day();
    let (pages, _) = visitor.pages(&token, &delta).await;
    assert!(pages.iter().any(|page| !page.is_empty()));
    sandbox.expire_cursors();
    assert_eq!(visitor.read(&token, &delta).await.0, 400);
    let (_, fresh) = visitor.pages(&token, "users/delta?$deltatoken=latest").await;
    sandbox.move_tenant();
    let gone = visitor.get(&token, &fresh.unwrap()).await;
    assert_eq!(gone.status(), 410);
    let location = gone.headers()["location"].to_str().unwrap().to_owned();
    assert!(location.ends_with("/v1.0/users/delta?$deltatoken="), "{location}");
    assert!(!visitor.pages(&token, &location).await.0.concat().is_empty());
}

#[tokio::test]
async fn who_vanishes_without_a_word_is_missed_by_full_rounds_only() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let token = visitor.token().await;
    let mut follower = Follower::default();
    follower.round(&visitor, &token).await;
    let gone = sandbox.vanish(40, false);
    follower.round(&visitor, &token).await;
    assert!(gone.iter().all(|id| follower.users.contains_key(id)));
    let mut fresh = Follower::default();
    fresh.round(&visitor, &token).await;
    assert!(gone.iter().all(|id| !fresh.users.contains_key(id)));
    assert_eq!(sandbox.unvanish(), gone);
    follower.round(&visitor, &token).await;
    fresh.round(&visitor, &token).await;
    assert_same(&follower, &sandbox.truth(), "who stayed");
    assert_same(&fresh, &sandbox.truth(), "who came in between");
}

/// Something that happens, or a client that looks.
#[derive(Clone, Copy, Debug)]
enum Step {
    Day,
    ManyDays,
    Vanish,
    Unvanish,
    /// The follower of this number looks; a new one begins if there is none.
    Look(usize),
    /// The same, with a day passing between any two pages.
    LookSlowly(usize),
    /// The follower of this number begins anew.
    Anew(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Day),
        1 => Just(Step::ManyDays),
        1 => Just(Step::Vanish),
        1 => Just(Step::Unvanish),
        4 => (0..3_usize).prop_map(Step::Look),
        1 => (0..3_usize).prop_map(Step::LookSlowly),
        1 => (0..3_usize).prop_map(Step::Anew),
    ]
}

async fn play(seed: u64, steps: &[Step]) {
    let clock = Clock::manual("2026-07-01T12:00:00Z".parse().unwrap());
    let options = Options { seed, users: 45, groups: 22, memberships: 400, ..Options::small(clock) };
    let sandbox = Sandbox::start(options).await.unwrap();
    let visitor = Visitor::new(&sandbox);
    let token = visitor.token().await;
    let mut followers = vec![Follower::default(); 3];
    for (number, step) in steps.iter().enumerate() {
        match *step {
            Step::Day => drop(sandbox.play_day()),
            Step::ManyDays => (0..31).for_each(|_| drop(sandbox.play_day())),
            Step::Vanish => drop(sandbox.vanish(30, true)),
            Step::Unvanish => drop(sandbox.unvanish()),
            Step::LookSlowly(who) => {
                visitor.is_lively.set(true);
                followers[who].round(&visitor, &token).await;
                visitor.is_lively.set(false);
            }
            Step::Look(who) | Step::Anew(who) => {
                if matches!(step, Step::Anew(_)) {
                    followers[who] = Follower::default();
                }
                followers[who].round(&visitor, &token).await;
                assert_same(&followers[who], &sandbox.truth(), &format!("seed {seed}, step {number} of {steps:?}"));
            }
        }
    }
    for follower in &mut followers {
        follower.round(&visitor, &token).await;
        assert_same(follower, &sandbox.truth(), &format!("seed {seed}, the end of {steps:?}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn following_the_rules_is_knowing_the_truth(seed in 1..1_000_u64, steps in prop::collection::vec(step(), 3..14)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(seed, &steps));
    }
}
