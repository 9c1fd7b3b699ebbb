//! `--device-code`: to every end that a code can come to.

use dirsync::sandbox::Rule;

use super::hq::{ALEX, BY_CODE, Hq, refusal};
use super::truth::assert_true;
use crate::program::assert_refused;

const AGAIN: &str = "dirsync add entra --name hq";

#[test]
fn somebody_types_the_code_on_another_device() {
    let hq = Hq::new();
    let admin = hq.sandbox.admin_upn();
    let added = hq.sign_in_by_code(BY_CODE, &admin, false);
    assert_eq!(added.code, Some(0), "{added}");
    assert!(added.stderr.contains("/devicelogin"), "{added}");
    let details = hq.world.json(&["details", "hq"]);
    assert_eq!((&details["method"], &details["admin_email"]), (&"device_code".into(), &admin.clone().into()));
    assert_true(&hq);
    // What is not given stays: the same way again.
    let again = hq.sign_in_by_code(&["reauth", "hq"], &admin, false);
    assert_eq!(again.code, Some(0), "{again}");
    hq.sandbox.expire_tokens();
    assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(0));
}

#[test]
fn a_code_that_is_declined_or_typed_by_the_wrong_person_stores_nothing() {
    let hq = Hq::new();
    let declined = hq.sign_in_by_code(BY_CODE, &hq.sandbox.admin_upn(), true);
    assert_refused(&declined, 4, &["declined", AGAIN]);
    let ordinary = hq.sign_in_by_code(BY_CODE, ALEX, false);
    assert_refused(&ordinary, 4, &["only an administrator may consent", "/v2.0/adminconsent?"]);
    hq.assert_nothing_stored();
}

#[test]
fn every_other_end_of_a_code_stores_nothing_and_says_what_to_do() {
    for (on, error, number, code, words) in [
        ("token", "expired_token", 70_019, 4, "took too long"),
        ("token", "code_expired", 0, 4, "nobody typed the code in time"),
        ("token", "bad_verification_code", 70_000, 1, "error"),
        ("token", "access_denied", 53_003, 4, "without --device-code"),
        ("token", "invalid_grant", 53_003, 4, "without --device-code"),
        ("devicecode", "invalid_grant", 53_003, 4, "without --device-code"),
        ("devicecode", "invalid_client", 7_000_218, 1, "Allow public client flows"),
        ("devicecode", "unauthorized_client", 700_016, 1, "--client-id"),
    ] {
        let hq = Hq::new();
        hq.inject(on, refusal(error, number));
        let refused = hq.world.run(BY_CODE);
        assert!(refused.stderr.contains(words), "{on} {error}: {refused}");
        assert_refused(&refused, code, &[words, AGAIN]);
        hq.assert_nothing_stored();
    }
}

#[test]
fn who_is_told_to_slow_down_asks_less_often_and_signs_in_all_the_same() {
    let hq = Hq::new();
    hq.sandbox.inject(Rule::new("token", refusal("slow_down", 70_016)).times(1));
    let added = hq.sign_in_by_code(BY_CODE, &hq.sandbox.admin_upn(), false);
    assert_eq!(added.code, Some(0), "{added}");
}
