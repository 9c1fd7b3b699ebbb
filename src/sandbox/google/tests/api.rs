//! Listings against the truth, single resources, masks, and the errors of the Directory API.

use serde_json::{Value, json};

use super::sandbox;
use super::visitor::{ADMIN, Visitor, http};
use crate::clock::Clock;
use crate::sandbox::{Options, Sandbox};

async fn admin(visitor: &Visitor<'_>) -> String {
    visitor.sign_in(ADMIN).await["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_page_together_is_the_truth() {
    let options = Options { users: 1_203, groups: 405, memberships: 5_000, ..Options::small(Clock::system()) };
    let sandbox = Sandbox::start(options).await.unwrap();
    let visitor = Visitor::new(&sandbox);
    let token = admin(&visitor).await;
    let truth = sandbox.truth();
    let list = "users?customer=my_customer&maxResults=500&projection=full&prettyPrint=false";
    let (mut users, pages) = visitor.all(&token, list, "users").await;
    assert_eq!(pages, 3);
    assert_eq!(json!(users.as_slice()), truth["users"]);
    let (groups, pages) = visitor.all(&token, "groups?customer=my_customer", "groups").await;
    assert_eq!(pages, 3);
    assert_eq!(json!(groups), truth["groups"]);
    for group in &groups {
        let id = group["id"].as_str().unwrap();
        let (members, pages) = visitor.all(&token, &format!("groups/{id}/members?prettyPrint=false"), "members").await;
        assert_eq!(json!(members), truth["members"][id], "{}", group["email"]);
        assert_eq!(pages, members.len().max(1).div_ceil(200));
        assert_eq!(group["directMembersCount"], members.len().to_string());
    }
    let (mut by_domain, _) = visitor
        .all(&token, "users?customer=my_customer&domain=labs.brightwater.example&projection=full", "users")
        .await;
    users.retain(|user| user["primaryEmail"].as_str().unwrap().ends_with("@labs.brightwater.example"));
    by_domain.iter_mut().zip(&users).for_each(|(one, other)| assert_eq!(one["id"], other["id"]));
    assert_eq!(by_domain.len(), users.len());
    let report = sandbox.requests();
    assert!(report["by_path"]["/admin/directory/v1/groups/{groupKey}/members"].as_u64().unwrap() >= 405, "{report:#}");
    sandbox.shutdown().await;
}

#[tokio::test]
async fn single_resources_and_their_errors() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let token = admin(&visitor).await;
    let truth = sandbox.truth();
    let deleted = truth["deleted"][1]["id"].as_str().unwrap();
    let group = truth["groups"][0]["id"].as_str().unwrap();
    for (path, status, reason) in [
        ("users/kim.oldname@brightwater.example", 200, ""),
        (&format!("users/{deleted}"), 412, "conditionNotMet"),
        (&format!("users/{group}"), 400, "invalid"),
        ("users/nobody@brightwater.example", 404, "notFound"),
        ("users/visitor0@partner.example", 403, "forbidden"),
        ("groups/partners0@partner.example", 403, "forbidden"),
        ("groups/nothing@brightwater.example/members", 404, "notFound"),
        ("users", 400, "badRequest"),
        ("users?customer=C0somebody", 403, "forbidden"),
        ("users?domain=else.example", 404, "notFound"),
        ("users?customer=my_customer&maxResults=0", 400, "invalidParameter"),
        ("users?customer=my_customer&maxResults=9999&unknown=1", 200, ""),
        ("users?customer=my_customer&pageToken=made-up", 400, "invalid"),
        ("users?customer=my_customer&query=nonsense", 400, "invalid"),
        ("users?customer=my_customer&query=orgUnitPath%3D/Nowhere", 400, "invalid"),
        ("users?customer=my_customer&fields=users(nope)", 400, "invalidParameter"),
        ("groups/everyone@brightwater.example/hasMember/alex@brightwater.example", 200, ""),
        ("groups/everyone@brightwater.example/hasMember/visitor0@partner.example", 400, "invalid"),
        ("customer/my_customer/orgunits?type=all", 403, "insufficientPermissions"),
    ] {
        let (code, body) = visitor.read(&token, path).await;
        assert_eq!(
            (code, body["error"]["errors"][0]["reason"].as_str().unwrap_or_default()),
            (status, reason),
            "{path}: {body}"
        );
    }
    let (_, body) = visitor.read("nonsense", "users?customer=my_customer").await;
    assert_eq!(body["error"]["errors"][0]["reason"], "authError");
}

