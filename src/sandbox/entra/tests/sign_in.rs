//! Signing in: the page, its decisions, codes, refresh tokens, and who may what.

use serde_json::json;

use super::visitor::{ADMIN, REDIRECT, SCOPE, Visitor, claims, location, param};
use super::{Options, Sandbox, sandbox};
use crate::clock::Clock;

#[tokio::test]
async fn the_form_signs_in_and_the_code_works_once() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let (status, page) = visitor.page(visitor.auth_url(&[])).await;
    assert_eq!(status, 200);
    for part in [ADMIN, "Consent on behalf of your organization", "Read all users", ">Accept<", ">Cancel<"] {
        assert!(page.contains(part), "{part}");
    }
    let mut form: Vec<(String, String)> = visitor.auth_url(&[]).query_pairs().into_owned().collect();
    form.extend([("account".into(), ADMIN.into()), ("organization".into(), "true".into())]);
    form.push(("decision".into(), "accept".into()));
    let url = visitor.url("/organizations/oauth2/v2.0/authorize");
    let answer = visitor.http.post(url).form(&form).send().await.unwrap();
    let back = location(&answer);
    assert!(back.as_str().starts_with(REDIRECT) && param(&back, "state").unwrap() == "st&te");
    let code = param(&back, "code").unwrap();
    let (status, body) = visitor.exchange(&code, &[]).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["scope"], "User.Read User.Read.All GroupMember.Read.All openid profile email");
    let claims = claims(&body["id_token"]);
    let tenant = sandbox.tenant_id();
    assert_eq!(claims["iss"], format!("https://login.microsoftonline.com/{tenant}/v2.0"));
    assert_eq!((&claims["aud"], &claims["nonce"]), (&json!(sandbox.client_id()), &json!("n0nce")));
    assert_eq!(claims["preferred_username"], ADMIN);
    let (status, body) = visitor.exchange(&code, &[]).await;
    assert_eq!((status, &body["error"], &body["error_codes"]), (400, &json!("invalid_grant"), &json!([54005])));
    assert!(body["error_description"].as_str().unwrap().starts_with("AADSTS54005: "));
    assert!(body["error_description"].as_str().unwrap().contains("\r\nTrace ID: "));
    // After the organisation's consent an ordinary user can sign in as well.
    visitor.sign_in("alex@brightwater.example").await;
    assert!(sandbox.secrets().contains(&code));
}

#[tokio::test]
async fn wrong_requests_are_refused() {
    let (sandbox, clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    for (more, number) in [
        ([("client_id", "11111111-2222-4333-8444-555555555555")], "AADSTS700016"),
        ([("redirect_uri", "http://127.0.0.1:1/")], "AADSTS50011"),
        ([("redirect_uri", "http://localhost:1/path")], "AADSTS50011"),
    ] {
        let (status, page) = visitor.page(visitor.auth_url(&more)).await;
        assert!(status == 400 && page.contains(number), "{more:?}: {page}");
    }
    for (more, error) in [
        ([("response_type", "token")], "unsupported_response_type"),
        ([("code_challenge", "")], "invalid_request"),
        ([("scope", "User.Read.All https://graph.microsoft.com/.default")], "invalid_scope"),
        ([("scope", "https://vault.azure.net/.default")], "invalid_resource"),
        ([("scope", "Nonsense.Read")], "invalid_client"),
        ([("prompt", "none")], "login_required"),
    ] {
        let back = visitor.decided(&more).await;
        assert_eq!(param(&back, "error").as_deref(), Some(error), "{back}");
        assert_eq!(param(&back, "state").as_deref(), Some("st&te"));
    }
    let code = || async { param(&visitor.decided(&[("sandbox_account", ADMIN)]).await, "code").unwrap() };
    for (more, number) in [
        ([("code_verifier", "x".repeat(43))], 501_481),
        ([("redirect_uri", "http://localhost:9/".to_owned())], 500_112),
        ([("client_secret", sandbox.client_secret())], 700_025),
    ] {
        let more: Vec<(&str, &str)> = more.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let (_, body) = visitor.exchange(&code().await, &more).await;
        assert_eq!(body["error_codes"], json!([number]), "{body}");
    }
    let late = code().await;
    clock.advance(jiff::SignedDuration::from_mins(10));
    assert_eq!(visitor.exchange(&late, &[]).await.1["error_codes"], json!([70_008]));
    let (_, body) = visitor.token_at("nowhere.example", &[("grant_type", "refresh_token")]).await;
    assert_eq!(body["error_codes"], json!([90_002]));
}

#[tokio::test]
async fn consent_and_accounts_decide_who_gets_in() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let tried = async |account: &str, more: &[(&str, &str)]| {
        let more: Vec<_> = more.iter().copied().chain([("sandbox_account", account)]).collect();
        visitor.decided(&more).await
    };
    for account in ["alex@brightwater.example", "helpdesk@brightwater.example"] {
        let back = tried(account, &[]).await;
        assert_eq!(param(&back, "error").as_deref(), Some("consent_required"), "{back}");
        assert!(param(&back, "error_description").unwrap().starts_with("AADSTS90094"));
    }
    let back = tried(ADMIN, &[("sandbox_decline", "true")]).await;
    assert_eq!(param(&back, "error").as_deref(), Some("access_denied"));
    assert!(param(&back, "error_description").unwrap().starts_with("AADSTS65004"));
    let accounts = sandbox.accounts();
    let named = |words: &str| accounts.iter().find(|(_, note)| note.contains(words)).unwrap().0.clone();
    for (account, number) in [(named("personal"), "AADSTS50020"), (named("disabled"), "AADSTS50057")] {
        let (status, page) = visitor.page(visitor.auth_url(&[("sandbox_account", &account)])).await;
        assert!(status == 400 && page.contains(number), "{account}: {page}");
    }
    let elsewhere = visitor.sign_in(&named("Administrator of another")).await;
    let tid = claims(&elsewhere["id_token"])["tid"].as_str().unwrap().to_owned();
    assert_ne!(tid, sandbox.tenant_id());
    let token = elsewhere["access_token"].as_str().unwrap();
    assert_eq!(visitor.read(token, "organization").await.1["value"][0]["id"], json!(tid));
    assert_eq!(visitor.all(token, "users").await.len(), 1);
    let less = visitor.decided(&[("sandbox_account", ADMIN), ("sandbox_withhold", "GroupMember.Read.All")]).await;
    let (_, body) = visitor.exchange(&param(&less, "code").unwrap(), &[]).await;
    assert!(!body["scope"].as_str().unwrap().contains("GroupMember"));
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(visitor.read(token, "groups").await.1["error"]["code"], "Authorization_RequestDenied");
    assert_eq!(visitor.read(token, "users").await.0, 200);
    sandbox.set_consent(true);
    let guest = visitor.sign_in(&named("guest")).await;
    let token = guest["access_token"].as_str().unwrap();
    assert_eq!(visitor.read(token, "me").await.0, 200);
    assert_eq!(visitor.read(token, "users").await.0, 403);
}

