//! Lists and single objects, query options and controls.

use serde_json::{Value, json};

use super::sandbox;
use super::visitor::Visitor;

fn ids(list: &[Value]) -> Vec<String> {
    let mut ids: Vec<String> = list.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn every_page_together_is_the_truth() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let token = visitor.token().await;
    sandbox.play_day();
    let truth = sandbox.truth();
    let list = |key: &str| truth[key].as_array().unwrap().clone();
    let users = visitor.all(&token, "users?$top=7&$select=id,accountEnabled,proxyAddresses").await;
    assert_eq!(ids(&users), ids(&list("users")));
    assert!(users.iter().all(|user| user.get("accountEnabled").is_some() && user.get("mail").is_none()));
    let usual = visitor.all(&token, "users").await;
    assert!(usual.iter().all(|user| user.get("accountEnabled").is_none() && user.get("mail").is_some()));
    let groups = visitor.all(&token, "groups?$top=5").await;
    assert_eq!(ids(&groups), ids(&list("groups")));
    for group in &groups {
        let id = group["id"].as_str().unwrap();
        let members = visitor.all(&token, &format!("groups/{id}/members?$top=9&$select=id,userPrincipalName")).await;
        assert_eq!(ids(&members), ids(truth["members"][id].as_array().unwrap()), "{group}");
        assert!(members.iter().all(|member| member["@odata.type"].is_string()));
    }
    let deleted = visitor.all(&token, "directory/deletedItems/microsoft.graph.user").await;
    assert_eq!(ids(&deleted), ids(&list("deleted")));
    assert!(deleted.iter().all(|user| user["deletedDateTime"].is_string()));
    assert_eq!(visitor.read(&token, "me").await.1["id"], truth["users"][0]["id"]);
    let organization = visitor.read(&token, "organization").await.1;
    assert_eq!(organization["value"][0]["id"], json!(sandbox.tenant_id()));
    assert_eq!(organization["value"][0]["tenantType"], Value::Null, "User.Read shows little");
    assert_eq!(visitor.read(&token, "users/admin@brightwater.example").await.1["id"], truth["users"][0]["id"]);
}

#[tokio::test]
async fn what_graph_does_not_take_it_refuses() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let token = visitor.token().await;
    for (path, status, code) in [
        ("users?$top=1000", 400, "Request_UnsupportedQuery"),
        ("users?$skip=5", 400, "Request_UnsupportedQuery"),
        ("users?$nonsense=5", 400, "BadRequest"),
        ("users?$select=nope", 400, "BadRequest"),
        ("users?$select=aboutMe", 501, "NotImplemented"),
        ("users/delta?$expand=manager", 400, "Request_UnsupportedQuery"),
        ("groups/delta?$orderby=displayName", 400, "Request_UnsupportedQuery"),
        ("users/delta?$deltatoken=abc", 400, "BadRequest"),
        ("users?$skiptoken=abc", 400, "Directory_ExpiredPageToken"),
        ("groups/00000000-0000-4000-8000-000000000000/members", 404, "Request_ResourceNotFound"),
        ("directory/deletedItems", 400, "BadRequest"),
    ] {
        let (got, body) = visitor.read(&token, path).await;
        assert_eq!((got, &body["error"]["code"]), (status, &json!(code)), "{path}: {body}");
        assert!(body["error"]["innerError"]["request-id"].is_string());
    }
    assert_eq!(visitor.read(&token, "users/delta?$top=1").await.0, 200, "ignored");
    let (_, body) = visitor.read(&token, "users/delta?$select=id").await;
    let next = body["@odata.nextLink"].as_str().unwrap();
    assert_eq!(visitor.read(&token, &format!("{next}&$select=id")).await.0, 400);
    assert_eq!(visitor.read("nonsense", "users").await.0, 401);
}

#[tokio::test]
async fn controls_change_the_world() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let post = async |path: &str| -> Value {
        visitor.http.post(visitor.url(path)).send().await.unwrap().json().await.unwrap()
    };
    assert_eq!(post("/sandbox/day?days=3").await["day"], 3);
    assert_eq!(post("/sandbox/vanish?percent=10&deleted=true").await.as_array().unwrap().len(), 7);
    assert_eq!(post("/sandbox/unvanish").await.as_array().unwrap().len(), 7);
    for path in ["/sandbox/cursors", "/sandbox/consent?granted=false", "/sandbox/expire", "/sandbox/revoke"] {
        assert!(post(path).await.is_object(), "{path}");
    }
    for path in ["/", "/sandbox/truth", "/sandbox/requests", "/sandbox/secrets", "/sandbox/app", "/sandbox/faults"] {
        assert_eq!(visitor.page(visitor.url(path)).await.0, 200, "{path}");
    }
    let discovery = visitor.page(visitor.url("/organizations/v2.0/.well-known/openid-configuration")).await.1;
    assert!(discovery.contains("/organizations/oauth2/v2.0/token"));
}
