//! `dirsync add entra` and `dirsync reauth` that go well, and what `details` shows afterwards.

use dirsync::sandbox::{Fault, Rule};
use serde_json::{Value, json};
use url::Url;

use super::hq::{ALEX, BY_BROWSER, HELPDESK, Hq, REAUTH, refusal};
use super::truth::assert_true;
use crate::program::{assert_refused, assert_told, back};

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[test]
fn an_administrator_signs_in_and_details_tell_of_it() {
    let mut hq = Hq::standing_still();
    let mut asked = None;
    let added = hq.world.sign_in_by(BY_BROWSER, |url| {
        asked = Some(url.clone());
        hq.decide(url, &hq.sandbox.admin_upn(), &[]);
    });
    assert_eq!(added.code, Some(0), "{added}");
    assert!(added.stderr.contains("hq: connected to Microsoft Entra ID Brightwater"), "{added}");
    let asked = asked.unwrap();
    assert!(asked.path().starts_with("/organizations/oauth2/v2.0/authorize"), "{asked}");
    let parameter = |name: &str| parameter(&asked, name).unwrap();
    assert!(parameter("redirect_uri").starts_with("http://localhost:"), "{asked}");
    assert_eq!((parameter("code_challenge_method"), parameter("prompt")), ("S256".into(), "select_account".into()));
    let scopes = parameter("scope");
    for scope in ["User.Read.All", "GroupMember.Read.All", "User.Read", "openid", "profile", "offline_access"] {
        assert!(scopes.split(' ').any(|asked| asked == scope), "{scope} is not in {scopes}");
    }
    assert_true(&hq);
    let tenant = hq.sandbox.tenant_id();
    hq.pass(4);
    hq.sandbox.play_day();
    assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(0));
    assert!(hq.asked(&format!("/{tenant}/token")) > 0, "a token is refreshed at the organisation's own");

    let details = hq.world.json(&["details", "hq"]);
    for (key, value) in [
        ("kind", json!("entra")),
        ("status", json!("connected")),
        ("tenant", json!(tenant)),
        ("tenant_name", json!("Brightwater")),
        ("tenant_domain", json!("brightwater.example")),
        ("cloud", json!("global")),
        ("admin_email", json!(hq.sandbox.admin_upn())),
        ("method", json!("browser")),
        ("client", json!(hq.sandbox.client_id())),
        ("scopes_needed", json!(["User.Read.All", "GroupMember.Read.All", "User.Read"])),
        ("users", json!(hq.sandbox.truth()["users"].as_array().unwrap().len())),
    ] {
        assert_eq!(details[key], value, "{key}: {details}");
    }
    let granted = details["scopes_granted"].as_array().unwrap();
    assert!(details["scopes_needed"].as_array().unwrap().iter().all(|needed| granted.contains(needed)), "{details}");
    let time = |key: &str| details[key].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(time("last_full_round_at") < time("last_delta_round_at"), "{details}");
}

#[cfg(unix)]
#[test]
fn details_on_a_terminal_show_the_organisation_and_both_rounds() {
    use expectrl::{Eof, Expect, Session};
    let mut hq = Hq::standing_still();
    assert_eq!(hq.add_by_browser().code, Some(0));
    hq.pass(4);
    assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(0));
    hq.world.set("COLUMNS", "120").set("TERM", "dumb").set("NO_COLOR", "1");
    let mut session = Session::spawn(hq.world.command(&["details", "hq"])).unwrap();
    session.set_expect_timeout(Some(std::time::Duration::from_secs(20)));
    let shown = String::from_utf8(session.expect(Eof).unwrap().as_bytes().to_vec()).unwrap();
    let tenant = hq.sandbox.tenant_id();
    for words in ["Brightwater", "brightwater.example", &tenant, "global", "browser", &hq.sandbox.admin_upn()] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    for label in ["granted", "needed", "full round", "delta round"] {
        assert!(shown.to_lowercase().replace('_', " ").contains(label), "{label}: {shown}");
    }
}

#[test]
fn an_organisation_may_be_named_by_its_domain_and_is_connected_once() {
    let hq = Hq::new();
    let admin = hq.sandbox.admin_upn();
    let added = hq.sign_in(&[BY_BROWSER, &["--tenant", "brightwater.example"]].concat(), &admin, &[]);
    assert_eq!(added.code, Some(0), "{added}");
    assert_eq!(hq.asked("/organizations/"), 0, "only the organisation's own address is asked");
    let before = (hq.world.contents(), hq.world.count("secrets"));
    let twice = hq.sign_in(&["add", "entra", "--name", "again", "--no-browser"], &admin, &[]);
    assert_refused(&twice, 1, &["'hq'", "dirsync reauth hq"]);
    assert_eq!((hq.world.contents(), hq.world.count("secrets")), before);
    assert_eq!(hq.world.json(&["list", "--columns", "name"]), json!([{"name": "hq"}]));
}

