//! Each fault as a client meets it.

use serde_json::{Value, json};

use super::follower::USERS;
use super::sandbox;
use super::visitor::{ADMIN, Visitor, claims, param};
use crate::sandbox::{Fault, Rule};

#[tokio::test]
async fn faults_of_graph() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let token = visitor.token().await;
    let (_, link) = visitor.pages(&token, "users/delta?$deltatoken=latest").await;
    let delta = link.unwrap();
    for (on, path, rule, status, part) in [
        ("users", "users", r#"{"kind":"throttle","retry_after":"7"}"#, 429, "TooManyRequests"),
        ("graph", "users", r#"{"kind":"throttle"}"#, 429, "TooManyRequests"),
        ("groups", "groups", r#"{"kind":"status","code":503}"#, 503, "serviceNotAvailable"),
        ("groups", "groups", r#"{"kind":"unavailable_html"}"#, 503, "<!DOCTYPE html>"),
        ("me", "me", r#"{"kind":"html_ok"}"#, 200, "<!DOCTYPE html>"),
        ("me", "me", r#"{"kind":"unauthorized"}"#, 401, "InvalidAuthenticationToken"),
        ("users", "users", r#"{"kind":"claims_challenge"}"#, 401, "TokenIssuedBeforeRevocationTimestamp"),
        ("users", "users", r#"{"kind":"status","code":403}"#, 403, "Authorization_RequestDenied"),
        ("members", "groups/x/members", r#"{"kind":"deleted_group_while_listed"}"#, 404, "Request_ResourceNotFound"),
        ("members:x", "groups/x/members", r#"{"kind":"status","code":500}"#, 500, "InternalServerError"),
        ("users/delta", &*delta, r#"{"kind":"expired_cursor"}"#, 400, "\"code\":\"syncStateNotFound\""),
        ("users/delta", &*delta, r#"{"kind":"expired_cursor","code":"SyncStateNotFound"}"#, 400, "SyncStateNotFound"),
        (
            "users/delta",
            &*delta,
            r#"{"kind":"expired_cursor","code":"resyncRequired","nested":true}"#,
            400,
            "BadRequest",
        ),
        ("users/delta", &*delta, r#"{"kind":"gone"}"#, 410, "resyncRequired"),
        ("users/delta", &*delta, r#"{"kind":"gone","location":true}"#, 410, "resyncRequired"),
        ("users/delta", USERS, r#"{"kind":"delta_refused","code":501}"#, 501, "NotImplemented"),
        ("users", "users?$top=9", r#"{"kind":"foreign_next_link","to":"https://evil.example/x"}"#, 200, "evil.example"),
        ("users", "users?$top=9", r#"{"kind":"loop_token"}"#, 200, "/v1.0/users\""),
        ("users", "users?$top=9", r#"{"kind":"repeat_token"}"#, 200, "/v1.0/users?$top=9\""),
        ("users", "users?$top=9", r#"{"kind":"wrong_type"}"#, 200, "\"id\":42"),
        ("users", "users?$top=9", r#"{"kind":"wrong_type","whole":true}"#, 200, "none of your business"),
        ("users/delta", USERS, r#"{"kind":"empty_listing"}"#, 200, "@odata.deltaLink"),
        ("users", "users", r#"{"kind":"redirect","to":"https://evil.example/"}"#, 302, ""),
        ("organization", "organization", r#"{"kind":"other_customer","customer_id":"other"}"#, 200, "\"other\""),
        ("deleted", "directory/deletedItems/microsoft.graph.user", r#"{"kind":"missing_key"}"#, 200, "context"),
    ] {
        let mut rule: Value = serde_json::from_str(rule).unwrap();
        rule["on"] = json!(on);
        let added = visitor.http.post(visitor.url("/sandbox/faults")).json(&rule).send().await.unwrap();
        assert_eq!(added.status(), 200, "{}", added.text().await.unwrap());
        let response = visitor.get(&token, path).await;
        assert_eq!(response.status(), status, "{rule}");
        assert_eq!(response.headers().contains_key("retry-after"), rule.get("retry_after").is_some());
        assert_eq!(response.headers().contains_key("location"), rule["location"] == true || rule["kind"] == "redirect");
        let challenge = response.headers().get("www-authenticate").map(|text| text.to_str().unwrap().to_owned());
        assert_eq!(
            challenge.is_some_and(|text| text.contains("insufficient_claims")),
            rule["kind"] == "claims_challenge"
        );
        let text = response.text().await.unwrap();
        assert!(text.contains(part), "{rule}: {text}");
        sandbox.clear_faults();
    }
    for fault in [Fault::MissingLink, Fault::EmptyPageWithToken, Fault::MissingKey] {
        sandbox.inject(Rule::new("users/delta", fault.clone()));
        let (status, body) = visitor.read(&token, USERS).await;
        assert_eq!(status, 200);
        let links = body.get("@odata.nextLink").is_some() || body.get("@odata.deltaLink").is_some();
        assert_eq!(links, fault != Fault::MissingLink);
        sandbox.clear_faults();
    }
    sandbox.inject(Rule::new("users", Fault::ExpiredPageToken));
    let (_, body) = visitor.read(&token, "users?$top=9").await;
    let (status, body) = visitor.read(&token, body["@odata.nextLink"].as_str().unwrap()).await;
    assert_eq!((status, &body["error"]["code"]), (400, &json!("Directory_ExpiredPageToken")));
}

#[tokio::test]
async fn broken_answers() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let token = visitor.token().await;
    for fault in [Fault::TruncatedJson, Fault::TruncatedGzip, Fault::ResetMidBody] {
        sandbox.inject(Rule::new("graph", fault.clone()).times(1));
        let url = visitor.url("/v1.0/users");
        let broken = match visitor.http.get(url).bearer_auth(&token).send().await {
            Ok(response) => response.json::<Value>().await.is_err(),
            Err(_) => true,
        };
        assert!(broken, "{fault:?}");
    }
    sandbox.inject(Rule::new("members", Fault::Hang));
    let waiting = visitor.get(&token, "groups/x/members");
    assert!(tokio::time::timeout(std::time::Duration::from_millis(200), waiting).await.is_err());
    sandbox.shutdown().await;
}

#[tokio::test]
async fn faults_of_sign_in() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let error = |error: &str, code: u32| Fault::TokenError {
        error: error.into(),
        code,
        suberror: Some("basic_action".into()),
        claims: Some("{}".into()),
        status: None,
    };
    let good = visitor.sign_in(ADMIN).await["refresh_token"].as_str().unwrap().to_owned();
    for (name, code, status) in [
        ("interaction_required", 50_076, 400),
        ("invalid_client", 7_000_222, 401),
        ("temporarily_unavailable", 90_033, 503),
    ] {
        sandbox.inject(Rule::new("token", error(name, code)).times(1));
        let (got, body) = visitor.refresh(&good).await;
        assert_eq!((got, &body["error"], &body["error_codes"]), (status, &json!(name), &json!([code])));
        assert_eq!((&body["suberror"], &body["claims"]), (&json!("basic_action"), &json!("{}")));
    }
    sandbox.inject(Rule::new("authorize", error("access_denied", 53_003)).times(1));
    let back = visitor.decided(&[]).await;
    assert!(param(&back, "error_description").unwrap().starts_with("AADSTS53003"));
    sandbox.inject(Rule::new("authorize", Fault::WrongState).times(1));
    let back = visitor.decided(&[("sandbox_account", ADMIN)]).await;
    assert_ne!(param(&back, "state").unwrap(), "st&te");
    sandbox.inject(Rule::new("authorize", Fault::SignInRefused { error: "50105".into() }).times(1));
    assert!(visitor.page(visitor.auth_url(&[])).await.1.contains("AADSTS50105"));
    let strike = async |fault: Fault| {
        sandbox.inject(Rule::new("token", fault));
        let body = visitor.sign_in(ADMIN).await;
        sandbox.clear_faults();
        body
    };
    assert!(strike(Fault::NoRefreshToken).await.get("refresh_token").is_none());
    assert!(!strike(Fault::DropScope { scope: "Group".into() }).await["scope"].as_str().unwrap().contains("Group"));
    assert_ne!(claims(&strike(Fault::WrongNonce).await["id_token"])["nonce"], "n0nce");
    let other = Fault::Claim { name: "tid".into(), value: json!("other") };
    assert_eq!(claims(&strike(other).await["id_token"])["tid"], "other");
    // A rotated token whose answer is lost: the new one was issued, the old one still works.
    let before = sandbox.secrets().len();
    sandbox.inject(Rule::new("token", Fault::ResetMidBody).times(1));
    let (client, tenant) = (sandbox.client_id(), sandbox.tenant_id());
    let form = [("grant_type", "refresh_token"), ("client_id", &*client), ("refresh_token", &*good)];
    let url = visitor.url(&format!("/{tenant}/oauth2/v2.0/token"));
    let lost = match visitor.http.post(url).form(&form).send().await {
        Ok(response) => response.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(lost && sandbox.secrets().len() > before);
    assert_eq!(visitor.refresh(&good).await.0, 200);
}