#[tokio::test]
async fn refresh_tokens_rotate_and_die() {
    let (sandbox, clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let body = visitor.sign_in(ADMIN).await;
    let first = body["refresh_token"].as_str().unwrap();
    let (status, second) = visitor.refresh(first).await;
    assert_eq!(status, 200);
    assert_ne!(second["refresh_token"], json!(first));
    assert_eq!(visitor.refresh(first).await.0, 200, "the old one is not revoked by use");
    sandbox.expire_tokens();
    let (status, body) = visitor.read(body["access_token"].as_str().unwrap(), "me").await;
    assert_eq!((status, &body["error"]["code"]), (401, &json!("InvalidAuthenticationToken")));
    sandbox.set_consent(false);
    let (_, body) = visitor.refresh(first).await;
    assert_eq!((&body["error_codes"], &body["suberror"]), (&json!([65_001]), &json!("consent_required")));
    let fresh = visitor.sign_in(ADMIN).await["refresh_token"].as_str().unwrap().to_owned();
    clock.advance(jiff::SignedDuration::from_hours(91 * 24));
    assert_eq!(visitor.refresh(&fresh).await.1["error_codes"], json!([700_082]));
    let fresh = visitor.sign_in(ADMIN).await["refresh_token"].as_str().unwrap().to_owned();
    sandbox.revoke_sessions();
    assert_eq!(visitor.refresh(&fresh).await.1["error_codes"], json!([50_173]));
}

#[tokio::test]
async fn an_administrator_consents_for_everybody() {
    let clock = Clock::manual("2026-07-01T12:00:00Z".parse().unwrap());
    let options = Options { app_granted: false, redirect_path: "/back".into(), ..Options::small(clock) };
    let sandbox = Sandbox::start(options).await.unwrap();
    let visitor = Visitor::new(&sandbox);
    let ask = async |path: &str, more: &[(&str, &str)]| {
        let mut url = visitor.url(path);
        let (client, redirect) = (sandbox.client_id(), "http://localhost:7/back");
        url.query_pairs_mut()
            .extend_pairs([("client_id", &*client), ("redirect_uri", redirect), ("state", "s"), ("scope", SCOPE)])
            .extend_pairs(more);
        visitor.http.get(url).send().await.unwrap()
    };
    assert_eq!(ask("/common/v2.0/adminconsent", &[]).await.status(), 400);
    assert!(ask("/organizations/v2.0/adminconsent", &[]).await.text().await.unwrap().contains(">Accept<"));
    let declined =
        location(&ask("/organizations/v2.0/adminconsent", &[("sandbox_account", "alex@brightwater.example")]).await);
    assert_eq!(param(&declined, "error").as_deref(), Some("consent_required"));
    assert_eq!(param(&declined, "admin_consent").as_deref(), Some("True"));
    let classic =
        location(&ask("/common/adminconsent", &[("sandbox_account", ADMIN), ("sandbox_decline", "true")]).await);
    assert_eq!(param(&classic, "error").as_deref(), Some("permission_denied"));
    let done = location(&ask("/organizations/v2.0/adminconsent", &[("sandbox_account", ADMIN)]).await);
    assert!(done.as_str().starts_with("http://localhost:7/back?admin_consent=True"), "{done}");
    assert_eq!(param(&done, "tenant"), Some(sandbox.tenant_id()));
    assert_eq!(param(&done, "state").as_deref(), Some("s"));
    let back = visitor
        .decided(&[("sandbox_account", "alex@brightwater.example"), ("redirect_uri", "http://localhost:7/back")])
        .await;
    assert!(param(&back, "code").is_some(), "{back}");
}