#[test]
fn reauth_suggests_the_account_and_takes_another_of_the_same_organisation() {
    let hq = Hq::signed_in();
    let mut asked = None;
    let again = hq.world.sign_in_by(REAUTH, |url| {
        asked = Some(url.clone());
        hq.decide(url, &hq.sandbox.admin_upn(), &[]);
    });
    assert_eq!(again.code, Some(0), "{again}");
    let asked = asked.unwrap();
    assert_eq!(parameter(&asked, "login_hint"), Some(hq.sandbox.admin_upn()));
    assert!(asked.path().starts_with(&format!("/{}/", hq.sandbox.tenant_id())), "{asked}");
    hq.sandbox.set_consent(true);
    let another = hq.sign_in(REAUTH, HELPDESK, &[]);
    assert_eq!(another.code, Some(0), "{another}");
    assert_eq!(hq.world.json(&["details", "hq"])["admin_email"], HELPDESK);
    assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(0));
    assert_true(&hq);
}

#[test]
fn another_organisation_at_reauth_is_refused_and_nothing_is_changed() {
    let hq = Hq::signed_in();
    let admin = hq.sandbox.admin_upn();
    let before = (hq.world.json(&["details", "hq"]), hq.world.contents());
    let other = "99999999-8888-4777-8666-555555555555";
    let says = |name: &str, value: Value| Fault::Claim { name: name.to_owned(), value };
    hq.inject("token", says("tid", json!(other)));
    hq.inject("token", says("iss", json!(format!("https://login.microsoftonline.com/{other}/v2.0"))));
    assert_refused(&hq.sign_in(REAUTH, &admin, &[]), 4, &["another organisation", other, "dirsync reauth hq"]);
    hq.sandbox.clear_faults();
    // The token is of here, but Graph answers about somebody else's directory.
    hq.inject("organization", Fault::OtherCustomer { customer_id: other.to_owned() });
    let grafted = hq.sign_in(REAUTH, &admin, &[]);
    assert_refused(&grafted, 1, &["another organisation"]);
    hq.sandbox.clear_faults();
    let named = hq.world.run(&["reauth", "hq", "--no-browser", "--tenant", "elsewhere.example"]);
    assert_refused(&named, 4, &["another organisation", "leave --tenant away"]);
    let by_id = hq.world.run(&["reauth", "hq", "--no-browser", "--tenant", other]);
    assert_refused(&by_id, 2, &["organisation stays the same"]);
    assert_eq!((hq.world.json(&["details", "hq"]), hq.world.contents()), before);
    assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(0), "the old sign-in still works");
}

#[test]
fn at_a_page_that_refuses_somebody_another_account_may_still_sign_in() {
    let hq = Hq::new();
    let added = hq.world.sign_in_by(BY_BROWSER, |url| {
        for note in ["personal account", "disabled account"] {
            let mut page = url.clone();
            page.query_pairs_mut().append_pair("sandbox_account", &hq.account(note));
            assert_eq!(hq.visit(page), None, "{note}: the page refuses");
        }
        hq.decide(url, &hq.sandbox.admin_upn(), &[]);
    });
    assert_eq!(added.code, Some(0), "{added}");
}

#[test]
fn a_redirect_of_another_sign_in_does_not_end_the_wait() {
    let hq = Hq::new();
    hq.sandbox.inject(Rule::new("authorize", Fault::WrongState).times(1));
    let added = hq.world.sign_in_by(BY_BROWSER, |url| {
        let mut foreign = back(url, &[]);
        for query in ["state=other&code=1.x", "code=1.x", "state=other&error=access_denied"] {
            foreign.set_query(Some(query));
            assert_eq!(hq.visit(foreign.clone()), None, "{query}");
        }
        hq.decide(url, &hq.sandbox.admin_upn(), &[]);
        hq.decide(url, &hq.sandbox.admin_upn(), &[]);
    });
    assert_eq!(added.code, Some(0), "{added}");
    assert_eq!(hq.status(), "connected");
}

#[test]
fn a_first_sync_that_fails_leaves_the_integration_and_ends_with_its_own_code() {
    for (fault, code) in [(Fault::UnavailableHtml, 75), (Fault::HtmlOk, 1), (super::hq::forbidden(), 4)] {
        let hq = Hq::new();
        hq.inject("users/delta", fault);
        let added = hq.add_by_browser();
        assert_eq!(added.code, Some(code), "{added}");
        assert_eq!(hq.world.json(&["list"])[0]["last_sync_outcome"], "failed");
        hq.sandbox.clear_faults();
        assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(0));
        assert_eq!(hq.status(), "connected");
        assert_true(&hq);
    }
}

#[test]
fn somebody_who_declines_or_may_not_does_not_replace_who_signed_in() {
    let hq = Hq::signed_in();
    let before = hq.world.json(&["details", "hq"]);
    let admin = hq.sandbox.admin_upn();
    let json = [REAUTH, &["-o", "json"]].concat();
    assert_told(&hq.sign_in(&json, &admin, &[("sandbox_decline", "true")]), 4, "declined");
    assert_told(&hq.sign_in(&json, ALEX, &[]), 4, "only an administrator may consent");
    hq.inject("token", refusal("invalid_grant", 53_003));
    assert_told(&hq.sign_in(&json, &admin, &[]), 4, "Conditional Access");
    hq.sandbox.clear_faults();
    assert_eq!(hq.world.json(&["details", "hq"]), before);
    assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(0));
}