#[tokio::test]
async fn masks_emptiness_and_derived_members() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let token = admin(&visitor).await;
    let fields = "users?customer=my_customer&maxResults=2&fields=nextPageToken,users(id,name/fullName)";
    let (_, body) = visitor.read(&token, fields).await;
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["nextPageToken", "users"]);
    assert_eq!(body["users"][0]["name"].as_object().unwrap().len(), 1);
    let (_, empty) = visitor.read(&token, "groups/empty@brightwater.example/members").await;
    assert!(empty.get("members").is_none() && empty["kind"] == "admin#directory#members");
    let (derived, _) = visitor
        .all(&token, "groups/circle-a@brightwater.example/members?includeDerivedMembership=true", "members")
        .await;
    assert_eq!(derived.len(), 6);
    let (everyone, _) = visitor
        .all(&token, "groups/everyone@brightwater.example/members?includeDerivedMembership=true", "members")
        .await;
    assert_eq!(everyone.len(), 61);
    let (owners, _) =
        visitor.all(&token, "groups/leadership@brightwater.example/members?roles=OWNER,MANAGER", "members").await;
    assert_eq!(owners.len(), 2);
    let (guests, _) = visitor.all(&token, "users?customer=my_customer&query=isGuest%3Dtrue", "users").await;
    assert!(guests.len() >= 2 && guests.iter().all(|guest| guest["orgUnitPath"] == "/Workspace guests"));
    let (gone, _) = visitor.all(&token, "users?customer=my_customer&showDeleted=true", "users").await;
    assert!(gone.len() == 2 && gone.iter().all(|user| user["deletionTime"].is_string()));
}

#[tokio::test]
async fn gzip_needs_both_headers_and_printing_is_pretty_by_default() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let token = admin(&visitor).await;
    let url = visitor.url("/admin/directory/v1/users?customer=my_customer");
    for (client, packed) in [(http(true, false), true), (http(false, false), false)] {
        let request = client.get(url.clone()).bearer_auth(&token).header("accept-encoding", "gzip");
        let response = request.send().await.unwrap();
        assert_eq!(response.headers().contains_key("content-encoding"), packed);
    }
    let pretty = visitor.get(&token, "users?customer=my_customer&maxResults=1").await.text().await.unwrap();
    assert!(pretty.contains("{\n  \""), "{pretty}");
    let tight = visitor.get(&token, "users?customer=my_customer&maxResults=1&prettyPrint=false").await;
    assert!(!tight.text().await.unwrap().contains('\n'));
}

#[tokio::test]
async fn controls_change_the_world() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let post = async |path: &str| -> Value {
        visitor.http.post(visitor.url(path)).send().await.unwrap().json().await.unwrap()
    };
    let day = post("/sandbox/day?days=3").await;
    assert_eq!(day["day"], 3);
    assert_eq!(day["renamed"].as_array().unwrap().len(), 3);
    let before = sandbox.truth()["users"].as_array().unwrap().len();
    let gone = post("/sandbox/vanish?percent=40&deleted=true").await;
    let after = sandbox.truth();
    assert_eq!(after["users"].as_array().unwrap().len() + gone.as_array().unwrap().len(), before);
    assert_eq!(post("/sandbox/unvanish").await.as_array().unwrap().len(), gone.as_array().unwrap().len());
    let truth: Value = visitor.http.get(visitor.url("/sandbox/truth")).send().await.unwrap().json().await.unwrap();
    assert_eq!(truth, sandbox.truth());
}
