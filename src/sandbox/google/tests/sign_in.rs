//! Consent, token exchange, refresh, revocation, service accounts.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::sandbox;
use super::visitor::{ADMIN, GROUPS, USERS, VERIFIER, Visitor, claims, param};
use crate::sandbox::key::Key;

#[tokio::test]
async fn the_form_signs_in_and_the_code_works_once() {
    let (sandbox, clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let page = visitor.http.get(visitor.auth_url(&[("login_hint", "alex@brightwater.example")])).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let page = page.text().await.unwrap();
    assert!(
        page.contains("value=\"alex@brightwater.example\" checked") && page.contains("value=\"st&amp;te\""),
        "{page}"
    );
    let mut form: Vec<(String, String)> = visitor.auth_url(&[]).query_pairs().into_owned().collect();
    for (key, value) in [("account", ADMIN), ("granted", USERS), ("decision", "allow")] {
        form.push((key.to_owned(), value.to_owned()));
    }
    let response = visitor.http.post(visitor.url("/o/oauth2/v2/auth/decision")).form(&form).send().await.unwrap();
    let back = url::Url::parse(response.headers()["location"].to_str().unwrap()).unwrap();
    assert_eq!(param(&back, "state").unwrap(), "st&te");
    let code = param(&back, "code").unwrap();
    let (status, body) = visitor.exchange(&code).await;
    assert_eq!(status, 200);
    let scope = body["scope"].as_str().unwrap();
    assert!(
        scope.contains("openid")
            && scope.contains("userinfo.email")
            && scope.contains(USERS)
            && !scope.contains(GROUPS)
    );
    let id = claims(&body["id_token"]);
    assert_eq!(
        (&id["iss"], &id["hd"], &id["nonce"]),
        (&json!("https://accounts.google.com"), &json!("brightwater.example"), &json!("n0nce"))
    );
    assert_eq!(id["iat"], clock.now().as_second());
    assert!(body["refresh_token"].is_string());
    assert_eq!(visitor.exchange(&code).await.1["error"], "invalid_grant");
    let response = visitor.get(body["access_token"].as_str().unwrap(), "groups?customer=my_customer").await;
    assert_eq!(response.status(), 403);
    assert!(response.headers()["www-authenticate"].to_str().unwrap().contains("insufficient_scope"));
    sandbox.shutdown().await;
}

#[tokio::test]
async fn wrong_requests_are_refused() {
    let (sandbox, clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    for (change, status, error) in [
        (("redirect_uri", "https://evil.example/"), 400, "redirect_uri_mismatch"),
        (("client_id", "nobody"), 401, "invalid_client"),
        (("response_type", "token"), 400, "invalid_request"),
        (("scope", "https://www.googleapis.com/auth/nonsense"), 400, "invalid_scope"),
        (("code_challenge", "short"), 400, "invalid_request"),
    ] {
        let response = visitor.http.get(visitor.auth_url(&[change])).send().await.unwrap();
        assert_eq!(response.status(), status);
        assert!(response.text().await.unwrap().contains(error), "{error}");
    }
    let back = visitor.decided(&[("sandbox_account", ADMIN), ("sandbox_decline", "true")]).await;
    assert_eq!((param(&back, "error").unwrap(), param(&back, "code")), ("access_denied".to_owned(), None));
    let id = visitor.client["client_id"].as_str().unwrap();
    let code = async || param(&visitor.decided(&[("sandbox_account", ADMIN)]).await, "code").unwrap();
    let try_with = async |redirect: &str, verifier: &str, secret: &str| {
        let code = code().await;
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", id),
            ("client_secret", secret),
            ("code", &code),
            ("redirect_uri", redirect),
            ("code_verifier", verifier),
        ];
        visitor.token(&form).await
    };
    assert_eq!(try_with("http://127.0.0.1:45678", VERIFIER, "").await.1["error"], "invalid_grant");
    assert_eq!(try_with("http://127.0.0.1:45678/", &VERIFIER.replace('d', "e"), "").await.1["error"], "invalid_grant");
    let (status, body) = try_with("http://127.0.0.1:45678/", VERIFIER, "wrong").await;
    assert_eq!((status, &body["error"]), (401, &json!("invalid_client")));
    assert_eq!(try_with("http://127.0.0.1:45678/", VERIFIER, "").await.0, 200);
    let late = code().await;
    clock.advance(SignedDuration::from_mins(10));
    assert_eq!(visitor.exchange(&late).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn refresh_tokens_come_once_and_die_in_every_way() {
    let (sandbox, clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let first = visitor.sign_in(ADMIN).await;
    let refresh = first["refresh_token"].as_str().unwrap();
    let silent = visitor.decided(&[("sandbox_account", ADMIN), ("prompt", "")]).await;
    assert!(visitor.exchange(&param(&silent, "code").unwrap()).await.1.get("refresh_token").is_none());
    let (status, body) = visitor.refresh(refresh).await;
    assert_eq!(status, 200);
    assert!(body.get("refresh_token").is_none() && body["id_token"].is_string());
    let access = body["access_token"].as_str().unwrap().to_owned();
    assert_eq!(visitor.get(&access, "users?customer=my_customer").await.status(), 200);
    clock.advance(SignedDuration::from_hours(1));
    assert_eq!(visitor.get(&access, "users?customer=my_customer").await.status(), 401);
    for _ in 0..100 {
        visitor.sign_in(ADMIN).await;
    }
    assert_eq!(visitor.refresh(refresh).await.1["error_description"], "Token has been expired or revoked.");
    let last = visitor.sign_in(ADMIN).await;
    let last = last["refresh_token"].as_str().unwrap();
    visitor.http.post(visitor.url("/sandbox/revoke?subtype=invalid_rapt")).send().await.unwrap();
    let (status, body) = visitor.refresh(last).await;
    assert_eq!((status, &body["error_subtype"]), (400, &json!("invalid_rapt")));
    let again = visitor.sign_in(ADMIN).await;
    let revoke = async |token: &Value| {
        let form = [("token", token.as_str().unwrap())];
        visitor.http.post(visitor.url("/revoke")).form(&form).send().await.unwrap().status().as_u16()
    };
    assert_eq!(revoke(&again["access_token"]).await, 200);
    assert_eq!(revoke(&again["refresh_token"]).await, 400);
    assert_eq!(visitor.refresh(again["refresh_token"].as_str().unwrap()).await.0, 400);
    let secrets = sandbox.secrets();
    assert!([&access, last].iter().all(|secret| secrets.iter().any(|known| known == *secret)));
}

#[tokio::test]
async fn a_consumer_has_no_domain_and_an_ordinary_user_no_rights() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let consumer = visitor.sign_in("pat.private@gmail.com").await;
    assert!(claims(&consumer["id_token"]).get("hd").is_none());
    for (account, users, groups) in [
        ("pat.private@gmail.com", 403, 403),
        ("alex@brightwater.example", 403, 403),
        ("helpdesk@brightwater.example", 200, 200),
        ("frontdesk@brightwater.example", 200, 403),
    ] {
        let token = visitor.sign_in(account).await;
        let token = token["access_token"].as_str().unwrap();
        assert_eq!(visitor.read(token, "users?customer=my_customer").await.0, users, "{account}");
        let (status, body) = visitor.read(token, "groups?customer=my_customer").await;
        assert_eq!(status, groups, "{account}");
        assert!(status == 200 || body["error"]["errors"][0]["reason"] == "forbidden");
    }
}

#[tokio::test]
async fn a_service_account_acts_as_the_admin() {
    let (sandbox, clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let file: Value = serde_json::from_str(&sandbox.service_account_json().unwrap()).unwrap();
    let now = clock.now().as_second();
    let key = Key::load().unwrap();
    let good = json!({"iss": file["client_email"], "sub": ADMIN, "scope": format!("{USERS} {GROUPS}"),
        "aud": file["token_uri"], "iat": now, "exp": now + 3600});
    let ask = async |change: &str, value: Value| {
        let mut claims = good.clone();
        claims[change] = value;
        let assertion = key.sign(&claims).unwrap();
        let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        visitor.token(&[("grant_type", grant), ("assertion", &assertion)]).await
    };
    let (status, body) = ask("sub", json!(ADMIN)).await;
    assert_eq!(status, 200, "{body}");
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(visitor.read(token, "users?customer=my_customer").await.0, 200);
    for (change, value, error) in [
        ("sub", json!("nobody@brightwater.example"), "invalid_grant"),
        ("scope", json!(format!("{USERS},{GROUPS}")), "invalid_scope"),
        ("exp", json!(now + 7200), "invalid_grant"),
        ("aud", json!("https://elsewhere.example/token"), "invalid_grant"),
        ("scope", json!("https://www.googleapis.com/auth/gmail.readonly"), "unauthorized_client"),
    ] {
        assert_eq!(ask(change, value).await.1["error"], error, "{change}");
    }
    let (_, body) = ask("sub", json!("")).await;
    assert_eq!(visitor.read(body["access_token"].as_str().unwrap(), "users?customer=my_customer").await.0, 403);
}
