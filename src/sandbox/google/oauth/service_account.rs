//! Service accounts with domain-wide delegation: a signed assertion becomes an access token for the person it names.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::SCOPE;
use super::accounts::Account;
use super::issuer::Access;
use super::token::Refusal;
use crate::sandbox::google::server::World;
use crate::sandbox::google::tenant::Standing;
use crate::sandbox::params::Params;

/// Assertions may be this long-lived at most.
const LONGEST: i64 = 3600;

/// How far clocks may differ.
const SKEW: i64 = 300;

pub(super) fn exchange(world: &World, form: &Params) -> Result<Value, Refusal> {
    let assertion = form.get("assertion").ok_or(Refusal::new("invalid_request", "Missing parameter: assertion"))?;
    let claims = world.key.verify(assertion).ok_or(Refusal::new("invalid_grant", "Invalid JWT Signature."))?;
    let text = |key: &str| claims[key].as_str().unwrap_or_default();
    if text("iss") != world.client.service_email {
        return Err(Refusal::new("invalid_grant", "Invalid grant: account not found"));
    }
    let token_url = format!("{}/token", world.stage.base_url);
    if text("aud") != token_url && text("aud") != "https://oauth2.googleapis.com/token" {
        return Err(Refusal::new(
            "invalid_grant",
            "Invalid JWT: Failed audience check. The right audience is the token URL",
        ));
    }
    let (issued, expires) = (claims["iat"].as_i64().unwrap_or(0), claims["exp"].as_i64().unwrap_or(0));
    let now = world.stage.clock.now();
    let second = now.as_second();
    if expires - issued > LONGEST || expires <= second || issued > second + SKEW || expires <= issued {
        return Err(Refusal::new(
            "invalid_grant",
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. \
             Check your iat and exp values in the JWT claim.",
        ));
    }
    let scopes: Vec<String> = text("scope").split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    if scopes.is_empty() || scopes.iter().any(|scope| scope.contains(',')) {
        return Err(Refusal::new("invalid_scope", "Invalid OAuth scope or ID token audience provided."));
    }
    if scopes.iter().any(|scope| !scope.starts_with(&format!("{SCOPE}admin.directory."))) {
        return Err(Refusal {
            status: 401,
            error: "unauthorized_client",
            description: "Client is unauthorized to retrieve access tokens using this method, or client not authorized \
                          for any of the scopes requested.",
        });
    }
    let life = SignedDuration::try_from(world.stage.access_token_life).unwrap_or(SignedDuration::from_hours(1));
    let account = account(world, text("sub"))?;
    let access = Access { account, scopes, expires: now + life, impersonated: true };
    let token = world.issuer().access_token(access);
    Ok(json!({"access_token": token, "expires_in": life.as_secs(), "token_type": "Bearer"}))
}

/// The person to act as; without `sub` the service account acts as itself, and may read nothing.
fn account(world: &World, sub: &str) -> Result<Account, Refusal> {
    if sub.is_empty() {
        return Ok(Account {
            sub: world.client.service_id.clone(),
            email: world.client.service_email.clone(),
            name: "dirsync".to_owned(),
            hd: None,
            standing: Standing::Ordinary,
            note: "service account",
        });
    }
    let found = Account::find(&world.tenant(), sub);
    match found {
        Some(account) if account.hd.is_some() => Ok(account),
        Some(_) => Err(Refusal {
            status: 401,
            error: "unauthorized_client",
            description: "Unauthorized client or scope in request.",
        }),
        None => Err(Refusal::new("invalid_grant", "Invalid email or User ID")),
    }
}
