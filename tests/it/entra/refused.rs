//! `dirsync add entra` that is refused in the browser or by an answer that cannot be trusted: nothing is stored.

use dirsync::sandbox::Fault;
use serde_json::json;

use super::hq::{ALEX, BY_BROWSER, Hq, forbidden, refusal};
use crate::program::{assert_refused, back};
use crate::world::Outcome;

const AGAIN: &str = "dirsync add entra --name hq";

#[track_caller]
fn refused(hq: &Hq, outcome: &Outcome, code: i32, words: &[&str]) {
    assert_refused(outcome, code, words);
    hq.assert_nothing_stored();
}

#[test]
fn a_declined_sign_in_stores_nothing() {
    let hq = Hq::new();
    let declined = hq.sign_in(BY_BROWSER, &hq.sandbox.admin_upn(), &[("sandbox_decline", "true")]);
    refused(&hq, &declined, 4, &["declined", AGAIN]);
}

#[test]
fn where_only_an_administrator_may_consent_the_link_for_one_is_given() {
    let hq = Hq::new();
    let link =
        format!("{}/organizations/v2.0/adminconsent?client_id={}", hq.sandbox.base_url(), hq.sandbox.client_id());
    let ordinary = hq.sign_in(BY_BROWSER, ALEX, &[]);
    refused(&hq, &ordinary, 4, &["only an administrator may consent", &link, AGAIN]);
}

#[test]
fn a_guest_or_whoever_may_not_read_one_of_the_listings_is_no_administrator() {
    let hq = Hq::new();
    hq.sandbox.set_consent(true);
    let guest = hq.sign_in(BY_BROWSER, &hq.account("guest"), &[]);
    refused(&hq, &guest, 4, &["users: ", "role"]);
    for on in ["users", "groups", "members"] {
        hq.inject(on, forbidden());
        refused(&hq, &hq.sign_in(BY_BROWSER, ALEX, &[]), 4, &[&format!("{on}: "), "GroupMember.Read.All"]);
        hq.sandbox.clear_faults();
    }
}

#[test]
fn a_personal_account_is_refused() {
    let hq = Hq::new();
    let personal = "9188040d-6c67-4c5b-b112-36a304b66dad";
    for (name, value) in
        [("tid", json!(personal)), ("iss", json!(format!("https://login.microsoftonline.com/{personal}/v2.0")))]
    {
        hq.inject("token", Fault::Claim { name: name.to_owned(), value });
    }
    refused(&hq, &hq.add_by_browser(), 4, &["personal Microsoft account", AGAIN]);
}

#[test]
fn a_permission_that_was_not_granted_is_named_with_the_link_for_consent() {
    let hq = Hq::new();
    let admin = hq.sandbox.admin_upn();
    let link = format!("{}/v2.0/adminconsent?", hq.sandbox.tenant_id());
    for scope in ["User.Read.All", "GroupMember.Read.All"] {
        let withheld = hq.sign_in(BY_BROWSER, &admin, &[("sandbox_withhold", scope)]);
        refused(&hq, &withheld, 4, &[scope, &link, "--admin-consent"]);
    }
    hq.inject("token", Fault::DropScope { scope: "GroupMember".to_owned() });
    refused(&hq, &hq.add_by_browser(), 4, &["GroupMember.Read.All", &link]);
}

#[test]
fn answers_of_the_token_endpoint_that_cannot_be_trusted_are_refused() {
    let claim = |name: &str, value| Fault::Claim { name: name.to_owned(), value };
    for (fault, code, words) in [
        (Fault::NoRefreshToken, 4, "no refresh token"),
        (Fault::NoIdToken, 1, "who signed in"),
        (Fault::WrongNonce, 1, "another sign-in"),
        (Fault::WrongAudience, 1, "another application"),
        (Fault::WrongIssuer, 1, "another issuer"),
        (Fault::ExpiredIdToken, 1, "times"),
        // The issuer is another tenant's than the claim says.
        (claim("tid", json!("99999999-8888-4777-8666-555555555555")), 1, "another issuer"),
        (claim("oid", json!("")), 1, "who signed in"),
        (Fault::HtmlOk, 1, "not the JSON it should be"),
        (Fault::TruncatedJson, 1, "not the JSON it should be"),
        (refusal("invalid_client", 7_000_218), 1, "Allow public client flows"),
        (refusal("invalid_grant", 54_005), 4, "took too long or was used twice"),
        (refusal("invalid_grant", 53_003), 4, "Conditional Access"),
        (refusal("interaction_required", 50_076), 4, "MFA"),
        (refusal("unauthorized_client", 700_016), 1, "--client-id"),
        (refusal("temporarily_unavailable", 90_033), 75, "try again later"),
    ] {
        let hq = Hq::new();
        let what = format!("{fault:?}");
        hq.inject("token", fault);
        let outcome = hq.add_by_browser();
        assert!(outcome.stderr.contains(words), "{what}: {outcome}");
        refused(&hq, &outcome, code, &[words]);
    }
}

