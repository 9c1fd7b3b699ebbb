//! `--admin-consent`: the organisation's consent before anybody signs in, given and declined, and that it takes a while
//! to be known everywhere.

use dirsync::clock::Clock;
use dirsync::sandbox::Rule;
use dirsync::sandbox::entra::Options;

use super::hq::{ALEX, BY_BROWSER, BY_CODE, HELPDESK, Hq, REAUTH, forbidden};
use super::truth::assert_true;
use crate::program::{address, assert_refused, back};

fn with_consent(arguments: &[&'static str]) -> Vec<&'static str> {
    [arguments, &["--admin-consent"]].concat()
}

#[test]
fn the_consent_comes_first_and_the_sign_in_follows_in_the_same_browser() {
    let hq = Hq::new();
    let mut pages = Vec::new();
    let added = hq.world.sign_in_by(&with_consent(BY_BROWSER), |url| {
        pages.push(url.clone());
        // An administrator consents, and somebody else of the organisation signs in.
        let account = if pages.len() == 1 { hq.sandbox.admin_upn() } else { HELPDESK.to_owned() };
        let mut page = url.clone();
        page.query_pairs_mut().append_pair("sandbox_account", &account);
        let back = hq.visit(page).unwrap();
        let on = hq.visit(back);
        if pages.len() == 1 {
            assert!(on.unwrap().path().ends_with("/authorize"), "the browser is sent on");
        }
    });
    assert_eq!(added.code, Some(0), "{added}");
    let paths: Vec<&str> = pages.iter().map(url::Url::path).collect();
    assert_eq!(paths, ["/organizations/v2.0/adminconsent", "/organizations/oauth2/v2.0/authorize"]);
    assert_eq!(hq.world.json(&["details", "hq"])["admin_email"], HELPDESK);
    assert_true(&hq);
}

#[test]
fn a_declined_consent_is_a_refusal_although_the_redirect_says_admin_consent_true() {
    let hq = Hq::new();
    let admin = hq.sandbox.admin_upn();
    for (account, more) in [(&*admin, &[("sandbox_decline", "true")][..]), (ALEX, &[])] {
        let declined = hq.sign_in(&with_consent(BY_BROWSER), account, more);
        assert_refused(&declined, 4, &["consent", "dirsync add entra --name hq"]);
        hq.assert_nothing_stored();
    }
    let query = [("admin_consent", "True"), ("error", "consent_required"), ("error_description", "AADSTS65004: no")];
    let refused = hq.world.sign_in_by(&with_consent(BY_BROWSER), |url| drop(hq.visit(back(url, &query))));
    assert_refused(&refused, 4, &["consent"]);
    hq.assert_nothing_stored();
    assert_eq!(hq.asked("/token"), 0);
}

#[test]
fn a_consent_takes_a_while_to_be_known() {
    let mut hq = Hq::new();
    hq.world.unset("DIRSYNC_GIVE_UP_AFTER").set("DIRSYNC_GIVE_UP_AFTER", "2s");
    hq.sandbox.inject(Rule::new("users", forbidden()).times(2));
    hq.sandbox.inject(Rule::new("groups", forbidden()).times(1));
    let added = hq.sign_in(&with_consent(BY_BROWSER), &hq.sandbox.admin_upn(), &[]);
    assert_eq!(added.code, Some(0), "{added}");
    // But one that is never known is missing.
    let before = hq.world.json(&["details", "hq"]);
    hq.inject("users", forbidden());
    let never = hq.sign_in(&with_consent(REAUTH), &hq.sandbox.admin_upn(), &[]);
    assert_refused(&never, 4, &["users: "]);
    assert_eq!(hq.world.json(&["details", "hq"]), before);
}

#[test]
fn reauth_mends_a_consent_that_was_withdrawn() {
    let hq = Hq::signed_in();
    let before = hq.world.contents();
    hq.sandbox.set_consent(false);
    let synced = hq.world.run(&["sync", "hq"]);
    assert_refused(&synced, 4, &["consent", "/v2.0/adminconsent?", "dirsync reauth hq"]);
    assert_eq!((hq.status(), hq.world.contents()), ("consent_needed".into(), before));
    let again = hq.sign_in(&with_consent(REAUTH), &hq.sandbox.admin_upn(), &[]);
    assert_eq!(again.code, Some(0), "{again}");
    assert_eq!(hq.status(), "connected");
    assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(0));
}

#[test]
fn an_app_of_its_own_right_needs_the_consent_to_its_own_permissions() {
    let hq = Hq::with(Options { app_granted: false, ..Options::small(Clock::system()) });
    let secret = hq.secret_file();
    let without = hq.world.run(&hq.by_secret(&secret, &[]).each());
    assert_refused(&without, 4, &["application", "--admin-consent"]);
    hq.assert_nothing_stored();
    let words = hq.by_secret(&secret, &["--admin-consent", "--no-browser"]);
    let declined = hq.sign_in(&words.each(), &hq.sandbox.admin_upn(), &[("sandbox_decline", "true")]);
    assert_refused(&declined, 4, &["consent"]);
    hq.assert_nothing_stored();
    let mut asked = String::new();
    let added = hq.world.sign_in_by(&words.each(), |url| {
        asked = url.to_string();
        hq.decide(url, &hq.sandbox.admin_upn(), &[]);
    });
    assert_eq!(added.code, Some(0), "{added}");
    assert!(asked.contains("graph.microsoft.com%2F.default"), "all that stands on the registration: {asked}");
    assert_true(&hq);
}

#[test]
fn with_a_device_code_the_consent_is_given_in_the_browser_first() {
    let hq = Hq::new();
    let added = hq.world.overhear(&with_consent(BY_CODE), |line| {
        if let Some(url) = address(line) {
            hq.decide(&url, &hq.sandbox.admin_upn(), &[]);
        } else if line.starts_with("and type this code there") {
            hq.sandbox.approve_device(ALEX, false).unwrap();
        }
    });
    assert_eq!(added.code, Some(0), "{added}");
    assert_eq!(hq.world.json(&["details", "hq"])["method"], "device_code");
}
