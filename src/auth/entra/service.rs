//! Entra's sign-in as a [`Service`]: which ways there are, what does not go together, and what is told about a stored one.

use super::addresses::{Authority, ORGANIZATIONS};
use super::credentials::{Credentials, Method};
use super::permissions::{APPLICATION, DELEGATED};
use super::{Cloud, propose, tenant, tokens};
use crate::auth::service::{Described, Mistake, Need, Offered, Service, Way};

/// Entra's sign-in service.
pub const SERVICE: Service = Service {
    kind: "entra",
    ways: WAYS,
    settings: &["client_id", "tenant", "cloud", "certificate", "client_secret_file", "device_code", "admin_consent"],
    mistake,
    sign_in: |request, access, conversation| Box::pin(propose::propose(request, access, conversation)),
    tokens: tokens::stored,
    // Microsoft has no address where a token is given back; the app's access is taken away in My Apps or the admin centre.
    revoke: |_, _| Ok(None),
    shares_grant: |_, _| false,
    token_url: |credentials, access| {
        Ok(Authority::new(&access.entra, Credentials::read(credentials)?.cloud, ORGANIZATIONS)?.token())
    },
    api: |credentials| Some(Credentials::read(credentials).ok()?.cloud.graph()),
    describe,
};

const CLIENT_ID: Need = Need {
    question: "Application (client) ID of your app registration",
    flag: "--client-id",
    file: false,
    remember: Some("client_id"),
    given: |offered| offered.client_id.is_some(),
    set: |offered, answer| offered.client_id = Some(answer),
};

const TENANT: Need = Need {
    question: "Organisation (Directory (tenant) ID or a verified domain)",
    flag: "--tenant",
    file: false,
    remember: Some("tenant"),
    given: |offered| offered.tenant.is_some(),
    set: |offered, answer| offered.tenant = Some(answer),
};

/// Given or not, nobody is asked for it: who chooses this way has said so.
const DEVICE_CODE: Need = Need {
    question: "a code on another device",
    flag: "--device-code",
    file: false,
    remember: None,
    given: |offered| offered.device_code,
    set: |offered, _| offered.device_code = true,
};

const WAYS: &[Way] = &[
    Way { label: "in a browser", flags: "--client-id ID", needs: &[CLIENT_ID], choose: |_| {} },
    Way {
        label: "with a code, on another device",
        flags: "--client-id ID --device-code",
        needs: &[DEVICE_CODE, CLIENT_ID],
        choose: |offered| offered.device_code = true,
    },
    Way {
        label: "as an app of its own right, with a certificate (servers, cron)",
        flags: "--client-id ID --tenant TENANT --certificate PEM",
        needs: &[
            Need {
                question: "PEM file with the certificate and its private key",
                flag: "--certificate",
                file: true,
                remember: None,
                given: |offered| offered.certificate.is_some(),
                set: |offered, answer| offered.certificate = Some(answer.into()),
            },
            CLIENT_ID,
            TENANT,
        ],
        choose: |_| {},
    },
    Way {
        label: "as an app of its own right, with a secret",
        flags: "--client-id ID --tenant TENANT --client-secret-file FILE",
        needs: &[
            Need {
                question: "File that holds the app's secret",
                flag: "--client-secret-file",
                file: true,
                remember: None,
                given: |offered| offered.client_secret_file.is_some(),
                set: |offered, answer| offered.client_secret_file = Some(answer.into()),
            },
            CLIENT_ID,
            TENANT,
        ],
        choose: |_| {},
    },
];

fn mistake(offered: &Offered, remembered: Option<&serde_json::Value>) -> Option<Mistake> {
    let wrong = |message: String, hint: &str| Some(Mistake { message, hint: hint.into() });
    let ways = [
        ("--certificate", offered.certificate.is_some()),
        ("--client-secret-file", offered.client_secret_file.is_some()),
        ("--device-code", offered.device_code),
    ];
    let given: Vec<&str> = ways.iter().filter(|(_, given)| *given).map(|(flag, _)| *flag).collect();
    if let [one, other, ..] = given[..] {
        return wrong(format!("{one} and {other} are two ways of signing in"), "give one of them");
    }
    if let Some(tenant) = &offered.tenant
        && let Err(failure) = tenant::named(tenant)
    {
        return wrong(failure.message, failure.hint.as_deref().unwrap_or_default());
    }
    let stored = remembered.and_then(|remembered| Credentials::read(remembered).ok());
    let chosen = !given.is_empty() || offered.browser || offered.client_id.is_some() || remembered.is_some();
    if offered.ends_at.is_some() && chosen && method(offered, stored.as_ref()) != Method::ClientSecret {
        let message =
            "--credentials-end is for an app's secret; a certificate tells its end, a person's sign-in has none";
        return wrong(message.into(), "leave --credentials-end away, or give --client-secret-file FILE as well");
    }
    // Anything else than a name that the command line knows would have been refused there.
    let cloud = offered.cloud.as_deref().and_then(Cloud::parse);
    let stored = stored?;
    if cloud.is_some_and(|cloud| cloud != stored.cloud) {
        let message = format!("this integration is in the cloud '{}' and stays there", stored.cloud.as_str());
        return wrong(message, "leave --cloud away; an organisation of another cloud is added under a name of its own");
    }
    let other = offered.tenant.as_ref().filter(|tenant| tenant::is_id(tenant));
    if other.is_some_and(|tenant| !tenant.eq_ignore_ascii_case(&stored.tenant)) {
        let message = "this integration's organisation stays the same, and --tenant names another".into();
        return wrong(message, "leave --tenant away; another organisation is added under a name of its own");
    }
    None
}

fn describe(credentials: &serde_json::Value) -> Described {
    let Ok(credentials) = Credentials::read(credentials) else { return Described::default() };
    let unattended = credentials.method.is_unattended();
    let needed = if unattended { APPLICATION } else { DELEGATED };
    Described {
        method: credentials.method.as_str(),
        client: Some(credentials.client_id),
        cloud: Some(credentials.cloud.as_str()),
        // An app of its own right is not told; that reading works was tried when it was added.
        scopes: if unattended { needed.iter().map(|it| (*it).to_owned()).collect() } else { credentials.scopes },
        needed,
        ends_at: credentials.ends_at,
        made_at_sign_in: false,
    }
}

/// What `--tenant` and what is remembered make of an authority: an id or domain, or any organisation.
pub(super) fn authority(offered: &Offered, remembered: Option<&Credentials>) -> String {
    let named = offered.tenant.as_deref().and_then(|tenant| tenant::named(tenant).ok());
    let known = remembered.map(|credentials| credentials.tenant.clone());
    named.or(known).unwrap_or_else(|| ORGANIZATIONS.to_owned())
}

/// How to sign in: as given, else as before.
pub(super) fn method(offered: &Offered, remembered: Option<&Credentials>) -> Method {
    let before = remembered.map(|credentials| credentials.method);
    let by_browser = offered.browser || offered.client_id.is_some();
    match offered {
        Offered { certificate: Some(_), .. } => Method::Certificate,
        Offered { client_secret_file: Some(_), .. } => Method::ClientSecret,
        Offered { device_code: true, .. } => Method::DeviceCode,
        _ if by_browser => Method::Browser,
        _ => before.unwrap_or(Method::Browser),
    }
}
