//! The id token that comes with `openid`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::accounts::{Account, Home, Rights};
use super::scopes::Asked;
use crate::sandbox::entra::server::World;

/// The claims of an id token. The issuer is the vendor's, whatever address the sandbox listens on.
pub(super) fn claims(
    world: &World,
    account: &Account,
    asked: &Asked,
    nonce: Option<&str>,
    now: Timestamp,
) -> Map<String, Value> {
    let tid = account.home.tenant_id(&world.tenant());
    let pairwise = ring::digest::digest(&ring::digest::SHA256, format!("{}{}", world.app.id, account.oid).as_bytes());
    let mut claims = Map::new();
    let mut set = |key: &str, value: Value| {
        claims.insert(key.to_owned(), value);
    };
    set("aud", json!(world.app.id));
    set("iss", json!(format!("https://login.microsoftonline.com/{tid}/v2.0")));
    set("iat", json!(now.as_second() - 300));
    set("nbf", json!(now.as_second() - 300));
    set("exp", json!(now.as_second() + 3600));
    set("sub", json!(URL_SAFE_NO_PAD.encode(pairwise)));
    set("tid", json!(tid));
    set("ver", json!("2.0"));
    set("uti", json!(URL_SAFE_NO_PAD.encode(&pairwise.as_ref()[..16])));
    if asked.has("profile") {
        set("oid", json!(account.oid));
        set("name", json!(account.name));
        set("preferred_username", json!(account.upn));
    }
    if asked.has("email") && account.home != Home::Here {
        set("email", json!(account.upn));
    }
    if account.rights == Rights::Guest {
        set("idp", json!("https://sts.windows.net/00000000-1111-2222-3333-444444444444/"));
    }
    if let Some(nonce) = nonce {
        set("nonce", json!(nonce));
    }
    claims
}
