//! Google's sign-in as a [`Service`]: which credentials lead to which way of signing in, and back.

use std::sync::Arc;

use super::facts::DELEGATED_SCOPES;
use super::{
    Credentials, Delegated, SCOPES, ServiceAccountKey, SignIn, StoredSignIn, read_client_file, read_key_file, sign_in,
};
use crate::auth::secrets::kind;
use crate::auth::service::{
    Access, Described, GiveBack, Mistake, Need, Offered, Proposal, Service, SignInRequest, Stored, Way,
};
use crate::auth::{Client, Conversation, FixedToken, reauth_command, revoke};
use crate::http::TokenSource;
use crate::model::{Failure, FailureKind, Integration};

/// Google's sign-in service.
pub const SERVICE: Service = Service {
    kind: "google",
    ways: WAYS,
    settings: &["client_secrets", "service_account", "admin"],
    mistake,
    sign_in: |request, access, conversation| Box::pin(propose(request, access, conversation)),
    tokens,
    revoke: give_back,
    shares_grant,
    token_url: |credentials, access| {
        Ok(access.google.endpoints(Credentials::read(credentials)?.token_uri()?.as_ref())?.token)
    },
    api: |_| None,
    describe,
};

const WAYS: &[Way] = &[
    Way {
        label: "in a browser, with an OAuth client of yours",
        flags: "--client-secrets FILE",
        needs: &[Need {
            question: "JSON file of the OAuth client (type Desktop app)",
            flag: "--client-secrets",
            file: true,
            remember: Some("client_secrets"),
            given: |offered| offered.client_secrets.is_some(),
            set: |offered, answer| offered.client_secrets = Some(answer.into()),
        }],
        choose: |_| {},
    },
    Way {
        label: "with a service account (servers, cron)",
        flags: "--service-account KEY --admin EMAIL",
        needs: &[
            Need {
                question: "JSON key of the service account",
                flag: "--service-account",
                file: true,
                remember: None,
                given: |offered| offered.service_account.is_some(),
                set: |offered, answer| offered.service_account = Some(answer.into()),
            },
            Need {
                question: "Administrator it acts for (e-mail)",
                flag: "--admin",
                file: false,
                remember: None,
                given: |offered| offered.admin.is_some(),
                set: |offered, answer| offered.admin = Some(answer),
            },
        ],
        choose: |_| {},
    },
];

const README: &str = "README, \"Google Workspace, click by click\", shows how to make either";

/// An administrator to act for means something to a service account only; ignored, it would seem to have been heard.
fn mistake(offered: &Offered, remembered: Option<&serde_json::Value>) -> Option<Mistake> {
    if offered.client_secrets.is_some() && offered.service_account.is_some() {
        return Some(Mistake {
            message: "--client-secrets and --service-account are two ways of signing in".into(),
            hint: "give --client-secrets to sign in by browser, or --service-account with --admin".into(),
        });
    }
    let stored = remembered.and_then(|remembered| Credentials::read(remembered).ok());
    let by_browser = offered.client_secrets.is_some() || matches!(stored, Some(Credentials::Account { .. }));
    if offered.service_account.is_some() || !by_browser {
        return None;
    }
    let only_for_a_key = |message: &str, flag: &str| Mistake {
        message: message.into(),
        hint: format!("leave {flag} away, or give --service-account KEY as well"),
    };
    if offered.admin.is_some() {
        let message = "--admin is for a service account; who signs in by browser chooses the account there";
        return Some(only_for_a_key(message, "--admin"));
    }
    let message = "--credentials-end is for a service account's key; Google tells how long a sign-in by browser lasts";
    offered.ends_at.map(|_| only_for_a_key(message, "--credentials-end"))
}

