//! What a row comes to, by what is known of its device and of whoever it may mean.

use super::*;
use crate::model::UserStatus;
use crate::people::Serial;
use crate::store::devices::Holding;

fn person(id: i64, integration: i64, of_deleted: bool) -> Person {
    let name = format!("i{integration}");
    let (integration, status, label) = (IntegrationId(integration), UserStatus::Active, format!("p{id}"));
    Person { id, integration, integration_name: name, of_deleted, status, label }
}

fn found(id: i64, rank: UserMatch) -> Match {
    Match { by_external_id: false, rank, person: person(id, 1, false) }
}

fn wish(user: Option<&str>, external_id: Option<&str>) -> Wish {
    let called = Called { user: user.map(str::to_owned), external_id: external_id.map(str::to_owned) };
    Wish {
        serial: Serial::parse("A").unwrap(),
        fields: Vec::new(),
        holder: Wanted::Be(called),
        integration: None,
        enrolled_by: Wanted::Leave,
        directory_owner: Wanted::Leave,
        last_user: Wanted::Leave,
        last_user_at: None,
        pin: None,
        reason: None,
    }
}

fn held_by(id: i64, pinned: bool) -> DeviceFacts {
    let holding = Some(Holding { person: person(id, 1, false), pinned, rank: 10 });
    let (serial, fields, evidence) = ("A".into(), DeviceFields::default(), Vec::new());
    DeviceFacts { id: 1, serial, fields, holding, evidence, is_new: false }
}

fn decided(wish: &Wish, device: Option<DeviceFacts>, matches: Vec<Match>) -> Result<Decision, String> {
    let ground = Ground {
        mode: ImportMode::Upsert,
        move_pinned: false,
        now: "2026-11-24T08:00:00Z",
        latest: "2026-11-25T08:00:00Z",
        integrations: None,
    };
    decide(wish, &RowFacts { device, matches }, ground)
}

/// Who gets it: a number, or a word.
fn holder(decision: Result<Decision, String>) -> String {
    match decision.map(|decision| decision.holder) {
        Ok(Holder::Give(person)) => person.id.to_string(),
        Ok(Holder::Already(_)) => "already".into(),
        Ok(Holder::Wait(_)) => "waits".into(),
        Ok(Holder::Take(_)) => "taken".into(),
        Ok(Holder::Leave) => "left".into(),
        Err(reason) => reason,
    }
}

#[test]
fn the_best_match_wins_and_equals_are_ambiguous() {
    let wish = wish(Some("ada"), None);
    let given = |matches| holder(decided(&wish, None, matches));
    assert_eq!(given(vec![found(7, UserMatch::Former), found(8, UserMatch::Alias)]), "8");
    assert_eq!(given(vec![]), "waits");
    let two = given(vec![found(7, UserMatch::Present), found(8, UserMatch::Present), found(9, UserMatch::Former)]);
    assert!(two.starts_with("'ada' may be user 7 of i1 or user 8 of i1"), "{two}");
    // Of a directory that is no longer connected only if there is nobody else.
    let old = Match { person: person(9, 2, true), ..found(9, UserMatch::Present) };
    assert_eq!(given(vec![old.clone(), found(8, UserMatch::Present)]), "8");
    assert_eq!(given(vec![old]), "9");
}

#[test]
fn whoever_has_it_keeps_it_if_they_may_be_meant() {
    let two = vec![found(7, UserMatch::Present), found(8, UserMatch::Present)];
    assert_eq!(holder(decided(&wish(Some("ada"), None), Some(held_by(8, true)), two.clone())), "already");
    assert_eq!(holder(decided(&wish(Some("ada"), None), Some(held_by(9, false)), two[..1].to_vec())), "7");
}

#[test]
fn a_pin_holds_whatever_the_row_says_and_a_shared_device_is_nobodys() {
    let seven = || vec![found(7, UserMatch::Present)];
    let mut wish = wish(Some("ada"), None);
    assert!(holder(decided(&wish, Some(held_by(9, true)), seven())).contains("pinned to p9"));
    wish.pin = Some(false);
    assert!(holder(decided(&wish, Some(held_by(9, true)), seven())).contains("--move-pinned"));
    wish.fields.push((DeviceField::Shared, Some("true".into())));
    assert!(holder(decided(&wish, Some(held_by(9, false)), seven())).contains("shared"));
    assert_eq!(holder(decided(&wish, Some(held_by(7, false)), seven())), "already");
    assert!(holder(decided(&wish, None, vec![])).contains("shared"), "nor does it wait for anybody");
}

