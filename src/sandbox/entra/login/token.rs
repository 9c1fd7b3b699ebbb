//! `POST /{tenant}/oauth2/v2.0/token`: codes, refresh tokens, device codes and an app's own credentials become tokens.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::accounts::{Account, Authority, Rights};
use super::authorize::{may_sign_in, no_app, no_tenant};
use super::errors::Refusal;
use super::issuer::Access;
use super::scopes::{self, Asked};
use super::{assertion, device, id_token};
use crate::sandbox::answer::Answer;
use crate::sandbox::entra::server::World;
use crate::sandbox::faults::Claims;
use crate::sandbox::params::Params;

/// Who asks: an app's id, and what it identifies itself with.
pub(super) struct Client {
    pub(super) id: String,
    pub(super) secret: Option<String>,
}

/// Answers a token request; `authorization` is the header of a client that identifies itself by HTTP Basic, `twists`
/// change the claims of id tokens.
pub(super) fn token(
    world: &World,
    tenant: &str,
    form: &Params,
    authorization: Option<&str>,
    twists: &[Claims],
) -> Answer {
    let body = Authority::named(&world.tenant(), tenant).ok_or_else(|| no_tenant(tenant)).and_then(|authority| {
        let client = client(world, form, authorization)?;
        match form.get("grant_type") {
            Some("authorization_code") => public(world, &client).and_then(|()| code(world, authority, form, twists)),
            Some("refresh_token") => public(world, &client).and_then(|()| refresh(world, authority, form, twists)),
            Some("urn:ietf:params:oauth:grant-type:device_code") => {
                public(world, &client).and_then(|()| device::poll(world, form, twists))
            }
            Some("client_credentials") => assertion::client_credentials(world, (authority, tenant), form, &client),
            Some(_) => {
                Err(Refusal::new("unsupported_grant_type", 70_003, "The app requested an unsupported grant type."))
            }
            None => Err(Refusal::missing("grant_type")),
        }
    });
    match body {
        Ok(body) => Answer::json(200, &Value::Object(body)),
        Err(refusal) => refusal.answer(None),
    }
}

fn client(world: &World, form: &Params, authorization: Option<&str>) -> Result<Client, Refusal> {
    let basic = authorization
        .and_then(|header| header.strip_prefix("Basic "))
        .and_then(|encoded| STANDARD.decode(encoded).ok())
        .and_then(|pair| String::from_utf8(pair).ok());
    // Both halves are form-encoded (RFC 6749, 2.3.1).
    let decoded = |text: &str| {
        url::form_urlencoded::parse(text.as_bytes()).next().map_or_else(String::new, |(text, _)| text.into_owned())
    };
    let basic =
        basic.as_deref().and_then(|pair| pair.split_once(':')).map(|(id, secret)| (decoded(id), decoded(secret)));
    let id = form.get("client_id").map(str::to_owned).or(basic.as_ref().map(|(id, _)| id.clone()));
    let id = id.ok_or_else(|| Refusal::missing("client_id"))?;
    if id != world.app.id {
        return Err(no_app(&id));
    }
    let secret = form.get("client_secret").map(str::to_owned).or(basic.map(|(_, secret)| secret));
    Ok(Client { id, secret: secret.filter(|secret| !secret.is_empty()) })
}

/// A public client has no secret, any other must have it.
pub(super) fn public(world: &World, client: &Client) -> Result<(), Refusal> {
    match (&client.secret, world.app.is_public) {
        (None, true) => Ok(()),
        (Some(_), true) => {
            let words = "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.";
            Err(Refusal::new("invalid_client", 700_025, words))
        }
        (None, false) => {
            let words = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
            Err(Refusal::new("invalid_client", 7_000_218, words))
        }
        (Some(secret), false) if *secret == world.app.secret => Ok(()),
        (Some(_), false) => Err(wrong_secret()),
    }
}

pub(super) fn wrong_secret() -> Refusal {
    let words = "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.";
    Refusal::new("invalid_client", 7_000_215, words)
}

