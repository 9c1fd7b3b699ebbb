//! Client credentials: an app acts by itself, with its secret or an assertion signed with its certificate.

use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::accounts::{Authority, Home};
use super::errors::Refusal;
use super::issuer::Access;
use super::scopes;
use super::token::{Client, life, wrong_secret};
use crate::sandbox::entra::server::World;
use crate::sandbox::params::Params;

/// Assertions may be this long-lived at most.
const LONGEST: SignedDuration = SignedDuration::from_mins(10);

/// How far clocks may differ.
const SKEW: i64 = 60;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

pub(super) fn client_credentials(
    world: &World,
    (authority, tenant): (Authority, &str),
    form: &Params,
    client: &Client,
) -> Result<Map<String, Value>, Refusal> {
    let Authority::Of(home) = authority else {
        let words = "The grant type is not supported over the /common or /organizations endpoints. Use the tenant-specific endpoint.";
        return Err(Refusal::new("invalid_request", 9_001_023, words));
    };
    match (&client.secret, form.get("client_assertion")) {
        (Some(secret), None) if *secret == world.app.secret => {}
        (Some(_), None) => return Err(wrong_secret()),
        (_, Some(assertion)) => verify(world, tenant, form, assertion, &client.id)?,
        (None, None) => {
            let words =
                "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.";
            return Err(Refusal::new("invalid_client", 7_000_216, words));
        }
    }
    let scope = form.get("scope").ok_or_else(|| Refusal::missing("scope"))?;
    if scope.contains(' ') || !scopes::is_default(world, scope) {
        let words = format!(
            "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier."
        );
        return Err(Refusal::new("invalid_scope", 1_002_012, &words));
    }
    if home != Home::Here {
        return Err(super::authorize::no_app(&client.id));
    }
    let mut issuer = world.issuer();
    // Without an administrator's consent there is a token all the same, with nothing in it.
    let scopes = if issuer.is_app_granted { scopes::APPLICATION } else { &[] };
    let life = life(world);
    let expires = world.stage.clock.now() + life;
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let token = issuer.access_token(Access { account: None, home, scopes, expires });
    let body = json!({"token_type": "Bearer", "expires_in": life.as_secs(), "ext_expires_in": life.as_secs(),
        "access_token": token});
    Ok(body.as_object().cloned().unwrap_or_default())
}

fn verify(world: &World, tenant: &str, form: &Params, assertion: &str, client: &str) -> Result<(), Refusal> {
    let refuse = |code, words: &str| Err(Refusal::new("invalid_client", code, words));
    // Not of our issuing, and just as good as a token to whoever finds it in time.
    world.issuer().secrets.push(assertion.to_owned());
    if form.get("client_assertion_type") != Some(JWT_BEARER) {
        return Err(Refusal::missing("client_assertion_type"));
    }
    let Some((header, claims)) = world.key.verify_ps256(assertion) else {
        return refuse(
            700_027,
            "The certificate with identifier used to sign the client assertion is not registered on application, or the signature is invalid.",
        );
    };
    if header["x5t#S256"] != world.app.thumbprint.as_str() {
        return refuse(
            700_027,
            "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found.]",
        );
    }
    let text = |key: &str| claims[key].as_str().unwrap_or_default();
    let path = format!("/{tenant}/oauth2/v2.0/token");
    let here = format!("{}{path}", world.stage.base_url);
    if text("aud") != here && text("aud") != format!("https://login.microsoftonline.com{path}") {
        return refuse(700_023, "Client assertion audience claim does not match Realm issuer.");
    }
    if text("iss") != client || text("sub") != client {
        return refuse(700_021, "Client assertion application identifier doesn't match 'client_id' parameter.");
    }
    let (now, second) = (world.stage.clock.now().as_second(), |key: &str| claims[key].as_i64());
    let expires = second("exp").unwrap_or(0);
    if expires <= now - SKEW || expires > now + LONGEST.as_secs() + SKEW || second("nbf").unwrap_or(0) > now + SKEW {
        return refuse(700_024, "Client assertion is not within its valid time range.");
    }
    if text("jti").is_empty() || !world.issuer().assertions.insert(text("jti").to_owned()) {
        return refuse(50_012, "Authentication failed: the client assertion was used before.");
    }
    Ok(())
}
