//! Revocation, which no provider's flow shows.

use serde_json::json;

use super::oauth::revoke;
use super::test_support::{Service, post};
use crate::model::FailureKind;

#[tokio::test]
async fn a_token_is_given_back_once_and_an_unknown_one_is_back_already() {
    let service = Service::start().await;
    service.answers(200, &json!({}));
    service.answers(400, &json!({"error": "invalid_token"}));
    service.answers(400, &json!({"error": "invalid_request"}));
    service.answers_text(503, "busy");
    let (endpoints, token) = (service.endpoints(), "1//r".into());
    revoke(&endpoints, &token, &post()).await.unwrap();
    assert_eq!(service.seen()[0]["token"], "1//r");
    revoke(&endpoints, &token, &post()).await.unwrap();
    let refused = revoke(&endpoints, &token, &post()).await.unwrap_err();
    assert_eq!((refused.kind, refused.reason.as_deref()), (FailureKind::Refused, Some("invalid_request")));
    assert_eq!(revoke(&endpoints, &token, &post()).await.unwrap_err().kind, FailureKind::Temporary);
    let nowhere = crate::auth::Endpoints { revoke: None, ..endpoints };
    assert_eq!(revoke(&nowhere, &token, &post()).await.unwrap_err().kind, FailureKind::Misconfigured);
}