async fn propose(
    request: SignInRequest<'_>,
    access: &Access,
    conversation: Conversation<'_>,
) -> Result<Proposal, Failure> {
    let remembered = request.stored.map(|stored| Credentials::read(&stored.integration.credentials)).transpose()?;
    let offered = request.offered;
    match (&offered.service_account, &offered.client_secrets, &remembered) {
        (Some(path), ..) => delegated(read_key_file(path)?, remembered.as_ref(), &request, access).await,
        (None, Some(path), _) => {
            let file = read_client_file(path, offered.port)?;
            let credentials = |scopes: &[String]| Credentials::account(&file, scopes);
            let mut proposal = by_browser(&file.client, &credentials, &request, access, conversation).await?;
            proposal.warnings.extend(file.warning.clone());
            Ok(proposal)
        }
        (None, None, Some(Credentials::Account { client_id, project_id, token_uri, .. })) => {
            let client = stored_client(request.stored, client_id)?;
            let credentials = |scopes: &[String]| Credentials::Account {
                client_id: client_id.clone(),
                project_id: project_id.clone(),
                token_uri: token_uri.clone(),
                scopes: scopes.to_vec(),
                ends_at: None,
            };
            by_browser(&client, &credentials, &request, access, conversation).await
        }
        (None, None, Some(credentials @ Credentials::ServiceAccount { .. })) => {
            let key = stored_key(request.stored, credentials)?;
            delegated(key, remembered.as_ref(), &request, access).await
        }
        (None, None, None) => {
            let message = "signing in to Google needs an OAuth client of yours or a service account's key";
            Err(Failure::new(FailureKind::Misconfigured, message)
                .hint(format!("give --client-secrets FILE, or --service-account KEY --admin EMAIL; {README}")))
        }
    }
}

async fn by_browser(
    client: &Client,
    credentials: &(dyn Fn(&[String]) -> Credentials + Sync),
    request: &SignInRequest<'_>,
    access: &Access,
    conversation: Conversation<'_>,
) -> Result<Proposal, Failure> {
    let endpoints = access.google.endpoints(credentials(&[]).token_uri()?.as_ref())?;
    let login_hint = request.stored.and_then(|stored| stored.integration.admin_email.as_deref());
    let signed_in = sign_in(
        SignIn { client, endpoints: &endpoints, port: request.offered.port, login_hint, again: request.again },
        conversation,
    )
    .await?;
    let grant = signed_in.grant;
    let mut secrets = vec![(kind::REFRESH_TOKEN, grant.refresh_token)];
    secrets.extend(client.secret.clone().map(|secret| (kind::CLIENT_SECRET, secret)));
    Ok(Proposal {
        admin_email: Some(grant.email),
        admin_subject: Some(grant.subject),
        tenant: None,
        tenant_label: Some(grant.hosted_domain),
        credentials: credentials(&grant.scopes).ending(grant.ends_at).write(),
        secrets,
        tokens: Arc::new(FixedToken::new(grant.access_token, request.again)),
        pending: Some(signed_in.pending),
        warnings: Vec::new(),
        just_consented: false,
    })
}

async fn delegated(
    key: ServiceAccountKey,
    remembered: Option<&Credentials>,
    request: &SignInRequest<'_>,
    access: &Access,
) -> Result<Proposal, Failure> {
    let known = request.stored.and_then(|stored| stored.integration.admin_email.clone());
    let Some(admin) = request.offered.admin.clone().or(known) else {
        let message = "a service account acts for an administrator, and none is named";
        return Err(Failure::new(FailureKind::Misconfigured, message).hint("give --admin EMAIL"));
    };
    let endpoints = access.google.endpoints(key.token_uri.as_ref())?;
    let known_end = remembered.and_then(|remembered| remembered.end_of_key(&key.private_key_id));
    let ends_at = request.offered.ends_at.or(known_end);
    let credentials = Credentials::service_account(&key).ending(ends_at).write();
    let secrets = vec![(kind::PRIVATE_KEY, key.private_key.clone())];
    let delegated =
        Delegated { key, admin: admin.clone(), token_endpoint: endpoints.token, again: request.again.to_owned() };
    let tokens = delegated.source(access.post.clone(), access.clock.clone());
    // Delegation that does not work says so here, with its own sentence, before any listing is tried.
    tokens.bearer().await?;
    Ok(Proposal {
        tenant_label: admin.rsplit_once('@').map(|(_, domain)| domain.to_owned()),
        admin_email: Some(admin),
        admin_subject: None,
        tenant: None,
        credentials,
        secrets,
        tokens,
        pending: None,
        warnings: Vec::new(),
        just_consented: false,
    })
}

