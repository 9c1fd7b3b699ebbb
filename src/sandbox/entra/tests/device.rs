//! Device codes, from asking to every end.

use serde_json::{Value, json};

use super::sandbox;
use super::visitor::{ADMIN, SCOPE, Visitor};

impl Visitor<'_> {
    async fn device(&self) -> Value {
        let (client, url) = (self.sandbox.client_id(), self.url("/organizations/oauth2/v2.0/devicecode"));
        let form = [("client_id", &*client), ("scope", SCOPE)];
        self.http.post(url).form(&form).send().await.unwrap().json().await.unwrap()
    }

    async fn poll(&self, device: &Value) -> (u16, Value) {
        let client = self.sandbox.client_id();
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        let code = device["device_code"].as_str().unwrap();
        self.token_at("organizations", &[("grant_type", grant), ("client_id", &client), ("device_code", code)]).await
    }
}

#[tokio::test]
async fn a_device_waits_until_somebody_signs_in_elsewhere() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let device = visitor.device().await;
    assert_eq!((&device["expires_in"], &device["interval"]), (&json!(900), &json!(1)));
    assert!(device["message"].as_str().unwrap().contains(device["user_code"].as_str().unwrap()));
    assert!(device.get("verification_uri_complete").is_none());
    assert_eq!(visitor.poll(&device).await.1["error"], "authorization_pending");
    assert_eq!(visitor.poll(&device).await.1["error"], "slow_down");
    let (status, page) = visitor.page(device["verification_uri"].as_str().unwrap().parse().unwrap()).await;
    assert!(status == 200 && page.contains("Enter code"), "{page}");
    let code = device["user_code"].as_str().unwrap();
    let form = [("user_code", code), ("account", ADMIN), ("decision", "accept")];
    let done = visitor.http.post(visitor.url("/devicelogin")).form(&form).send().await.unwrap();
    assert!(done.text().await.unwrap().contains("You have signed in"));
    let (status, body) = visitor.poll(&device).await;
    assert_eq!(status, 200, "{body}");
    assert!(body["refresh_token"].is_string() && body["id_token"].is_string());
    assert_eq!(visitor.poll(&device).await.1["error"], "bad_verification_code");
}

#[tokio::test]
async fn a_device_code_ends_in_every_other_way() {
    let (sandbox, clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let declined = visitor.device().await;
    sandbox.approve_device(ADMIN, true).unwrap();
    assert_eq!(visitor.poll(&declined).await.1["error"], "authorization_declined");
    let ordinary = visitor.device().await;
    sandbox.approve_device("alex@brightwater.example", false).unwrap();
    assert_eq!(visitor.poll(&ordinary).await.1["error_codes"], json!([90_094]));
    let late = visitor.device().await;
    let url = format!("/sandbox/device?user_code={}&account={ADMIN}", late["user_code"].as_str().unwrap());
    assert_eq!(visitor.http.post(visitor.url(&url)).send().await.unwrap().status(), 200);
    clock.advance(jiff::SignedDuration::from_secs(900));
    assert_eq!(visitor.poll(&late).await.1["error"], "expired_token");
    assert!(sandbox.approve_device(ADMIN, false).is_err(), "nobody waits any more");
}
