//! `POST /token`: codes, refresh tokens and service-account assertions become access tokens.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::accounts::Account;
use super::issuer::{Access, Death};
use super::{id_token, service_account};
use crate::sandbox::answer::Answer;
use crate::sandbox::faults::Claims;
use crate::sandbox::google::server::World;
use crate::sandbox::params::Params;

/// An error of the token endpoint: flat, as RFC 6749 has it.
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) error: &'static str,
    pub(super) description: &'static str,
}

impl Refusal {
    pub(super) fn new(error: &'static str, description: &'static str) -> Self {
        Self { status: if error == "invalid_client" { 401 } else { 400 }, error, description }
    }
}

/// Answers a token request; `authorization` is the header of a client that identifies itself by HTTP Basic, `twists`
/// change the claims of id tokens.
pub(in crate::sandbox) fn token(
    world: &World,
    form: &Params,
    authorization: Option<&str>,
    twists: &[Claims],
) -> Answer {
    let answer = match form.get("grant_type") {
        Some("authorization_code") => client(world, form, authorization).and_then(|()| code(world, form, twists)),
        Some("refresh_token") => match client(world, form, authorization) {
            Ok(()) => return refresh(world, form, twists),
            Err(refusal) => Err(refusal),
        },
        Some("urn:ietf:params:oauth:grant-type:jwt-bearer") => service_account::exchange(world, form),
        Some(_) => Err(Refusal::new("unsupported_grant_type", "Invalid grant_type")),
        None => Err(Refusal::new("invalid_request", "Missing required parameter: grant_type")),
    };
    match answer {
        Ok(body) => Answer::json(200, &body),
        Err(Refusal { status, error, description }) => {
            Answer::json(status, &json!({"error": error, "error_description": description}))
        }
    }
}

/// Checks which client asks. The secret of an installed app is optional, but has to be right when sent.
fn client(world: &World, form: &Params, authorization: Option<&str>) -> Result<(), Refusal> {
    let basic = authorization
        .and_then(|header| header.strip_prefix("Basic "))
        .and_then(|encoded| STANDARD.decode(encoded).ok())
        .and_then(|pair| String::from_utf8(pair).ok());
    let basic = basic.as_deref().and_then(|pair| pair.split_once(':'));
    let id = form.get("client_id").or(basic.map(|(id, _)| id));
    let secret = form.get("client_secret").or(basic.map(|(_, secret)| secret)).filter(|secret| !secret.is_empty());
    match id {
        None => Err(Refusal::new("invalid_request", "Could not determine client ID from request.")),
        Some(id) if id != world.client.id => Err(Refusal::new("invalid_client", "The OAuth client was not found.")),
        Some(_) if secret.is_some_and(|secret| secret != world.client.secret) => {
            Err(Refusal::new("invalid_client", "Unauthorized"))
        }
        Some(_) => Ok(()),
    }
}

fn code(world: &World, form: &Params, twists: &[Claims]) -> Result<Value, Refusal> {
    let now = world.stage.clock.now();
    let code = form.get("code").ok_or(Refusal::new("invalid_request", "Missing required parameter: code"))?;
    let consent = world.issuer().redeem(code, now).ok_or(Refusal::new("invalid_grant", "Malformed auth code."))?;
    if form.get("redirect_uri") != Some(&consent.redirect_uri) {
        return Err(Refusal::new("invalid_grant", "Bad Request"));
    }
    if let Some((method, challenge)) = &consent.pkce {
        let verifier = form.get("code_verifier").ok_or(Refusal::new("invalid_grant", "Missing code verifier."))?;
        if !verifies(method, challenge, verifier) {
            return Err(Refusal::new("invalid_grant", "Invalid code verifier."));
        }
    }
    let mut body = grant(world, &consent.account, &consent.scopes, consent.nonce.as_deref(), twists)?;
    if consent.refreshable {
        body.insert("refresh_token".into(), json!(world.issuer().refresh_token(&consent.account, &consent.scopes)));
    }
    Ok(Value::Object(body))
}