#[test]
fn an_id_and_a_name_must_not_be_two_people() {
    let by_id = |id| Match { by_external_id: true, ..found(id, UserMatch::Id) };
    let wish = wish(Some("ada"), Some("x"));
    assert_eq!(holder(decided(&wish, None, vec![by_id(7), found(7, UserMatch::Alias)])), "7");
    assert_eq!(holder(decided(&wish, None, vec![by_id(7)])), "7", "whoever knows the name so far");
    assert!(holder(decided(&wish, None, vec![by_id(7), found(8, UserMatch::Present)])).contains("two different"));
    assert!(holder(decided(&wish, None, vec![found(8, UserMatch::Present)])).contains("two different"));
}

#[test]
fn what_was_waited_for_in_the_same_way_is_no_change() {
    let wish = wish(Some("ada"), None);
    let decision = decided(&wish, None, vec![]).unwrap();
    let [EvidenceStep::Keep(evidence)] = &decision.evidence[..] else { panic!("{decision:?}") };
    let mut device = DeviceFacts { holding: None, ..held_by(1, false) };
    device.evidence.push(KnownEvidence {
        kind: evidence.kind,
        value: evidence.value.clone(),
        is_external_id: false,
        integration: None,
        observed_at: "2026-11-01T00:00:00Z".into(),
        waiting: true,
        pinned: false,
        reason: None,
    });
    assert_eq!(decided(&wish, Some(device), vec![]).unwrap().evidence, []);
}

/// A row that tells who enrolled the device, and when; the device as an earlier row left it.
fn enrolled(at: &str, known: Option<(&str, &str)>) -> Result<Decision, String> {
    let mut wish = Wish { holder: Wanted::Leave, ..wish(None, None) };
    wish.enrolled_by = Wanted::Be("ada".into());
    wish.fields.push((DeviceField::EnrolledAt, Some(at.into())));
    let device = known.map(|(field, observed_at)| {
        let mut device = DeviceFacts { holding: None, ..held_by(1, false) };
        device.fields.set(DeviceField::EnrolledAt, Some(field.into()));
        device.evidence.push(KnownEvidence {
            kind: EvidenceKind::EnrolledBy,
            value: "ada".into(),
            is_external_id: false,
            integration: None,
            observed_at: observed_at.into(),
            waiting: false,
            pinned: false,
            reason: None,
        });
        device
    });
    decided(&wish, device, vec![])
}

#[test]
fn what_is_dated_in_the_future_is_refused_beyond_what_clocks_differ() {
    assert!(enrolled("2026-11-25T08:00:00Z", None).is_ok());
    let refused = |wish: &Wish| decided(wish, None, vec![]).unwrap_err();
    assert_eq!(
        enrolled("2099-01-01T00:00:00Z", None).unwrap_err(),
        "enrolled_at '2099-01-01T00:00:00Z' is more than a day in the future"
    );
    let mut wish = Wish { holder: Wanted::Leave, ..wish(None, None) };
    wish.last_user_at = Some("2026-11-25T08:00:01Z".into());
    assert!(refused(&wish).starts_with("last_user_at"));
    wish.fields.push((DeviceField::LastSeenAt, Some("2026-12-24T08:00:00Z".into())));
    assert!(refused(&wish).starts_with("last_seen_at"));
}

#[test]
fn whoever_enrols_a_device_again_has_enrolled_it_later() {
    let times = |at: &str, known: Option<(&str, &str)>| -> Vec<String> {
        let kept = |step: EvidenceStep| match step {
            EvidenceStep::Keep(evidence) => evidence.observed_at,
            EvidenceStep::Drop(kind) => panic!("{kind:?} is dropped"),
        };
        enrolled(at, known).unwrap().evidence.into_iter().map(kept).collect()
    };
    let (first, later) = ("2026-11-01T08:00:00Z", "2026-11-20T08:00:00Z");
    assert_eq!(times(first, None), [first]);
    assert_eq!(times(first, Some((first, first))), [""; 0], "the same list once more");
    assert_eq!(times(later, Some((first, first))), [later]);
    assert_eq!(times(first, Some((later, later))), [""; 0], "an older list");
    assert_eq!(times(first, Some(("2026-10-01T08:00:00Z", later))), [""; 0], "something later was told by hand");
    assert_eq!(times(later, Some((later, first))), [""; 0], "what is exported is imported without a change");
    let ahead = "2099-01-01T00:00:00Z";
    assert_eq!(times(later, Some((ahead, ahead))), [later], "what came before the future was refused");
}