#[test]
fn every_word_that_comes_back_instead_of_a_code_has_its_own_sentence_and_way_out() {
    let hq = Hq::new();
    for (error, description, code, says) in [
        ("access_denied", "AADSTS65004: User declined.", 4, "declined"),
        ("access_denied", "", 4, "declined"),
        ("access_denied", "AADSTS53003: Blocked.", 4, "Conditional Access"),
        ("consent_required", "AADSTS65001: Nobody.", 4, "adminconsent"),
        ("interaction_required", "AADSTS50079: Enrol.", 4, "MFA"),
        ("login_required", "", 4, AGAIN),
        ("unauthorized_client", "AADSTS700016: No such app.", 1, "--client-id"),
        ("invalid_request", "AADSTS50194: Single tenant.", 1, "--tenant"),
        ("invalid_request", "AADSTS90002: No such tenant.", 1, "--cloud"),
        ("invalid_client", "AADSTS650057: Not on the registration.", 1, "API permissions"),
        ("invalid_resource", "", 1, "app registration"),
        ("server_error", "", 75, "try again later"),
        ("temporarily_unavailable", "AADSTS90033: Busy.", 75, "try again later"),
        ("a_word_of_tomorrow", "AADSTS123456789: ?", 1, AGAIN),
    ] {
        let query = [("error", error), ("error_description", description)];
        let outcome = hq.world.sign_in_by(BY_BROWSER, |url| drop(hq.visit(back(url, &query))));
        assert!(outcome.stderr.contains(says), "{error} {description}: {outcome}");
        refused(&hq, &outcome, code, &[says]);
    }
}

#[test]
fn what_a_code_brought_once_is_not_asked_for_twice() {
    let hq = Hq::new();
    hq.inject("token", Fault::ResetMidBody);
    refused(&hq, &hq.add_by_browser(), 75, &["try again"]);
    assert_eq!(hq.asked("/token"), 1);
    hq.sandbox.clear_faults();
    assert_eq!(hq.add_by_browser().code, Some(0));
}

#[test]
fn flags_of_the_other_kind_and_missing_answers_are_wrong_usage() {
    let mut hq = Hq::signed_in();
    for (arguments, words) in [
        (&["add", "entra", "--name", "x", "--client-secrets", "f"][..], "--client-secrets"),
        (&["reauth", "hq", "--service-account", "k", "--admin", "a@b.example"], "--service-account is for Google"),
        (&["reauth", "hq", "--cloud", "china"], "stays there"),
        (&["reauth", "hq", "--certificate", "a.pem", "--device-code"], "two ways"),
        (&["add", "entra"], "--name"),
    ] {
        let wrong = hq.world.run(arguments);
        assert_eq!(wrong.code, Some(2), "{wrong}");
        assert!(wrong.stderr.contains(words), "{words}: {wrong}");
    }
    hq.world.unset("DIRSYNC_CLIENT_ID");
    let asked = hq.asked_in_all();
    for (arguments, words) in [
        (&["add", "entra", "--name", "x"][..], "--client-id"),
        (&["add", "entra", "--name", "x", "--device-code"], "--client-id"),
        (&["add", "entra", "--name", "x", "--client-id", "i", "--certificate", "f"], "--tenant"),
        (&["add", "entra", "--name", "x", "--client-id", "i", "--client-secret-file", "f"], "--tenant"),
    ] {
        assert_refused(&hq.world.run(arguments), 2, &[words]);
    }
    assert_eq!(hq.asked_in_all(), asked, "nobody is asked anything for that");
    assert_eq!(hq.status(), "connected");
}
