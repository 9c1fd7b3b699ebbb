//! `POST /revoke`, and the small read-only pages around sign-in: user info, discovery, keys.

use serde_json::{Value, json};

use crate::sandbox::answer::Answer;
use crate::sandbox::google::server::World;
use crate::sandbox::params::Params;

/// Revokes everything the account behind `token` granted to the project.
pub(in crate::sandbox) fn revoke(world: &World, form: &Params) -> Answer {
    match form.get("token") {
        Some(token) if world.issuer().revoke(token) => Answer::json(200, &json!({})),
        _ => Answer::json(400, &json!({"error": "invalid_token", "error_description": "Token expired or revoked"})),
    }
}

/// `GET /oauth2/v2/userinfo` (and v3): who holds this access token.
pub(in crate::sandbox) fn user_info(world: &World, authorization: Option<&str>) -> Answer {
    let token = authorization.and_then(|header| header.strip_prefix("Bearer ")).unwrap_or_default();
    match world.issuer().bearer(token, world.stage.clock.now()) {
        Some(access) => {
            let account = access.account;
            let mut body = json!({"id": account.sub, "sub": account.sub, "email": account.email,
                "verified_email": true, "email_verified": true, "name": account.name});
            if let Some(hd) = account.hd {
                body["hd"] = json!(hd);
            }
            Answer::json(200, &body)
        }
        None => Answer::json(401, &json!({"error": "invalid_request", "error_description": "Invalid Credentials"})),
    }
}

/// `GET /.well-known/openid-configuration`.
pub(in crate::sandbox) fn discovery(world: &World) -> Answer {
    let base = &world.stage.base_url;
    Answer::json(
        200,
        &json!({
            "issuer": "https://accounts.google.com",
            "authorization_endpoint": format!("{base}/o/oauth2/v2/auth"),
            "token_endpoint": format!("{base}/token"),
            "revocation_endpoint": format!("{base}/revoke"),
            "userinfo_endpoint": format!("{base}/oauth2/v3/userinfo"),
            "jwks_uri": format!("{base}/oauth2/v3/certs"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "profile"],
            "code_challenge_methods_supported": ["plain", "S256"],
        }),
    )
}

/// `GET /oauth2/v3/certs`.
pub(in crate::sandbox) fn jwks(world: &World) -> Answer {
    let keys: Value = world.key.jwks();
    Answer::json(200, &keys)
}
