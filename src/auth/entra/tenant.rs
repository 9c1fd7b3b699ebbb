//! Which organisation is meant: by its immutable id, or by a domain that the cloud knows it by (OpenID Connect Discovery
//! 1.0 §4; the issuer holds the id).

use serde::Deserialize;
use url::Url;

use super::addresses::{Authority, ORGANIZATIONS};
use super::app::App;
use super::errors::Asked;
use crate::auth::Post;
use crate::auth::oauth;
use crate::model::{Failure, FailureKind};

#[derive(Deserialize)]
struct Discovered {
    issuer: String,
}

/// Whether `text` has the form of a tenant's id.
pub(super) fn is_id(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// `tenant` as an administrator wrote it: an id or a domain, for the authority.
///
/// # Errors
/// It is neither, or one of the words that stand for many organisations.
pub(super) fn named(tenant: &str) -> Result<String, Failure> {
    let tenant = tenant.trim().to_ascii_lowercase();
    let wrong = |message: String| {
        Failure::new(FailureKind::Misconfigured, message)
            .hint("give --tenant the Directory (tenant) ID or a verified domain, such as contoso.onmicrosoft.com")
    };
    if matches!(tenant.as_str(), "common" | "consumers" | ORGANIZATIONS) {
        return Err(wrong(format!("'{tenant}' is no organisation")));
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if tenant.is_empty() || !tenant.chars().all(fits) || !(is_id(&tenant) || tenant.contains('.')) {
        return Err(wrong(format!("'{tenant}' is neither a tenant's id nor a domain")));
    }
    Ok(tenant)
}

/// The id of the app's tenant, asked for where only a domain is known.
///
/// # Errors
/// There is no such organisation in this cloud, or it cannot be asked.
pub(super) async fn resolve(app: &App, post: &Post) -> Result<String, Failure> {
    if is_id(&app.tenant) {
        return Ok(app.tenant.clone());
    }
    let authority = Authority::new(&app.overrides, app.cloud, &app.tenant)?;
    let found: Discovered = oauth::document(&authority.discovery(), post)
        .await
        .map_err(|error| error.explained(|refusal| app.explain(refusal, Asked::Discovery)))?;
    let url = Url::parse(&found.issuer).ok();
    let tid = url.as_ref().and_then(|url| url.path_segments()?.next()).filter(|tid| is_id(tid));
    match tid {
        Some(tid) if app.cloud.issues(&found.issuer, tid) => Ok(tid.to_owned()),
        Some(_) => Err(Failure::new(
            FailureKind::Misconfigured,
            format!("'{}' is an organisation of another cloud", app.tenant),
        )
        .hint("give --cloud global, usgov, usgov-dod or china")),
        None => Err(Failure::new(FailureKind::Malformed, format!("the answer does not say who '{}' is", app.tenant))
            .hint("give --tenant the Directory (tenant) ID, which the Entra admin centre shows under Overview")),
    }
}