fn verifies(method: &str, challenge: &str, verifier: &str) -> bool {
    if !(43..=128).contains(&verifier.len()) {
        return false;
    }
    match method {
        "S256" => {
            let hash = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
            URL_SAFE_NO_PAD.encode(hash) == challenge
        }
        _ => verifier == challenge,
    }
}

/// Refreshes, or says how the refresh token died.
fn refresh(world: &World, form: &Params, twists: &[Claims]) -> Answer {
    let refuse = |error: &str, words: &str| Answer::json(400, &json!({"error": error, "error_description": words}));
    let Some(token) = form.get("refresh_token") else {
        return refuse("invalid_request", "Missing required parameter: refresh_token");
    };
    let found = world.issuer().refreshed(token);
    let (account, held) = match found {
        Ok(found) => found,
        Err(None) => return refuse("invalid_grant", "Bad Request"),
        Err(Some(death)) => return invalid_grant(death),
    };
    if Account::find(&world.tenant(), &account.sub).is_none() && account.hd.is_some() {
        return invalid_grant(Death::Deleted);
    }
    let asked: Vec<String> = form.get("scope").unwrap_or_default().split(' ').map(str::to_owned).collect();
    let scopes: Vec<String> =
        held.iter().filter(|scope| asked[0].is_empty() || asked.contains(scope)).cloned().collect();
    if scopes.is_empty() {
        return refuse("invalid_scope", "Bad Request");
    }
    match grant(world, &account, &scopes, None, twists) {
        Ok(mut body) => {
            if let Some(successor) = world.issuer().rotated(token, &account, &held) {
                body.insert("refresh_token".into(), json!(successor));
            }
            Answer::json(200, &Value::Object(body))
        }
        Err(refusal) => refuse(refusal.error, refusal.description),
    }
}

/// The answer to a refresh with a dead token.
pub(in crate::sandbox) fn invalid_grant(death: Death) -> Answer {
    let rapt = |subtype: &str| {
        json!({
            "error": "invalid_grant",
            "error_description": format!("reauth related error ({subtype})"),
            "error_uri": "https://support.google.com/a/answer/9368756",
            "error_subtype": subtype,
        })
    };
    let body = match death {
        Death::Revoked => json!({"error": "invalid_grant", "error_description": "Token has been expired or revoked."}),
        Death::Deleted => json!({"error": "invalid_grant", "error_description": "The account has been deleted"}),
        Death::InvalidRapt => rapt("invalid_rapt"),
        Death::RaptRequired => rapt("rapt_required"),
    };
    Answer::json(400, &body)
}

fn grant(
    world: &World,
    account: &Account,
    scopes: &[String],
    nonce: Option<&str>,
    twists: &[Claims],
) -> Result<Map<String, Value>, Refusal> {
    let now = world.stage.clock.now();
    let life = SignedDuration::try_from(world.stage.access_token_life).unwrap_or(SignedDuration::from_hours(1));
    let access = Access { account: account.clone(), scopes: scopes.to_vec(), expires: now + life, impersonated: false };
    let token = world.issuer().access_token(access);
    let mut body = Map::new();
    body.insert("access_token".into(), json!(token));
    body.insert("expires_in".into(), json!(life.as_secs()));
    body.insert("token_type".into(), json!("Bearer"));
    body.insert("scope".into(), json!(scopes.join(" ")));
    if scopes.iter().any(|scope| scope == "openid") {
        let mut claims = id_token::claims(account, &world.client.id, nonce, &token, now);
        twists.iter().for_each(|twist| twist(&mut claims));
        let signed = id_token::sign(&world.key, claims);
        body.insert("id_token".into(), json!(signed.map_err(|_| Refusal::new("server_error", "Backend Error"))?));
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verifies_the_rfc_7636_example() {
        let (challenge, verifier) =
            ("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert!(verifies("S256", challenge, verifier));
        assert!(!verifies("S256", verifier, verifier));
        assert!(verifies("plain", verifier, verifier));
        assert!(!verifies("plain", "short", "short"));
    }
}