fn code(world: &World, authority: Authority, form: &Params, twists: &[Claims]) -> Result<Map<String, Value>, Refusal> {
    let now = world.stage.clock.now();
    let code = form.get("code").ok_or_else(|| Refusal::missing("code"))?;
    let consent = world.issuer().redeem(code, now).map_err(|redeemed| {
        if redeemed {
            Refusal::new("invalid_grant", 54_005, "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.")
        } else {
            Refusal::new("invalid_grant", 70_008, "The provided authorization code or refresh token has expired due to inactivity.")
        }
    })?;
    if form.get("redirect_uri") != Some(&consent.redirect_uri) {
        let words = "The reply address in the token request does not match the one of the authorization request.";
        return Err(Refusal::new("invalid_grant", 500_112, words));
    }
    let (method, challenge) = &consent.pkce;
    if !form.get("code_verifier").is_some_and(|verifier| verifies(method, challenge, verifier)) {
        let words = "The Code_Verifier does not match the code_challenge supplied in the authorization request.";
        return Err(Refusal::new("invalid_grant", 501_481, words));
    }
    if !authority.admits(consent.account.home) {
        return Err(Refusal::new("invalid_grant", 70_000, "The provided grant was issued for another tenant."));
    }
    let asked = match form.get("scope") {
        Some(scope) => scopes::parse(world, scope)?,
        None => consent.asked,
    };
    grant(world, &consent.account, &asked, &consent.granted, consent.nonce.as_deref(), twists)
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

/// Refreshes. The token used stays good: Microsoft does not revoke it, whoever has it must throw it away.
fn refresh(
    world: &World,
    authority: Authority,
    form: &Params,
    twists: &[Claims],
) -> Result<Map<String, Value>, Refusal> {
    let now = world.stage.clock.now();
    let token = form.get("refresh_token").ok_or_else(|| Refusal::missing("refresh_token"))?;
    let found = world.issuer().refreshed(token);
    let found = found
        .ok_or_else(|| Refusal::new("invalid_grant", 9_002_313, "Invalid request. Request is malformed or invalid."))?;
    if found.revoked {
        let words = "The provided grant has expired due to it being revoked, a fresh auth token is needed.";
        return Err(Refusal { suberror: Some("bad_token".to_owned()), ..Refusal::new("invalid_grant", 50_173, words) });
    }
    if now >= found.expires {
        let words = "The refresh token has expired due to inactivity.";
        return Err(Refusal::new("invalid_grant", 700_082, words));
    }
    let account = Account { rights: found.account.rights_now(&world.tenant()), ..found.account };
    may_sign_in(authority, &account)?;
    let asked = match form.get("scope") {
        Some(scope) => scopes::parse(world, scope)?,
        None => found.asked,
    };
    // What was withheld stays withheld, what was consented to may have been taken back.
    let held = world.issuer().granted(&account, &found.granted);
    let personal = account.home == super::Home::Personal;
    let granted: Vec<String> = if personal { found.granted } else { held };
    let granted: Vec<String> = asked.graph.iter().filter(|scope| granted.contains(scope)).cloned().collect();
    if granted.is_empty() && !asked.graph.is_empty() {
        return Err(Refusal::no_consent());
    }
    grant(world, &account, &asked, &granted, None, twists)
}

/// Issues tokens to somebody.
pub(super) fn grant(
    world: &World,
    account: &Account,
    asked: &Asked,
    granted: &[String],
    nonce: Option<&str>,
    twists: &[Claims],
) -> Result<Map<String, Value>, Refusal> {
    let now = world.stage.clock.now();
    if account.rights_now(&world.tenant()) == Rights::None {
        return Err(Refusal::new("invalid_grant", 50_057, "The user account is disabled."));
    }
    let life = life(world);
    let scopes: Vec<String> = asked.graph.iter().filter(|scope| granted.contains(scope)).cloned().collect();
    let access =
        Access { account: Some(account.clone()), home: account.home, scopes: scopes.clone(), expires: now + life };
    let mut issuer = world.issuer();
    let mut body = Map::new();
    body.insert("token_type".into(), json!("Bearer"));
    // `offline_access` is never among the scopes of an answer.
    let sign_in = asked.sign_in.iter().filter(|scope| *scope != "offline_access").cloned();
    let written = scopes.iter().map(|scope| format!("{}{scope}", asked.prefix)).chain(sign_in);
    body.insert("scope".into(), json!(written.collect::<Vec<_>>().join(" ")));
    body.insert("expires_in".into(), json!(life.as_secs()));
    body.insert("ext_expires_in".into(), json!(life.as_secs()));
    body.insert("access_token".into(), json!(issuer.access_token(access)));
    if asked.has("offline_access") {
        body.insert("refresh_token".into(), json!(issuer.refresh_token(account, asked, granted, now)));
    }
    drop(issuer);
    if asked.has("openid") {
        let mut claims = id_token::claims(world, account, asked, nonce, now);
        twists.iter().for_each(|twist| twist(&mut claims));
        let signed = world.key.sign(&Value::Object(claims));
        let signed = signed.map_err(|_| Refusal::new("server_error", 90_033, "A transient error has occurred."))?;
        world.issuer().secrets.push(signed.clone());
        body.insert("id_token".into(), json!(signed));
    }
    Ok(body)
}

pub(super) fn life(world: &World) -> SignedDuration {
    SignedDuration::try_from(world.stage.access_token_life).unwrap_or(SignedDuration::from_hours(1))
}