fn tokens(stored: &Stored, access: &Access) -> Result<Arc<dyn TokenSource>, Failure> {
    let integration = &stored.integration;
    let credentials = Credentials::read(&integration.credentials)?;
    let endpoints = access.google.endpoints(credentials.token_uri()?.as_ref())?;
    let again = reauth_command(&integration.name);
    match &credentials {
        Credentials::Account { client_id, .. } => {
            let sign_in = StoredSignIn {
                client: stored_client(Some(stored), client_id)?,
                token_endpoint: endpoints.token,
                refresh_token: stored.refresh_token(&access.clock),
                signed_in_at: integration.signed_in_at,
                again,
                lock: stored.refresh_lock(),
            };
            Ok(sign_in.source(access.post.clone(), access.clock.clone()))
        }
        Credentials::ServiceAccount { .. } => {
            let delegated = Delegated {
                key: stored_key(Some(stored), &credentials)?,
                admin: integration.admin_email.clone().unwrap_or_default(),
                token_endpoint: endpoints.token,
                again,
            };
            Ok(delegated.source(access.post.clone(), access.clock.clone()))
        }
    }
}

fn give_back(stored: &Stored, access: &Access) -> Result<Option<GiveBack>, Failure> {
    let credentials = Credentials::read(&stored.integration.credentials)?;
    let endpoints = access.google.endpoints(credentials.token_uri()?.as_ref())?;
    // A service account's key has no grant that could be given back; it is deleted in the Cloud console.
    let Some(token) = stored.secret(kind::REFRESH_TOKEN)? else { return Ok(None) };
    let post = access.post.clone();
    Ok(Some(Box::pin(async move { revoke(&endpoints, &token, &post).await })))
}

fn shares_grant(one: &Integration, other: &Integration) -> bool {
    let credentials = |integration: &Integration| Credentials::read(&integration.credentials).ok();
    let same_account = one.admin_subject.is_some() && one.admin_subject == other.admin_subject;
    same_account && credentials(one).zip(credentials(other)).is_some_and(|(one, other)| one.shares_grant_with(&other))
}

fn describe(credentials: &serde_json::Value) -> Described {
    match Credentials::read(credentials) {
        Ok(Credentials::Account { client_id, scopes, ends_at, .. }) => Described {
            method: "browser",
            client: Some(client_id),
            scopes,
            needed: SCOPES,
            ends_at,
            made_at_sign_in: true,
            ..Described::default()
        },
        Ok(Credentials::ServiceAccount { client_email, ends_at, .. }) => Described {
            method: "service_account",
            client: Some(client_email),
            // Delegation is all or nothing, and it was tried when the account was added.
            scopes: DELEGATED_SCOPES.iter().map(|scope| (*scope).to_owned()).collect(),
            needed: DELEGATED_SCOPES,
            ends_at,
            ..Described::default()
        },
        Err(_) => Described::default(),
    }
}

fn stored_client(stored: Option<&Stored>, client_id: &str) -> Result<Client, Failure> {
    let secret = stored.map(|stored| stored.secret(kind::CLIENT_SECRET)).transpose()?.flatten();
    Ok(Client { id: client_id.to_owned(), secret })
}

fn stored_key(stored: Option<&Stored>, credentials: &Credentials) -> Result<ServiceAccountKey, Failure> {
    let missing = || {
        let message = "the service account's key of this integration is not stored any more";
        Failure::new(FailureKind::SignInNeeded, message)
            .hint("give it again: dirsync reauth NAME --service-account KEY")
    };
    let private_key = stored.map(|stored| stored.secret(kind::PRIVATE_KEY)).transpose()?.flatten();
    credentials.key(private_key.ok_or_else(missing)?)?.ok_or_else(missing)
}
