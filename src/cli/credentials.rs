//! The flags by which credentials are given: each kind of directory has its own, and all who sign in share two.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::Timestamp;

use super::{Context, values};
use crate::auth::Offered;
use crate::auth::entra::Cloud;

/// Flags of one kind of directory that become credentials.
pub(super) trait Offers {
    /// What was given for a new integration. A way that was typed beats one that the environment or the file always
    /// offers.
    fn offer(&self, context: &Context, offered: &mut Offered);

    /// What was given to sign in again: only what was typed, for what an environment or a file always offers must not
    /// replace what an integration signs in with.
    fn offer_again(&self, context: &Context, offered: &mut Offered);
}

/// How to sign in to Google.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Sign-in to Google")]
pub struct GoogleArgs {
    /// The JSON file of your OAuth client of type "Desktop app"
    #[arg(long, value_name = "FILE")]
    client_secrets: Option<PathBuf>,
    /// The JSON key of a service account with domain-wide delegation, instead of a sign-in by browser
    #[arg(long, value_name = "KEY")]
    service_account: Option<PathBuf>,
    /// The administrator that a service account acts for
    #[arg(long, value_name = "EMAIL")]
    admin: Option<String>,
}

/// How to sign in to Entra.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Sign-in to Microsoft Entra ID")]
pub struct EntraArgs {
    /// The Application (client) ID of your app registration
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// The organisation, by Directory (tenant) ID or domain; without it that of the account which signs in
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// Microsoft's cloud that the organisation is in (global unless told otherwise)
    #[arg(long, value_name = "CLOUD", value_parser = clouds())]
    cloud: Option<String>,
    /// A PEM file with a certificate and its private key: the app signs in itself, for servers and cron
    #[arg(long, value_name = "PEM")]
    certificate: Option<PathBuf>,
    /// A file that holds a secret of the app's, instead of a certificate
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// Sign in with a code on another device; no browser is needed here
    #[arg(long)]
    device_code: bool,
    /// Ask for the organisation's consent first, on Microsoft's page for it
    #[arg(long)]
    admin_consent: bool,
}

/// How the browser comes into it.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Browser")]
pub struct BrowserArgs {
    /// Print the address instead of opening a browser, and take the pasted redirect as well (SSH)
    #[arg(long)]
    pub(super) no_browser: bool,
    /// Port of the redirect on this machine (any free one unless told otherwise)
    #[arg(long, value_name = "N")]
    port: Option<u16>,
}

/// How long what is given lasts.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Credentials")]
pub(super) struct EndArgs {
    /// The day (UTC) on which the service account's key or the app's secret ends, for 'check' to warn before: neither
    /// says so itself, as a certificate does
    #[arg(long, value_name = "DATE", value_parser = values::day)]
    pub(super) credentials_end: Option<Timestamp>,
}

fn clouds() -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(Cloud::ALL.map(Cloud::as_str))
}

impl Offers for GoogleArgs {
    fn offer(&self, context: &Context, offered: &mut Offered) {
        let typed = |flag: &str| context.typed.contains(flag);
        let (mut client, mut account) = (self.client_secrets.clone(), self.service_account.clone());
        match (typed("client_secrets"), typed("service_account")) {
            (true, false) => account = None,
            (false, true) => client = None,
            // Both typed: refused as a contradiction. Neither: a service account is there for where nobody can be asked.
            (true, true) => {}
            (false, false) if account.is_some() => client = None,
            (false, false) => {}
        }
        // Always offered by the environment, it means nothing to a sign-in by browser.
        let idle = account.is_none() && client.is_some() && !typed("admin");
        offered.admin = self.admin.clone().filter(|_| !idle);
        (offered.client_secrets, offered.service_account) = (client, account);
    }

    fn offer_again(&self, context: &Context, offered: &mut Offered) {
        let typed = |flag: &str| context.typed.contains(flag);
        let typed = Self {
            client_secrets: self.client_secrets.clone().filter(|_| typed("client_secrets")),
            service_account: self.service_account.clone().filter(|_| typed("service_account")),
            admin: self.admin.clone().filter(|_| typed("admin")),
        };
        typed.offer(context, offered);
    }
}

impl Offers for EntraArgs {
    fn offer(&self, context: &Context, offered: &mut Offered) {
        let ways = ["certificate", "client_secret_file", "device_code"];
        let chosen = ways.iter().any(|flag| context.typed.contains(*flag));
        let counts = |flag: &str| !chosen || context.typed.contains(flag);
        offered.client_id = self.client_id.clone();
        offered.tenant = self.tenant.clone();
        offered.cloud = self.cloud.clone();
        offered.certificate = self.certificate.clone().filter(|_| counts("certificate"));
        offered.client_secret_file = self.client_secret_file.clone().filter(|_| counts("client_secret_file"));
        offered.device_code = self.device_code && counts("device_code");
        offered.admin_consent = self.admin_consent;
    }

    fn offer_again(&self, context: &Context, offered: &mut Offered) {
        let typed = |flag: &str| context.typed.contains(flag);
        let typed = Self {
            client_id: self.client_id.clone().filter(|_| typed("client_id")),
            tenant: self.tenant.clone().filter(|_| typed("tenant")),
            cloud: self.cloud.clone().filter(|_| typed("cloud")),
            certificate: self.certificate.clone().filter(|_| typed("certificate")),
            client_secret_file: self.client_secret_file.clone().filter(|_| typed("client_secret_file")),
            device_code: self.device_code && typed("device_code"),
            admin_consent: self.admin_consent && typed("admin_consent"),
        };
        typed.offer(context, offered);
    }
}

impl BrowserArgs {
    /// Credentials yet to be filled in.
    pub(super) fn offered(&self, context: &Context) -> Offered {
        let browser = ["no_browser", "port"].iter().any(|flag| context.typed.contains(*flag));
        Offered { port: self.port, browser, ..Offered::default() }
    }
}
