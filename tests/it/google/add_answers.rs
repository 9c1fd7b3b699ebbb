//! Sign-ins that went through in the browser and whose token answer is no good: nothing of them is kept.

use dirsync::clock::Clock;
use dirsync::sandbox::{Fault, Options, Rule};
use jiff::SignedDuration;

use super::company::{ADD, Company, error};

fn nothing_is_kept(company: &Company) {
    assert_eq!(company.run(&["list", "-o", "json"]).json(), serde_json::json!([]));
    assert_eq!(company.rows("SELECT count(*) FROM secrets"), ["0"]);
}

#[test]
fn a_token_answer_that_is_not_as_it_should_be_ends_the_sign_in() {
    let scope = |scope: &str| Fault::DropScope { scope: scope.to_owned() };
    for (fault, code, says) in [
        (Fault::NoRefreshToken, 4, "no refresh token"),
        (Fault::NoIdToken, 1, "does not say who signed in"),
        (Fault::NoHd, 4, "private Google account"),
        (Fault::WrongNonce, 1, "belongs to another sign-in"),
        (Fault::WrongAudience, 1, "another application"),
        (Fault::WrongIssuer, 1, "another issuer"),
        (Fault::ExpiredIdToken, 1, "id token"),
        (scope("group.readonly"), 4, "admin.directory.group.readonly"),
        (scope("user.readonly"), 4, "admin.directory.user.readonly"),
        (Fault::InvalidGrant { subtype: None }, 4, "took too long or was used twice"),
        (Fault::HtmlOk, 1, "sign-in service"),
        (Fault::TruncatedJson, 1, "sign-in service"),
    ] {
        let company = Company::new();
        company.fault("token", fault.clone());
        let outcome = company.sign_in(ADD);
        assert_eq!(outcome.code, Some(code), "{fault:?}: {outcome}");
        assert!(outcome.stderr.contains(says), "{fault:?}: {says:?} is missing in {outcome}");
        nothing_is_kept(&company);
    }
}

#[test]
fn a_sign_in_service_that_is_away_is_tried_again_and_then_given_up() {
    let mut company = Company::new();
    company.sandbox.inject(Rule::new("token", Fault::UnavailableHtml).times(2));
    assert_eq!(company.sign_in(ADD).code, Some(0), "a passing fault of theirs is no reason to sign in again");
    company = Company::new();
    company.world.set("DIRSYNC_GIVE_UP_AFTER", "300ms");
    company.fault("token", Fault::UnavailableHtml);
    let outcome = company.sign_in(ADD);
    assert_eq!(outcome.code, Some(75), "{outcome}");
    nothing_is_kept(&company);
}

#[test]
fn the_probes_of_users_groups_and_members_each_count() {
    for on in ["users", "groups", "members"] {
        let mut company = Company::new();
        company.world.set("DIRSYNC_GIVE_UP_AFTER", "300ms");
        let forbidden = Fault::Status {
            code: 403,
            reason: Some("forbidden".into()),
            message: None,
            text: None,
            json: None,
            retry_after: None,
        };
        company.fault(on, forbidden);
        let outcome = company.sign_in(&[ADD, &["-o", "json"]].concat());
        assert_eq!(outcome.code, Some(4), "{on}: {outcome}");
        assert!(error(&outcome)["hint"].as_str().unwrap().contains("admin"), "{on}: {outcome}");
        nothing_is_kept(&company);
    }
}

#[test]
fn an_api_that_is_switched_off_says_where_to_switch_it_on() {
    for (reason, code, says) in [
        ("accessNotConfigured", 1, "console.cloud.google.com/apis/library/admin.googleapis.com"),
        ("domainCannotUseApis", 4, "allow API access"),
    ] {
        let company = Company::new();
        let reason = Some(reason.to_owned());
        company.fault(
            "api",
            Fault::Status { code: 403, reason, message: None, text: None, json: None, retry_after: None },
        );
        let outcome = company.sign_in(ADD);
        assert_eq!(outcome.code, Some(code), "{outcome}");
        assert!(outcome.stderr.contains(says), "{outcome}");
        nothing_is_kept(&company);
    }
}

#[test]
fn a_clock_that_is_an_hour_wrong_is_named_as_the_cause() {
    for (hours, says) in [(1, "ahead of"), (-1, "behind")] {
        let clock = Clock::manual("2026-11-24T08:00:00Z".parse().unwrap());
        let mut company = Company::with(Options::small(clock.clone()));
        let here = clock.now().checked_add(SignedDuration::from_hours(hours)).unwrap();
        company.world.set("DIRSYNC_NOW", &here.to_string());
        let outcome = company.sign_in(ADD);
        assert_eq!(outcome.code, Some(1), "{outcome}");
        assert!(outcome.stderr.contains(says) && outcome.stderr.contains("set the clock"), "{outcome}");
        nothing_is_kept(&company);
    }
}

#[test]
fn a_first_sync_that_fails_leaves_the_integration_and_its_own_code() {
    let mut company = Company::new();
    company.world.set("DIRSYNC_GIVE_UP_AFTER", "300ms");
    // The probe is answered, the sync is not.
    company.sandbox.inject(Rule::new("users", Fault::UnavailableHtml).after(1));
    let outcome = company.sign_in(ADD);
    assert_eq!(outcome.code, Some(75), "{outcome}");
    assert_eq!(company.run(&["list", "-o", "json"]).json()[0]["last_sync_outcome"], "failed");
    company.sandbox.clear_faults();
    assert_eq!(company.run(&["sync", "corp"]).code, Some(0));
}
